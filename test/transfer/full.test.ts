import { describe, expect, it } from 'vitest';
import { exportRecords, importRecords, struct, t, utf8 } from '../../lib/index.ts';
import { collectionOf } from '../support/fixture.ts';
import { failure, fileOf, newPath, textOf } from './files.ts';

const Row = struct({ id: t.utf8, n: t.u32, pad: t.utf8 });
const pad = 'x'.repeat(80);
const count = 40_000;
/** A transaction of an import stores at most an eighth of this: 512 KiB. */
const maxMemoryBytes = 4 * 2 ** 20;

const idOf = (n: number): string => String(n).padStart(9, '0');
const rowOf = (n: number): string => `{"id":"${idOf(n)}","n":${n},"pad":"${pad}"}\n`;
const ordered = (): string => Array.from({ length: count }, (_, n) => rowOf(n)).join('');
const shuffled = (): string => Array.from({ length: count }, (_, i) => rowOf((i * 7919) % count)).join('');

/** Room for about a third of the rows. */
const small = { mapSize: 2 ** 21 };

describe('a map that is full in the middle of an import', () => {
  it('leaves what was committed, says up to which line, and the import goes on when there is room', async () => {
    const file = fileOf('rows.ndjson', ordered());
    const { env, items } = collectionOf({ key: utf8, value: Row }, small);
    const options = { key: 'id', maxMemoryBytes };
    const error = await failure(importRecords(items, file, options));
    expect(error.code).toBe('MDB_MAP_FULL');
    expect(error.message).toContain('mapSize');
    const [, line, stored] = /The records up to line (\d+) are stored \((\d+)\): .*`resume`/.exec(error.message) ?? [];
    expect([Number(line), Number(stored)]).toEqual([items.count(), items.count()]);
    expect(items.count()).toBeGreaterThan(5000);
    expect(items.range({ reverse: true, limit: 1 }).keys().toArray()).toEqual([idOf(items.count() - 1)]);

    // With the same map size it stores no more, and reports the same line.
    const again = await failure(importRecords(items, file, { ...options, resume: true }));
    expect(again).toMatchObject({ code: 'MDB_MAP_FULL' });
    expect(again.message).toContain(`The records up to line ${line} are stored`);

    const before = items.count();
    env.resize(2 ** 26);
    expect(await importRecords(items, file, { ...options, resume: true })).toMatchObject({ rows: count - before });
    const out = newPath('out.ndjson');
    await exportRecords(items.range(), out);
    expect(textOf(out) === textOf(file)).toBe(true);
  });

  it('of records that are sorted leaves a part of them, and says so', async () => {
    const file = fileOf('rows.ndjson', shuffled());
    const { env, items } = collectionOf({ key: utf8, value: Row }, small);
    const error = await failure(importRecords(items, file, { key: 'id', maxMemoryBytes }));
    expect(error.code).toBe('MDB_MAP_FULL');
    expect(error.message).toContain('Some of the sorted records are stored: import the file again');
    expect(items.count()).toBeGreaterThan(5000);
    env.resize(2 ** 26);
    expect(await importRecords(items, file, { key: 'id', maxMemoryBytes, resume: true })).toMatchObject({
      rows: count,
    });
    expect(items.count()).toBe(count);
  });

  it('before the first commit leaves nothing', async () => {
    const file = fileOf('rows.ndjson', ordered());
    const { items } = collectionOf({ key: utf8, value: Row }, small);
    const error = await failure(importRecords(items, file, { key: 'id' }));
    expect(error).toMatchObject({ code: 'MDB_MAP_FULL' });
    expect(error.message).toContain('Nothing was stored');
    expect(items.count()).toBe(0);
  });
});
