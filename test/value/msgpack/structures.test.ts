import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { bytes, type Collection, type Environment, hashJoin, json, msgpack, utf8 } from '../../../lib/index.ts';
import { formatDump, parseDump } from '../../interop/dump.ts';
import { compiledTools } from '../../interop/tools.ts';
import { askChild, WaitingChild } from '../../support/child.ts';
import { codeOf, collectionOf, openAt, openTemporary } from '../../support/fixture.ts';

const codecs = { key: utf8, value: msgpack };
type Items = Collection<string, unknown, string, unknown>;

const tools = compiledTools();

/** The committed side data of `items`: the structures of its msgpack values. */
function keptOf(env: Environment): unknown {
  const catalog = parseDump(execFileSync(tools.dump, ['-s', '__leasehold', env.path], { encoding: 'utf8' }));
  const kept = catalog.get('__leasehold')?.find(([key]) => key.equals(KEPT));
  return kept === undefined ? 'nothing' : JSON.parse(kept[1].toString());
}

const KEPT = Buffer.from('\0items');

function sizeOf(env: Environment, items: Items, key: string): number {
  return env.read((txn) => items.getBuffer(key, txn)?.length ?? -1);
}

const wide = (n: number) => ({ identification: n, description: 'd', population: n, administrativeDivision: 'x' });

describe('the names of properties', () => {
  test('are stored once, outlive the environment, and are dropped with the collection', () => {
    const { env, items } = collectionOf(codecs);
    items.put('a', wide(1));
    items.put('b', wide(2));
    expect(sizeOf(env, items, 'a')).toBeLessThan(12);
    env.close();
    const again = openAt(env.path);
    const found = again.collection('items') as Items;
    expect([found.get('a'), found.get('b')]).toEqual([wide(1), wide(2)]);
    found.put('c', wide(3));
    expect(sizeOf(again, found, 'c')).toBe(sizeOf(again, found, 'a'));
    expect(keptOf(again)).toEqual([Object.keys(wide(0))]);
    found.drop();
    expect(keptOf(again)).toBe('nothing');
    const anew = again.collection('items', codecs);
    anew.put('z', { other: 1 });
    expect([anew.get('z'), keptOf(again)]).toEqual([{ other: 1 }, [['other']]]);
  });

  test('of more shapes than are shared stand in the record', () => {
    const { env, items } = collectionOf(codecs);
    const shaped = (n: number) => ({ [`name${n}`]: n, inner: { [`other${n}`]: [n, { [`third${n}`]: 0 }] } });
    env.write(() => {
      for (let n = 0; n < 200; n++) items.put(String(n), [shaped(n), shaped(n), shaped(n + 1)]);
    });
    env.close();
    const again = openAt(env.path).collection('items') as Items;
    for (let n = 0; n < 200; n++) expect(again.get(String(n))).toEqual([shaped(n), shaped(n), shaped(n + 1)]);
  });

  test('in another order are another structure', () => {
    const { items } = collectionOf(codecs);
    items.put('a', { x: 1, y: 2 });
    items.put('b', { y: 1, x: 2 });
    items.put('c', { x: 1 });
    expect([...items.range().values()].map((value) => Object.entries(value as object))).toEqual([
      [
        ['x', 1],
        ['y', 2],
      ],
      [
        ['y', 1],
        ['x', 2],
      ],
      [['x', 1]],
    ]);
  });
});

test('joins, batches and getMany read the records of their snapshots', async () => {
  const { env, items } = collectionOf(codecs);
  const others = env.collection('others', codecs);
  items.put('a', { first: 1 });
  others.put('a', { second: 2 });
  await env.batch([
    { type: 'put', collection: items, key: 'b', value: { first: 3, batched: true } },
    { type: 'put', collection: others, key: 'b', value: [{ second: 4 }, { second: 5 }] },
  ]);
  const expected = [
    [{ first: 1 }, { second: 2 }],
    [{ first: 3, batched: true }, [{ second: 4 }, { second: 5 }]],
  ];
  const joined = () =>
    [...hashJoin({ build: { range: items.range(), on: 'key' }, probe: { range: others.range(), on: 'key' } })].map(
      ({ build, probe }) => [build.value, probe.value],
    );
  expect(joined()).toEqual(expected);
  expect(env.read(joined)).toEqual(expected);
  expect(env.read((txn) => items.getMany(['b', 'a'], txn))).toEqual([expected[1]?.[0], expected[0]?.[0]]);
  expect(env.write(() => items.getMany(['b', 'a']))).toEqual([expected[1]?.[0], expected[0]?.[0]]);
});

