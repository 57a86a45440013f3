import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  bytes,
  type Entries,
  type EntryLike,
  type ExportOptions,
  exportRecords,
  importRecords,
  json,
  msgpack,
  struct,
  t,
  tuple,
  uint32,
  utf8,
} from '../../lib/index.ts';
import { openTemporary, temporaryFolder } from '../support/fixture.ts';

const City = struct({ name: t.utf8, people: t.u32, big: t.u64, founded: t.optional(t.date) });

function world() {
  const env = openTemporary();
  const cities = env.collection('cities', { key: tuple, value: City });
  const notes = env.collection('notes', { key: utf8, value: json });
  env.write(() => {
    cities.put(['DE', 'Berlin'], { name: 'Berlin', people: 3, big: 2n ** 60n, founded: new Date(0) });
    cities.put(['FR', 'Lyon'], { name: 'Lyon', people: 1, big: 1n });
    cities.put(['FR', 'Paris'], { name: 'Paris', people: 2, big: 2n });
    notes.put('a', { n: 1 });
    notes.put('b', { n: 2 });
  });
  return { env, cities, notes };
}

async function exported(range: Entries<EntryLike>, options: ExportOptions = {}): Promise<string> {
  const file = join(temporaryFolder(), `out.${options.format ?? 'ndjson'}`);
  await exportRecords(range, file, options);
  return readFileSync(file, 'utf8');
}

async function codeOfExport(range: unknown, options?: ExportOptions): Promise<unknown> {
  try {
    await exported(range as never, options);
    return 'none';
  } catch (error) {
    return (error as { code?: string }).code ?? (error as Error).message;
  }
}

describe('exportRecords of what is not a plain range', () => {
  test('takes a collection, and one in a transaction', async () => {
    const { env, cities } = world();
    const whole = await exported(cities.range());
    expect(await exported(cities)).toBe(whole);
    using txn = env.read();
    cities.clear();
    expect(await exported(cities.in(txn))).toBe(whole);
  });

  for (const format of ['ndjson', 'json', 'csv', 'tsv', 'dump'] as const) {
    test(`writes the entries of filter() and take() as those of a range, in ${format}`, async () => {
      const { cities } = world();
      const expected = await exported(cities.range({ prefix: ['FR'] }), { format });
      const french = cities.range().filter(({ key }) => key.at(0) === 'FR');
      expect(await exported(french, { format })).toBe(expected);
      expect(await exported(french.take(2), { format })).toBe(expected);
      expect(await exported(cities.range({ gte: ['FR'] }).take(9), { format })).toBe(expected);
      expect(await exported(cities.range().take(0), { format })).toBe(
        await exported(cities.range({ limit: 0 }), { format }),
      );
    });
  }

  test('writes what map() makes as JSON, fields of its own choice included', async () => {
    const { cities } = world();
    const few = cities.range({ prefix: ['FR'] }).map(({ key, value }) => ({
      key: key.toArray(),
      value: { city: value.name, people: value.people, known: [true, null] },
    }));
    expect(await exported(few)).toBe(
      '{"key":["FR","Lyon"],"value":{"city":"Lyon","people":1,"known":[true,null]}}\n' +
        '{"key":["FR","Paris"],"value":{"city":"Paris","people":2,"known":[true,null]}}\n',
    );
    expect(await exported(few, { format: 'csv' })).toBe(
      'key,city,people,known\n"[""FR"",""Lyon""]",Lyon,1,"[true,null]"\n"[""FR"",""Paris""]",Paris,2,"[true,null]"\n',
    );
    // Struct views are exported as JSON.stringify shows them. A key that is made of fields of the value is not exported beside it.
    const same = cities.range().map((entry) => entry);
    expect(JSON.parse((await exported(same)).split('\n')[0] as string)).toEqual({
      key: ['DE', 'Berlin'],
      value: { name: 'Berlin', people: 3, big: String(2n ** 60n), founded: '1970-01-01T00:00:00.000Z' },
    });
    const keyed = cities.range().map(({ key, value }) => ({ key, value: { country: key.at(0), name: value.name } }));
    expect(await exported(keyed)).toBe(
      '{"country":"DE","name":"Berlin"}\n{"country":"FR","name":"Lyon"}\n{"country":"FR","name":"Paris"}\n',
    );
  });

  test('encodes in a dump what map() makes, by the codecs of the collection', async () => {
    const { env, cities, notes } = world();
    const file = join(temporaryFolder(), 'out.dump');
    await exportRecords(
      notes.range().map(({ key, value }) => ({ key: `${key}!`, value: { was: value } })),
      file,
    );
    const copy = env.collection('copy', { key: utf8, value: json });
    await importRecords(copy, file);
    expect([...copy.range()].map(({ key, value }) => [key, value])).toEqual([
      ['a!', { was: { n: 1 } }],
      ['b!', { was: { n: 2 } }],
    ]);
    const wrong = cities.range().map(({ key }) => ({ key, value: { name: 'no more' } }));
    expect(await codeOfExport(wrong, { format: 'dump' })).toBe('ERR_INVALID_ARG_TYPE');
    // An entry of another collection counts as made by map(), since other codecs wrote its bytes.
    const [foreign] = cities.range().toArray();
    expect(
      await codeOfExport(
        notes.range().map(() => foreign),
        { format: 'dump' },
      ),
    ).toBe('ERR_INVALID_ARG_TYPE');
  });

  test('refuses what is no entry, or has no form', async () => {
    const { cities } = world();
    for (const range of [
      undefined,
      [],
      {},
      cities.range().keys(),
      cities
        .range()
        .values()
        .filter(() => true),
    ]) {
      expect(await codeOfExport(range)).toBe('ERR_INVALID_ARG_TYPE');
    }
    for (const item of [undefined, 5, {}, { key: ['x'] }, { value: 5 }, { key: 5, value: 5 }]) {
      expect(await codeOfExport(cities.range().map(() => item))).toBe('ERR_INVALID_ARG_TYPE');
    }
    expect(await codeOfExport(cities.range().map(({ key }) => ({ key, value: { at: new Date() } })))).toBe(
      'ERR_INVALID_ARG_VALUE',
    );
  });

  test('the functions may do anything', async () => {
    const { env, cities } = world();
    const run = (fn: () => unknown): Promise<unknown> =>
      codeOfExport(
        cities.range().filter(() => {
          fn();
          return true;
        }),
      );
    expect(await run(() => cities.del(['FR', 'Lyon']))).toBe('none');
    expect(
      await run(() => {
        throw new Error('mine');
      }),
    ).toBe('mine');
    const txn = env.read();
    const ending = cities
      .in(txn)
      .range()
      .filter(() => {
        txn.end();
        return true;
      });
    expect(await codeOfExport(ending)).toBe('ERR_TXN_ENDED');
    expect(await run(() => env.close())).toBe('ERR_TXN_ENDED');
  });
});

