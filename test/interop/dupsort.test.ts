import { deepStrictEqual, strictEqual } from 'node:assert';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { bytes, type Collection, type Environment, open, type Sink, tuple, utf8, Value } from '../../lib/index.ts';
import { codeOf, temporaryFolder, thrown } from '../support/fixture.ts';
import { type Entries, formatDump, parseDump, printable } from './dump.ts';
import { compiledTools, load, run } from './tools.ts';

const tools = compiledTools();
// mdb_load 0.9.29 forgets the flags of the first database in its input.
const first = formatDump('first', [[Buffer.from('a'), Buffer.from('b')]]);

let database: string;

beforeEach(() => {
  database = join(temporaryFolder(), 'db');
});

type Bytes = Collection<Uint8Array | Sink, Uint8Array | Sink, Value, Value>;
const options = { key: bytes, value: bytes, dupSort: true } as const;

/** Pairs in order: keys with one value, with some that fit into a node, and with many that need pages of their own. */
function pairs(valueSize: (key: number, i: number) => number): Entries {
  const entries: Entries = [];
  for (const [key, count] of [1, 3, 1, 1, 40, 2000, 1, 700].entries()) {
    for (let i = 0; i < count; i++) {
      const value = Buffer.alloc(valueSize(key, i), key);
      value.writeUInt32BE(i * 7);
      entries.push([Buffer.from(`key ${key}`), value]);
    }
  }
  return entries;
}

/** Reads all of a collection in every way, and compares. */
function expectPairs(env: Environment, items: Bytes, entries: Entries): void {
  const wanted = printable(entries);
  using txn = env.read();
  const read = (all: Iterable<{ key: Value; value: Value }>): string[] =>
    printable(Array.from(all, ({ key, value }) => [key.toBuffer(), value.toBuffer()]));
  deepStrictEqual(read(items.range({}, txn)), wanted);
  deepStrictEqual(read(items.range({ reverse: true }, txn)), [...wanted].reverse());
  const scanned: string[] = [];
  items.scan({}, (entry) => void scanned.push(...read([entry])), txn);
  deepStrictEqual(scanned, wanted);
  expect(items.count({}, txn)).toBe(wanted.length);
  for (const key of new Set(entries.map(([k]) => k.toString()))) {
    const own = entries.filter(([k]) => k.toString() === key).map(([, value]) => value);
    const all = items.getAll(Buffer.from(key), txn);
    deepStrictEqual(all.map((value) => value.toBuffer()).toArray(), own);
    expect([all.count(), items.count({ lte: Buffer.from(key) }, txn)]).toEqual([
      own.length,
      entries.filter(([k]) => k.toString() <= key).length,
    ]);
    deepStrictEqual(items.get(Buffer.from(key), txn)?.toBuffer(), own[0]);
  }
  for (const i of [0, 3, 50, 1500, 2500]) {
    const [key, value] = entries[i] as Entries[number];
    expect(items.hasValue(key, value, txn)).toBe(true);
    expect(items.hasValue(key, Buffer.concat([value, Buffer.of(0)]), txn)).toBe(false);
    expect(items.hasValue(key, value.subarray(1), txn)).toBe(false);
  }
}