describe('a transaction that is rolled back', () => {
  const undo = (env: Environment, fn: () => void) =>
    expect(() =>
      env.write(() => {
        fn();
        throw new Error('undo');
      }),
    ).toThrow('undo');

  test('leaves no structure behind that a later record needs', () => {
    const { env, items } = collectionOf(codecs);
    undo(env, () => items.put('a', { x: 1 }));
    items.put('b', { y: 1 });
    items.put('c', { x: 2 });
    undo(env, () => items.put('d', { z: 1 }));
    items.put('e', { w: 1, z: 3 });
    expect(keptOf(env)).toEqual([['y'], ['x'], ['w', 'z']]);
    env.close();
    const again = openAt(env.path).collection('items') as Items;
    expect([again.get('b'), again.get('c'), again.get('e'), again.count()]).toEqual([
      { y: 1 },
      { x: 2 },
      { w: 1, z: 3 },
      3,
    ]);
  });

  test('as a child neither', () => {
    const { env, items } = collectionOf(codecs);
    env.write(() => {
      items.put('a', { a: 1 });
      undo(env, () => items.put('x', { x: 1 }));
      items.put('b', { b: 1 });
      env.write(() => items.put('c', { c: 1 }));
      items.put('d', { c: 2 });
      undo(env, () => env.write(() => items.put('y', { y: 1 })));
      items.put('e', { e: 1 });
      expect(items.range().values().toArray()).toEqual([{ a: 1 }, { b: 1 }, { c: 1 }, { c: 2 }, { e: 1 }]);
    });
    expect(keptOf(env)).toEqual([['a'], ['b'], ['c'], ['e']]);
    env.close();
    const again = openAt(env.path).collection('items') as Items;
    expect(again.range().values().toArray()).toEqual([{ a: 1 }, { b: 1 }, { c: 1 }, { c: 2 }, { e: 1 }]);
  });

  test('leaves entries that were read in it as they were', () => {
    const { env, items } = collectionOf(codecs);
    items.put('committed', { first: 0 });
    const read: { value: unknown }[] = [];
    undo(env, () => {
      items.put('undone', { second: 1 });
      read.push(...items.range());
    });
    items.put('later', { third: 2 });
    read.push(...items.range());
    env.write(() => read.push(...items.range()));
    expect(read.map(({ value }) => value)).toEqual([
      { first: 0 },
      { second: 1 },
      { first: 0 },
      { third: 2 },
      { first: 0 },
      { third: 2 },
    ]);
  });

  test('inside a scan changes nothing for the rows that follow', () => {
    const { env, items } = collectionOf(codecs);
    const seen: unknown[] = [];
    env.write(() => {
      items.put('a', { a: 1 });
      items.put('c', { a: 3 });
      items.scan({}, ({ key, value }) => {
        seen.push(value);
        if (key !== 'a') return;
        undo(env, () => items.put('x', { x: 1 }));
        items.put('b', { b: 2 });
      });
    });
    expect(seen).toEqual([{ a: 1 }, { b: 2 }, { a: 3 }]);
  });

  test('because it was full leaves the collection usable', () => {
    const { env, items } = collectionOf(codecs, { mapSize: 2 ** 17 });
    items.put('a', { a: 1 });
    expect(codeOf(() => items.put('big', { b: Buffer.alloc(2 ** 18) }))).toBe('MDB_MAP_FULL');
    expect(codeOf(() => env.write(() => items.put('big', { c: Buffer.alloc(2 ** 18) })))).toBe('MDB_MAP_FULL');
    items.put('b', { c: 1 });
    items.put('c', { b: 1 });
    expect(items.range().values().toArray()).toEqual([{ a: 1 }, { c: 1 }, { b: 1 }]);
  });
});