describe('functions of an exported range', () => {
  const once = () => {
    const env = openTemporary();
    const cities = env.collection('cities', { key: uint32, value: struct({ id: t.u32, country: t.utf8 }) });
    env.write(() => {
      for (let id = 0; id < 10; id++) cities.put(id, { id, country: `c${id % 3}` });
    });
    const seen = new Set<string>();
    const firsts = cities
      .range()
      .filter(({ value: { country } }) => !seen.has(country) && seen.add(country) !== undefined);
    return firsts;
  };

  test.each([
    [{ format: 'ndjson' }, 3],
    [{ format: 'ndjson', key: false }, 3],
    [{ format: 'csv' }, 4],
    [{ format: 'csv', key: false }, 4],
    [{ format: 'tsv' }, 4],
  ] as [ExportOptions, number][])(
    'run once for each entry, since they may have a memory (%j)',
    async (options, lines) => {
      expect((await exported(once(), options)).trim().split('\n')).toHaveLength(lines);
    },
  );

  test('are called once for each entry, in order, whatever the export looks at first', async () => {
    const { notes } = world();
    const calls: unknown[] = [];
    const text = await exported(
      notes.range().map(({ key, value }) => ({ key, value: { ...(value as object), call: calls.push(key) } })),
      { format: 'csv' },
    );
    expect(calls).toEqual(['a', 'b']);
    expect(text).toBe('key,n,call\na,1,1\nb,2,2\n');
  });
});

test('what a function of an exported range keeps stays readable', async () => {
  const { cities } = world();
  const kept: { name: string }[] = [];
  await exported(cities.range().filter(({ value }) => kept.push(value) > 0));
  expect(kept.map(({ name }) => name)).toEqual(['Berlin', 'Lyon', 'Paris']);
});

test.each(['ndjson', 'csv', 'tsv', 'json'] as const)(
  'a value of a class is refused in %s, also beside records',
  async (format) => {
    const { notes } = world();
    for (const value of [new Map([['x', 1]]), new Set([1]), new Date(0), /x/, Buffer.from('hi'), new Error('e')]) {
      const made = notes.range().map((entry) => (entry.key === 'b' ? { key: 'b', value } : entry));
      expect(await codeOfExport(made, { format })).toBe('ERR_INVALID_ARG_VALUE');
    }
    const cyclic: Record<string, unknown> = {};
    cyclic.itself = cyclic;
    const made = notes.range().map(({ key }) => ({ key, value: { cyclic } }));
    expect(await codeOfExport(made, { format })).toBe('ERR_INVALID_ARG_VALUE');
  },
);

test('values of msgpack that are of a class are refused in CSV, as in NDJSON', async () => {
  const env = openTemporary();
  const items = env.collection('items', { key: uint32, value: msgpack });
  items.put(1, { a: 1 });
  items.put(2, new Map([['x', 1]]));
  for (const format of ['ndjson', 'csv', 'tsv'] as const) {
    expect(await codeOfExport(items, { format })).toBe('ERR_INVALID_ARG_VALUE');
  }
});

test('a dump has the bytes of a value, whatever its own methods give', async () => {
  class Own extends Uint8Array {
    override subarray(): Uint8Array<ArrayBuffer> {
      return new Uint8Array(3).fill(9);
    }
  }
  const env = openTemporary();
  const items = env.collection('items', { key: uint32, value: bytes });
  items.put(1, Buffer.alloc(1));
  const made = items.range().map(({ key }) => ({ key, value: new Own(2000).fill(1) }));
  expect(await exported(made, { format: 'dump' })).toContain(`\n ${'01'.repeat(2000)}\n`);
});
