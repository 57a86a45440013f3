import { afterAll, describe, expect, test } from 'vitest';
import { exportRecords, importRecords, inferSchema, type Range, struct, t, tuple, utf8 } from '../../lib/index.ts';
import { collectionOf, openAt, temporaryFolder, untyped } from '../support/fixture.ts';
import { fileOf } from '../transfer/files.ts';
import { badValues } from './bad-values.ts';

// A call may take a bad value for a path: let it make its files in this folder.
const before = process.cwd();
process.chdir(temporaryFolder());
afterAll(() => process.chdir(before));

const Row = struct({ id: t.utf8, n: t.optional(t.u32) });
const { env, items } = collectionOf({ key: utf8, value: Row });
const keyed = env.collection('keyed', { key: tuple, value: Row });
const file = fileOf('rows.ndjson', '{"id":"a","n":1}\n{"id":"b"}\n');
const target = () => fileOf('out.ndjson', '');
const range = (): Range<string, unknown> => items.range() as never;

const good = { type: 'put', collection: items, key: 'a', value: { id: 'a' } } as const;

type Call = (bad: never) => Promise<unknown>;
const operations: Record<string, Call> = {
  'env.batch': (bad) => env.batch(bad),
  'env.batch([operation])': (bad) => env.batch([bad]),
  'env.copy': (bad) => env.copy(bad),
  'env.copy(options)': (bad) => env.copy(temporaryFolder(), bad),
  'importRecords(collection)': (bad) => importRecords(bad, file, { key: 'id' }),
  'importRecords(source)': (bad) => importRecords(items, bad, { key: 'id' }),
  'importRecords(a stream of it)': (bad) => importRecords(items, [bad] as never, { key: 'id' }),
  'importRecords(options)': (bad) => importRecords(items, file, bad),
  'importRecords(the key of a function)': (bad) => importRecords(items, file, { key: () => bad }),
  'importRecords(an element of a key)': (bad) => importRecords(keyed, file, { key: () => [bad] }),
  'exportRecords(range)': (bad) => exportRecords(bad, target()),
  'exportRecords(target)': (bad) => exportRecords(range(), bad),
  'exportRecords(options)': (bad) => exportRecords(range(), target(), bad),
  'inferSchema(source)': (bad) => inferSchema(bad),
  'inferSchema(options)': (bad) => inferSchema(file, bad),
};
for (const name of Object.keys(good)) {
  operations[`env.batch([{ ${name} }])`] = (bad) => env.batch([{ ...good, [name]: bad } as never]);
}
for (const name of 'format key schema columns resume onError rejects maxMemoryBytes signal onProgress'.split(' ')) {
  operations[`importRecords({ ${name} })`] = (bad) => importRecords(items, file, { key: 'id', [name]: bad } as never);
}
for (const name of ['format', 'signal', 'onProgress']) {
  operations[`exportRecords({ ${name} })`] = (bad) => exportRecords(range(), target(), { [name]: bad } as never);
}
for (const name of ['format', 'columns', 'sample', 'onError']) {
  operations[`inferSchema({ ${name} })`] = (bad) => inferSchema(file, { [name]: bad } as never);
}

/** Calls that pass on what a function given to them throws. */
const CALLED = /onProgress/;
/** Calls that pass on what the iteration of their argument throws. */
const ITERATED = /^env.batch$|\(source\)$/;

describe('every public call that gives a promise, given any value for any of its arguments,', () => {
  test.each(Object.entries(operations))(
    '%s fulfils it or rejects it with an error that is documented',
    async (name, call) => {
      const wrong: Record<string, string> = {};
      for (const [title, given] of Object.entries(badValues())) {
        if (CALLED.test(name) && typeof given === 'function') continue;
        let promise: Promise<unknown>;
        try {
          promise = call(given as never);
        } catch (error) {
          wrong[title] = `threw ${String(error)}`;
          continue;
        }
        const problem = await promise.then(() => undefined, untyped);
        const own = ITERATED.test(name) && typeof given === 'object' && given !== null && Symbol.iterator in given;
        if (problem !== undefined && !own) wrong[title] = problem;
      }
      expect(wrong).toEqual({});
    },
    60_000,
  );

  test('leaves the database as sound as it was', async () => {
    expect(await importRecords(items, file, { key: 'id' })).toMatchObject({ rows: 2 });
    expect(items.range().count()).toBe(items.range().toArray().length);
    env.resize();
    expect(env.counters().snapshots).toBe(0);
  });
});

describe('an option name that does not exist', () => {
  test.each<[string, () => Promise<unknown>]>([
    ['importRecords', () => importRecords(items, file, { key: 'id', keys: 'id' } as never)],
    ['exportRecords', () => exportRecords(range(), target(), { key: 'id' } as never)],
    ['inferSchema', () => inferSchema(file, { samples: 3 } as never)],
    ['env.batch', () => env.batch([{ ...good, values: 1 } as never])],
    ['env.copy', () => env.copy(temporaryFolder(), { compacted: true } as never)],
  ])('of %s is refused by name', async (_, call) => {
    await expect(call()).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
    await expect(call()).rejects.toThrow(/keys|key|samples|values|compacted/);
  });
});

test('a read-only or closed environment refuses, and a closed one exports nothing', async () => {
  const { env: closed, items: gone } = collectionOf({ key: utf8, value: Row });
  const left = gone.range() as never;
  closed.close();
  await expect(importRecords(gone, file, { key: 'id' })).rejects.toMatchObject({ code: 'ERR_ENV_CLOSED' });
  await expect(exportRecords(left, target())).rejects.toMatchObject({ code: 'ERR_ENV_CLOSED' });
  await expect(closed.batch([])).rejects.toMatchObject({ code: 'ERR_ENV_CLOSED' });
  const readOnly = openAt(closed.path, { readOnly: true });
  const read = readOnly.collection('items', { key: utf8, value: Row });
  await expect(importRecords(read, file, { key: 'id' })).rejects.toMatchObject({ code: 'ERR_READ_ONLY' });
  expect(await exportRecords(read.range() as never, target())).toMatchObject({ rows: 0 });
});