describe('user code that runs while a value is encoded', () => {
  const during = (fn: () => unknown) => ({
    before: 1,
    get nested() {
      return fn();
    },
    after: { deeper: 2 },
  });

  test('can store others', () => {
    const { env, items } = collectionOf(codecs);
    const value = during(() => {
      items.put(
        'inner',
        during(() => {
          items.put('innermost', { c: 1 });
          return 'x';
        }),
      );
      return items.get('inner');
    });
    items.put('outer', value);
    env.write(() => items.put('outer again', value));
    const inner = { before: 1, nested: 'x', after: { deeper: 2 } };
    expect(Object.fromEntries([...items.range()].map(({ key, value: found }) => [key, found]))).toEqual({
      inner,
      innermost: { c: 1 },
      outer: { before: 1, nested: inner, after: { deeper: 2 } },
      'outer again': { before: 1, nested: inner, after: { deeper: 2 } },
    });
  });

  test('can do so by another handle on the same path, in a child, undone or not', () => {
    for (const undone of [false, true]) {
      const { env, items } = collectionOf(codecs);
      const other = openAt(env.path);
      const others = other.collection('items') as Items;
      env.write(() => {
        items.put('a', { a: 1 });
        const put = () =>
          other.write(() => {
            others.put('other', { fromOther: 1 });
            if (undone) throw new Error('undo');
          });
        items.put(
          'b',
          during(() => outcome(put)),
        );
        items.put('c', { c: 1 });
        items.put('d', { fromOther: 2, c: 1 });
        expect(items.get('other')).toEqual(undone ? undefined : { fromOther: 1 });
      });
      env.close();
      other.close();
      const again = openAt(env.path).collection('items') as Items;
      expect([again.get('a'), again.get('b'), again.get('c'), again.get('d'), again.get('other')]).toEqual([
        { a: 1 },
        { before: 1, nested: undone ? 'undo' : 'done', after: { deeper: 2 } },
        { c: 1 },
        { fromOther: 2, c: 1 },
        undone ? undefined : { fromOther: 1 },
      ]);
    }
  });

  test('can close the environment: the put fails, and nothing else', () => {
    const { env, items } = collectionOf(codecs);
    expect(['ERR_TXN_ENDED', 'ERR_ENV_CLOSED']).toContain(
      codeOf(() =>
        items.put(
          'a',
          during(() => env.close()),
        ),
      ),
    );
    expect(openAt(env.path).collection('items').count()).toBe(0);
  });
});

