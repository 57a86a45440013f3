import { describe, expect, it } from 'vitest';
import { importRecords, json, tuple, utf8 } from '../../lib/index.ts';
import { collectionOf } from '../support/fixture.ts';
import { failure } from './files.ts';

const MEMORY = 4 * 1024 * 1024;
const pad = 'x'.repeat(1000);

/** Lines of `count` records with `keys` different keys, in order or not. */
function* records(count: number, keys: number, ordered: boolean): Generator<string> {
  for (let i = 0; i < count; i++) {
    const id = ordered ? Math.floor((i * keys) / count) : (i * 7919) % keys;
    yield `{"id":"${String(id).padStart(8, '0')}","n":${i},"pad":"${pad}"}\n`;
  }
}

async function* chunks(lines: Iterable<string>): AsyncGenerator<string> {
  yield* lines;
}

/** Each way to import: in one batch; in batches of ordered keys; sorted in memory; in files; in files that are merged in several passes. */
const sizes: [what: string, count: number, keys: number, ordered: boolean, before: number][] = [
  ['in one batch', 394, 12, false, 0],
  ['that are in order', 394, 12, true, 0],
  ['in several batches', 5_500, 1_200, true, 0],
  ['that are sorted in files', 13_500, 4_999, false, 0],
  ['and others that were there', 5_500, 1_200, false, 500],
];

describe.each(sizes)('records of one key, %s,', (_, count, keys, ordered, before) => {
  const filled = () => {
    const { env, items } = collectionOf({ key: utf8, value: json });
    env.write(() => {
      for (let i = 0; i < before; i++) items.put(String(i).padStart(8, '0'), { n: -1 });
    });
    return items;
  };
  const source = () => chunks(records(count, keys, ordered));

  it('are replaced by the last, and counted', async () => {
    const items = filled();
    const replaced = count - keys + before;
    expect(await importRecords(items, source(), { key: 'id', maxMemoryBytes: MEMORY })).toMatchObject({
      rows: count,
      replaced,
      ignored: 0,
      rejected: 0,
    });
    expect(items.count()).toBe(before + count - replaced);
    const last = new Map<string, number>();
    for (const line of records(count, keys, ordered)) {
      const { id, n } = JSON.parse(line) as { id: string; n: number };
      last.set(id, n);
    }
    const found = items.range().map(({ key, value }) => last.get(key) === (value as { n: number }).n);
    expect(found.toArray().every(Boolean)).toBe(true);
  });

  it('are left out behind the first with onDuplicate ignore, and counted', async () => {
    const items = filled();
    const options = { key: 'id', maxMemoryBytes: MEMORY, onDuplicate: 'ignore' } as const;
    const ignored = count - keys + before;
    expect(await importRecords(items, source(), options)).toMatchObject({
      rows: count - ignored,
      replaced: 0,
      ignored,
    });
    expect(items.count()).toBe(keys);
    const first = new Map<string, number>();
    for (let i = 0; i < before; i++) first.set(String(i).padStart(8, '0'), -1);
    for (const line of records(count, keys, ordered)) {
      const { id, n } = JSON.parse(line) as { id: string; n: number };
      if (!first.has(id)) first.set(id, n);
    }
    const found = items.range().map(({ key, value }) => first.get(key) === (value as { n: number }).n);
    expect(found.toArray().every(Boolean)).toBe(true);
  });

  it('are an error with onDuplicate error, which names the key and stores none of what was sorted', async () => {
    const items = filled();
    const error = await failure(
      importRecords(items, source(), { key: 'id', maxMemoryBytes: MEMORY, onDuplicate: 'error', onError: 'skip' }),
    );
    expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
    expect(error.message).toMatch(/the key "\d{8}" is there already/);
    if (!ordered) expect(items.count()).toBe(before);
  });
});

it('a record that was there before is counted alone too', async () => {
  const { items } = collectionOf({ key: utf8, value: json });
  items.put('b', 0);
  const lines = ['{"key":"a","value":1}\n', '{"key":"b","value":1}\n'];
  expect(await importRecords(items, chunks(lines))).toMatchObject({ rows: 2, replaced: 1, ignored: 0 });
  expect(items.get('b')).toBe(1);
  const ignoring = await importRecords(items, chunks(lines), { onDuplicate: 'ignore' });
  expect(ignoring).toMatchObject({ rows: 0, replaced: 0, ignored: 2 });
  expect((await failure(importRecords(items, chunks(lines), { onDuplicate: 'error' }))).message).toContain(
    'the key "a"',
  );
});

it('of several values a key, pairs are told apart', async () => {
  const { items } = collectionOf({ key: tuple, value: utf8, dupSort: true });
  const lines = ['x', 'y', 'x'].map((value) => `{"key":["a"],"value":"${value}"}\n`);
  expect(await importRecords(items, chunks(lines))).toMatchObject({ rows: 3, replaced: 1 });
  expect(items.count()).toBe(2);
  const error = await failure(importRecords(items, chunks(lines), { onDuplicate: 'error' }));
  expect(error.message).toContain('a value of the key ["a"]');
});

it('the option is one of three', async () => {
  const { items } = collectionOf({ key: utf8, value: json });
  const given = { onDuplicate: 'keep' } as unknown as { onDuplicate: 'error' };
  expect(await failure(importRecords(items, chunks([]), given))).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
});
