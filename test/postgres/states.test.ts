import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import type { PostgresEngine } from '../../lib/postgres/postgres-engine.ts';
import { rejection } from '../support/fixture.ts';
import { hasPostgres, type PostgresServer, postgresOfFile } from '../support/postgres.ts';
import { all, commit, del, keyOf, loadAll, put, rowsOf, textOf } from '../versions/engine/calls.ts';
import { type PostgresTestStore, postgresStore } from './store.ts';

/** What is kept in the tables, for how long, and what is said once it is gone. */
describe.skipIf(!hasPostgres)('with a server', () => {
  const stores: PostgresTestStore[] = [];
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
  });

  async function opened(options: object = {}): Promise<{
    store: PostgresTestStore;
    engine: PostgresEngine;
    server: PostgresServer;
    sql: (text: string) => string;
  }> {
    const store = postgresStore(options);
    stores.push(store);
    await store.makeCollection('items');
    const engine = store.engines[0] as PostgresEngine;
    const server = await postgresOfFile();
    const schema = new URLSearchParams(store.path.split('?')[1]).get('schema') as string;
    return { store, engine, server, sql: (text) => server.sql(`set search_path to "${schema}"; ${text}`) };
  }

  test('a value larger than a piece is stored in pieces, read whole, and its pieces go with the last state that has it', async () => {
    const { engine, sql } = await opened();
    const large = randomBytes(2 ** 20 * 2 + 17);
    const tid = await commit(engine, { ...put('a', ''), bytes: large }, put('b', 'small'));
    const release = engine.hold(tid);
    expect(sql('select count(*) from piece')).toBe('3');
    expect(sql('select count(*) from upload')).toBe('0');
    expect(Buffer.compare((await loadAll(engine, ['a'], tid))[0]?.bytes as Uint8Array, large)).toBe(0);
    const rows = await rowsOf(engine, {}, tid, 100);
    expect(rows.map(({ bytes }) => bytes.length)).toEqual([large.length, 5]);
    await commit(engine, put('a', 'now it is small'));
    expect(Buffer.compare((await loadAll(engine, ['a'], tid))[0]?.bytes as Uint8Array, large)).toBe(0);
    release();
    sql(`update head set history = tid, trimmed = '-infinity'`);
    await engine.trim();
    expect([sql('select count(*) from history'), sql('select count(*) from piece')]).toEqual(['0', '0']);
    expect((await rejection(loadAll(engine, ['a'], tid))).code).toBe('ERR_SNAPSHOT_LOST');
  });

  test('a commit that meets a conflict leaves no pieces', async () => {
    const { engine, sql } = await opened();
    const base = await commit(engine, put('a', '1'));
    await commit(engine, put('a', '2'));
    const answer = await engine.commit({
      commitId: randomBytes(16),
      base,
      reads: [{ collection: 'items', key: keyOf('a'), tid: base }],
      ranges: [],
      writes: [{ ...put('b', ''), bytes: randomBytes(2 ** 20 + 1) }],
    });
    expect(answer).toEqual([{ collection: 'items', key: keyOf('a') }]);
    await expect.poll(() => sql('select count(*) from piece')).toBe('0');
    expect(sql('select count(*) from upload')).toBe('0');
  });

  test('states that a session holds are kept, those that nobody holds are not, and who reads them is told', async () => {
    const { store, engine, sql } = await opened({ keepHistory: 1 });
    const other = (await store.open()) as PostgresEngine;
    const held = await commit(engine, put('a', '1'));
    await other.sync();
    const release = await new Promise<() => void>((resolve, reject) => {
      const end = other.hold(held, (error) => (error === undefined ? resolve(end) : reject(error)));
    });
    const lost = await commit(engine, put('a', '2'));
    await commit(engine, put('a', '3'));
    sql(`update change set time = time - interval '1 hour'; update head set trimmed = '-infinity'`);
    await engine.trim();
    expect((await loadAll(engine, ['a'], held)).map(({ bytes }) => textOf(bytes))).toEqual(['1']);
    release();
    await other.close();
    sql(`update head set trimmed = '-infinity'`);
    await engine.trim();
    await engine.sync();
    const error = await rejection(loadAll(engine, ['a'], lost));
    expect([error.code, error.message]).toEqual(['ERR_SNAPSHOT_LOST', expect.stringContaining('nobody has held')]);
    expect((await rejection(Promise.resolve().then(() => engine.hold(lost)))).code).toBe('ERR_SNAPSHOT_LOST');
    expect((await loadAll(engine, ['a'], engine.processed())).map(({ bytes }) => textOf(bytes))).toEqual(['3']);
  });

  test('a log of changes that was trimmed before it was read is a gap, and asking for what is gone is an error', async () => {
    const { store, engine, sql } = await opened();
    const other = (await store.open()) as PostgresEngine;
    await commit(engine, put('a', '1'));
    await other.sync();
    const seen = other.processed();
    const gaps: number[] = [];
    other.onGap((tid) => void gaps.push(tid));
    // Commits that nobody gives notice of, and whose records are gone before the next poll.
    sql(`update head set tid = tid + 5, log = tid + 4, nonce = 'beef';
      insert into change select h.tid, 'beef', now(), 'x', '{}', '{}', '{}', '{}', '{}' from head h`);
    await other.sync();
    expect(gaps).toEqual([seen + 5]);
    expect(other.processed()).toBe(seen + 5);
    const changes = other.changes(seen);
    const error = (await rejection(changes.next())) as Error & { code: string; oldest: number };
    expect([error.code, error.oldest]).toEqual(['ERR_TOO_OLD', seen + 5]);
    const old = { commitId: randomBytes(16), base: seen, reads: [], ranges: [], writes: [put('a', '2')] };
    expect((await rejection(other.commit(old))).code).toBe('ERR_TOO_OLD');
  });

  test('a commit of very many keys is in the log as ranges, which conflict with what was read in them', async () => {
    const { engine } = await opened();
    const base = await commit(engine, put('a', '1'));
    const many = Array.from({ length: 10_001 }, (_, i) => put(`k${String(i).padStart(5, '0')}`, 'x'));
    const told: unknown[] = [];
    engine.onChange(({ changes }) => void told.push(changes));
    const tid = await commit(engine, ...many);
    expect(told).toEqual([
      [
        {
          collection: 'items',
          keys: undefined,
          range: { lower: keyOf('k00000'), lowerOpen: false, upper: keyOf('k10000'), upperOpen: false },
          dropped: false,
        },
      ].map((change) => ({ ...change, range: asBytes(change.range) })),
    ]);
    const ranges = [
      { collection: 'items', range: { ...all, lower: keyOf('k1'), upper: keyOf('z') } },
      { collection: 'items', range: { ...all, lower: keyOf('b'), upper: keyOf('c') } },
    ];
    const request = { commitId: randomBytes(16), base, reads: [], ranges, writes: [put('z', '1')] };
    expect(await engine.commit(request)).toEqual([ranges[0]]);
    const keys: string[] = [];
    await engine.range('items', { ...all, reverse: true }, tid, 2 ** 20, ({ rows }) => {
      for (const { key } of rows) keys.push(textOf(key) as string);
    });
    expect(keys).toEqual([...many.map(({ key }) => textOf(key) as string).reverse(), 'a']);
    await commit(engine, ...many.map(({ key }) => del(textOf(key) as string)));
    expect(await engine.count('items', all, engine.processed())).toBe(1);
    expect(await engine.count('items', all, tid)).toBe(10_002);
  });
});

function asBytes(range: { lower: Uint8Array; upper: Uint8Array; lowerOpen: boolean; upperOpen: boolean }) {
  return { ...range, lower: Uint8Array.from(range.lower), upper: Uint8Array.from(range.upper) };
}