function outcome(fn: () => void): string {
  try {
    fn();
    return 'done';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('other processes and threads', () => {
  const program = `
    import { createInterface } from 'node:readline';
    const env = open(args.path, { durability: 'nosync' });
    const items = env.collection('items', { key: utf8, value: msgpack });
    tell('ready');
    for await (const line of createInterface(process.stdin)) {
      const [call, ...rest] = JSON.parse(line);
      tell(items[call](...rest) ?? null);
    }
    env.close();`;

  test('add structures in turn, and all read all', async () => {
    const { env, items } = collectionOf(codecs);
    const child = new WaitingChild(program, { path: env.path });
    await child.next();
    const ask = async (...call: unknown[]) => {
      child.send(JSON.stringify(call));
      return await child.next();
    };
    const shape = (n: number) => ({ [`p${n}`]: n, common: [{ [`q${n % 3}`]: n }] });
    for (let n = 0; n < 20; n += 2) {
      items.put(`k${n}`, shape(n));
      await ask('put', `k${n + 1}`, shape(n + 1));
      for (let i = 0; i <= n + 1; i++) {
        expect(items.get(`k${i}`)).toEqual(shape(i));
        if (i % 5 === 0) expect(await ask('get', `k${i}`)).toEqual(shape(i));
      }
    }
    await child.end();
  });

  test('that drop the collection and make it again mislead nobody, an older snapshot least', () => {
    const { env, items } = collectionOf(codecs);
    items.put('a', { old: 1 });
    items.put('b', { old: 2, second: 3 });
    const old = env.read();
    const kept = items.range({}, old).toArray();
    askChild(
      `const env = open(args.path, { durability: 'nosync' });
      env.collection('items').drop();
      env.close();
      const again = open(args.path, { durability: 'nosync' });
      again.collection('items', { key: utf8, value: msgpack }).put('a', { fresh: 1, other: 2 });
      again.close(); tell(1);`,
      { path: env.path },
    );
    expect(items.get('a')).toEqual({ fresh: 1, other: 2 });
    expect([items.get('a', old), items.get('b', old)]).toEqual([{ old: 1 }, { old: 2, second: 3 }]);
    expect(items.get('a')).toEqual({ fresh: 1, other: 2 });
    items.put('b', { old: 5 });
    old.end();
    expect(kept.map(({ value }) => value)).toEqual([{ old: 1 }, { old: 2, second: 3 }]);
    expect(items.range().values().toArray()).toEqual([{ fresh: 1, other: 2 }, { old: 5 }]);
  });

  test('of one program share them too', () => {
    const { env, items } = collectionOf(codecs);
    items.put('a', { a: 1 });
    const told = askChild(
      `import { Worker, isMainThread, workerData, parentPort } from 'node:worker_threads';
      const codecs = { key: utf8, value: msgpack };
      const path = isMainThread ? args.path : workerData;
      const env = open(path, { durability: 'nosync' });
      const items = env.collection('items', codecs);
      if (isMainThread) {
        for (let i = 0; i < 8; i++) items.put('main' + i, { ['m' + i]: i });
        const workers = [0, 1].map(() => new Worker(new URL(import.meta.url), { workerData: path, argv: [JSON.stringify(args)] }));
        for (let i = 8; i < 16; i++) items.put('main' + i, { ['m' + i]: i });
        await Promise.all(workers.map((worker) => new Promise((resolve) => worker.on('exit', resolve))));
        tell(Object.fromEntries([...items.range()].map(({ key, value }) => [key, value])));
      } else {
        for (let i = 0; i < 16; i++) items.put('worker' + i, { ['w' + i]: i });
      }
      env.close();`,
      { path: env.path },
    );
    const expected: Record<string, unknown> = { a: { a: 1 } };
    for (let i = 0; i < 16; i++) {
      expected[`main${i}`] = { [`m${i}`]: i };
      expected[`worker${i}`] = { [`w${i}`]: i };
    }
    expect(told).toEqual(expected);
    expect(Object.fromEntries([...items.range()].map(({ key, value }) => [key, value]))).toEqual(expected);
  });
});

describe('a database that nothing can be kept in', () => {
  test('that is read-only is read', () => {
    const { env, items } = collectionOf(codecs);
    items.put('a', wide(1));
    env.close();
    const reading = openAt(env.path, { readOnly: true });
    expect(reading.collection('items').get('a' as never)).toEqual(wide(1));
    expect(codeOf(() => reading.collection('items').put('a' as never, {} as never))).toBe('ERR_READ_ONLY');
  });

  test('of another origin, read-only, is read as well', () => {
    const env = openTemporary();
    env.main.put(Buffer.from('k'), Buffer.of(0x81, 0xa1, 0x61, 0x01));
    env.close();
    const items = openAt(env.path, { readOnly: true }).collection(null, codecs);
    expect(items.get('k')).toEqual(new Map([['a', 1]]));
  });

  test('because the collection was opened inside env.write', () => {
    const other = openTemporary();
    other.main.put(Buffer.from('k'), Buffer.of(1));
    const env = openAt(other.path);
    env.write(() => env.collection(null, codecs).put('l', { a: 1 }));
    const items = env.collection(null, codecs);
    items.put('m', { a: 2 });
    expect([items.get('k'), items.get('l'), items.get('m')]).toEqual([1, { a: 1 }, { a: 2 }]);
    expect(openAt(env.path).collection(null, codecs).get('m')).toEqual({ a: 2 });
  });

  test('a name that leaves no room for it is refused before anything is made', () => {
    const env = openTemporary();
    expect(codeOf(() => env.collection('n'.repeat(511), codecs))).toBe('ERR_INVALID_ARG_VALUE');
    expect(env.collections()).toEqual([]);
    env.collection('n'.repeat(511), { key: utf8, value: json }).drop();
    const longest = env.collection('n'.repeat(510), codecs);
    longest.put('a', { a: 1 });
    expect(longest.get('a')).toEqual({ a: 1 });
  });
});

test('what is kept and cannot be read is ERR_CODEC', () => {
  const { env, items } = collectionOf(codecs);
  items.put('a', { a: 1 });
  env.close();
  for (const text of ['{', '{}', '[1]', '[["a",1]]', JSON.stringify(Array.from({ length: 33 }, () => []))]) {
    execFileSync(tools.load, [env.path], { input: formatDump('__leasehold', [[KEPT, Buffer.from(text)]]) });
    const again = openAt(env.path);
    const broken = again.collection('items') as Items;
    expect(codeOf(() => broken.get('a'))).toBe('ERR_CODEC');
    expect(codeOf(() => broken.put('b', { b: 1 }))).toBe('ERR_CODEC');
    again.close();
  }
});

test('a codec of bytes is refused for a collection of msgpack, and the other way round', () => {
  const { env } = collectionOf(codecs);
  env.close();
  const again = openAt(env.path);
  expect(codeOf(() => again.collection('items', { key: utf8, value: bytes }))).toBe('ERR_CODEC');
  again.collection('raw', { key: utf8, value: bytes });
  again.close();
  expect(codeOf(() => openAt(env.path).collection('raw', codecs))).toBe('ERR_CODEC');
});