describe('with the LMDB tools', () => {
  test('mdb_dump gives the pairs that leasehold wrote, and mdb_load makes them again', () => {
    const entries = pairs((key, i) => 4 + ((key + i) % 90));
    const env = open(database);
    const items = env.collection('items', options);
    env.write(() => {
      for (const [key, value] of [...entries].reverse()) items.put(key, value);
    });
    const tuples = env.collection('tuples', { key: utf8, value: tuple, dupSort: true });
    for (const value of [2, 'b', null, 'a']) tuples.put('a', [value]);
    env.close();

    const status = run(tools.stat, ['-a', database]).split('Status of items\n')[1] as string;
    expect(Number(/Entries: (\d+)/.exec(status)?.[1])).toBe(entries.length);
    const dump = run(tools.dump, ['-a', database]);
    expect(dump).toContain('dupsort=1');
    deepStrictEqual(printable(parseDump(dump).get('items') as Entries), printable(entries));

    const copy = join(temporaryFolder(), 'copy');
    load(tools, copy, formatDump(undefined, []), dump);
    using again = open(copy);
    expectPairs(again, again.collection('items', options), entries);
    const remembered = again.collection('tuples') as unknown as typeof tuples;
    expect(
      remembered
        .getAll('a')
        .map((value) => value.at(0))
        .toArray(),
    ).toEqual([null, 'a', 'b', 2]);
  });

  test.each([
    ['dupsort', []],
    ['dupsort and dupfixed', ['dupfixed']],
  ])('leasehold reads and writes what mdb_load made with %s', (_, more) => {
    const entries = pairs(() => 9);
    load(tools, database, first + formatDump('items', entries, ['dupsort', ...more]));
    using env = open(database);
    const items = env.collection('items', { key: bytes, value: bytes });
    expectPairs(env, items, entries);

    env.write(() => {
      for (const [key, value] of entries) items.putNew(key, value);
      for (const [key, value] of [...entries].reverse()) {
        const other = Buffer.from(value);
        other[8] = 255;
        if (value.readUInt32BE() % 2 === 0) items.put(key, other);
        else strictEqual(items.delValue(key, value), true);
      }
    });
    const wanted = entries.flatMap(([key, value]): Entries => {
      if (value.readUInt32BE() % 2 === 1) return [];
      const other = Buffer.from(value);
      other[8] = 255;
      return [
        [key, value],
        [key, other],
      ];
    });
    expectPairs(env, items, wanted);
    deepStrictEqual(
      printable(parseDump(run(tools.dump, ['-s', 'items', database])).get('items') as Entries),
      printable(wanted),
    );
  });

  test('a value of another size is refused where all have one', () => {
    load(
      tools,
      database,
      first +
        formatDump(
          'items',
          pairs(() => 9),
          ['dupsort', 'dupfixed'],
        ),
    );
    using env = open(database);
    const items = env.collection('items', options);
    for (const key of ['key 0', 'key 1', 'key 5', 'new', 'key 8']) {
      for (const size of [1, 8, 10, 511]) {
        for (const call of ['put', 'putNew', 'append'] as const) {
          if (call === 'append' && key < 'key 7') continue;
          const error = thrown(() => items[call](Buffer.from(key), Buffer.alloc(size, 0xff)));
          expect(error).toMatchObject({ code: 'ERR_VALUE_SIZE', message: expect.stringContaining('MDB_DUPFIXED') });
        }
      }
    }
    expectPairs(
      env,
      items,
      pairs(() => 9),
    );
    items.append(Buffer.from('key 8'), Buffer.alloc(9));
    expect(items.count()).toBe(pairs(() => 9).length + 1);
  });

  test.each([
    ['integerdup', 'MDB_INTEGERDUP', ['dupsort', 'dupfixed']],
    ['reversedup', 'MDB_REVERSEDUP', ['dupsort']],
    ['dupfixed', 'MDB_DUPFIXED', []],
  ])('a database with %s is refused', (option, flag, others) => {
    load(
      tools,
      database,
      first + formatDump('foreign', [[Buffer.from('a'), Buffer.from('abcd')]], [...others, option]),
    );
    using env = open(database);
    expect(() => env.collection('foreign', { key: bytes, value: bytes })).toThrow(
      expect.objectContaining({ code: 'ERR_CODEC', message: expect.stringContaining(flag) }),
    );
  });

  test('the unnamed database may have several values a key, and no collections beside it', () => {
    const entries = pairs((key) => 5 + key);
    load(tools, database, formatDump(undefined, []) + formatDump(undefined, entries, ['dupsort']));
    using env = open(database);
    expect(env.collections()).toEqual([]);
    expectPairs(env, env.main, entries);
    expect(codeOf(() => env.collection(null, { dupSort: false }))).toBe('ERR_INVALID_ARG_VALUE');
    expect(env.collection(null, { dupSort: true })).toBe(env.main);
    expect(thrown(() => env.collection('items', { key: utf8, value: utf8 }))).toMatchObject({
      code: 'MDB_INCOMPATIBLE',
      message: expect.stringContaining('use env.main'),
    });
    expect(env.main.delValue(Buffer.from('key 0'), entries[0]?.[1] as Buffer)).toBe(true);
    env.main.put(Buffer.from('key 3'), Buffer.from('another'));
    expect(env.main.getAll(Buffer.from('key 3')).count()).toBe(2);
    expect(printable(parseDump(run(tools.dump, [database])).get(undefined) as Entries)).toContain(
      `${Buffer.from('key 3').toString('hex')} ${Buffer.from('another').toString('hex')}`,
    );
    env.main.clear();
    expect(env.main.stat().entries).toBe(0);
  });

  test('an empty value of another program is read, and nothing is put beside it', () => {
    const entries: Entries = [
      [Buffer.from('a'), Buffer.alloc(0)],
      [Buffer.from('b'), Buffer.from('b')],
    ];
    load(tools, database, first + formatDump('items', entries, ['dupsort']));
    using env = open(database);
    const items = env.collection('items', options);
    const a = Buffer.from('a');
    expect(items.get(a)).toBeInstanceOf(Value);
    expect(
      items
        .range()
        .values()
        .map((value) => value.byteLength)
        .toArray(),
    ).toEqual([0, 1]);
    expect([items.hasValue(a, Buffer.alloc(0)), items.hasValue(a, Buffer.from('x'))]).toEqual([true, false]);
    for (const call of ['put', 'putNew'] as const) {
      expect(thrown(() => items[call](a, Buffer.from('x')))).toMatchObject({
        code: 'ERR_VALUE_SIZE',
        message: expect.stringContaining('empty value'),
      });
    }
    // A range goes on at the right place after the pair that it stands on has been deleted.
    for (const [reverse, sees] of [
      [false, ['', 'x', 'y', 'b']],
      [true, ['b', '']],
    ] as const) {
      const seen: string[] = [];
      expect(() =>
        env.write(() => {
          for (const { value } of items.range({ reverse })) {
            seen.push(value.toBuffer().toString());
            if (value.byteLength > 0) continue;
            items.del(a);
            items.put(a, Buffer.from('y'));
            items.put(a, Buffer.from('x'));
          }
          throw new Error('undo');
        }),
      ).toThrow('undo');
      expect(seen).toEqual(sees);
    }
    expect(items.delValue(a, Buffer.alloc(0))).toBe(true);
    items.put(a, Buffer.from('x'));
    expect(items.count()).toBe(2);
  });
});
