import { randomBytes } from 'node:crypto';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { connectPostgres, installPostgres } from '../../lib/postgres/connect-postgres.ts';
import type { PostgresEngine } from '../../lib/postgres/postgres-engine.ts';
import { rejection } from '../support/fixture.ts';
import { hasPostgres, PostgresServer, postgresOfFile } from '../support/postgres.ts';
import { commit, keyOf, loadAll, put, textOf } from '../versions/engine/calls.ts';
import { newStore } from './store.ts';

/** Servers, settings and requests that are not as one would have them. */
describe.skipIf(!hasPostgres)('with a server', () => {
  const engines: PostgresEngine[] = [];
  afterEach(async () => {
    for (const engine of engines.splice(0)) await engine.close();
  });
  const open = async (address: string, options: object = {}, timeout = 10_000): Promise<PostgresEngine> => {
    const engine = await connectPostgres([address], options, { tls: undefined, timeout, onState: () => {} });
    engines.push(engine);
    await engine.collections.make('items', { key: 'bytes', value: 'bytes', flags: 0 });
    return engine;
  };
  const request = (engine: PostgresEngine, ...writes: ReturnType<typeof put>[]) => ({
    commitId: randomBytes(16),
    base: engine.processed(),
    reads: [],
    ranges: [],
    writes,
  });
  const schemaOf = (address: string) => new URLSearchParams(address.split('?')[1]).get('schema') as string;

  test('whatever a role prefers, the same bytes come back', async () => {
    const server = await postgresOfFile();
    const role = `odd_${randomBytes(4).toString('hex')}`;
    server.sql(`create role ${role} login superuser`);
    for (const setting of [
      `bytea_output = 'escape'`,
      `default_transaction_isolation = 'serializable'`,
      'default_transaction_read_only = on',
      `search_path = ''`,
      `client_encoding = 'LATIN1'`,
      `"DateStyle" = 'German'`,
      'standard_conforming_strings = off',
      'lock_timeout = 1',
    ])
      server.sql(`alter role ${role} set ${setting}`);
    const address = (await newStore()).replace('leasehold@', `${role}@`);
    const engine = await open(address);
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    const tid = await commit(engine, { collection: 'items', key: bytes, bytes }, put('größe', 'ü'), put('empty', ''));
    const found: unknown[] = [];
    await engine.load([{ collection: 'items', key: bytes }], tid, (state) => void found.push([state.key, state.bytes]));
    expect(found).toEqual([[bytes, bytes]]);
    expect((await loadAll(engine, ['größe', 'empty'], tid)).map((state) => textOf(state.bytes))).toEqual(['ü', '']);
    const [told] = [await engine.changes(0).next()];
    expect(told.value?.changes[0]?.keys).toHaveLength(3);
    const many = await Promise.all(
      Array.from({ length: 20 }, (_, i) => engine.commit(request(engine, put('a', String(i))))),
    );
    expect(new Set(many.map((answer) => 'tid' in answer && answer.tid)).size).toBe(20);
  });

  test.each(['With "quotes" and CAPITALS', 'größe.日本', 'a b;c', `it's`])('a schema may be named %s', async (name) => {
    const server = await postgresOfFile();
    const address = `${server.address()}&schema=${encodeURIComponent(name)}`;
    await installPostgres(address, undefined);
    const engine = await open(address);
    const tid = await commit(engine, put('a', name));
    expect((await loadAll(engine, ['a'], tid)).map(({ bytes }) => textOf(bytes))).toEqual([name]);
    await engine.trim();
  });

  test('a key may have 2,600 bytes, whatever is in it, and no more, whatever is in it', async () => {
    const engine = await open(await newStore());
    const long = { collection: 'items', key: randomBytes(2600), bytes: keyOf('x') };
    const first = await engine.commit(request(engine, long));
    expect(await engine.commit(request(engine, { ...long, bytes: keyOf('y') }))).toEqual({
      tid: first && engine.processed(),
    });
    for (const key of [randomBytes(2601), new Uint8Array(10_000)]) {
      expect((await rejection(engine.commit(request(engine, { ...long, key })))).code).toBe('ERR_KEY_SIZE');
    }
  });

  test('a commit with more values than one statement takes is made all the same', async () => {
    const server = await postgresOfFile();
    const address = await newStore();
    const engine = await open(address);
    const bytes = new Uint8Array(2 ** 20).fill(7);
    const writes = Array.from({ length: 66 }, (_, i) => ({ ...put(`k${i}`, ''), bytes }));
    const tid = await commit(engine, ...writes);
    expect(server.sql(`select count(*) from "${schemaOf(address)}".record where large is not null`)).toBe('2');
    const states = await loadAll(engine, ['k0', 'k65'], tid);
    expect(states.map((state) => Buffer.compare(state.bytes as Uint8Array, bytes))).toEqual([0, 0]);
  });

  test('a commit whose connection is lost, and of which nobody can be asked again, has an outcome that is not known; one that was never sent was not made', async () => {
    const server = await new PostgresServer(['fsync=on']).start();
    await installPostgres(server.address(), undefined);
    const engine = await open(server.address(), {}, 500);
    await commit(engine, put('a', '0'));
    const holder = server.hold('begin; select tid from leasehold.head for update; select pg_sleep(30)');
    await expect
      .poll(() => server.sql(`select count(*) from pg_locks where locktype = 'tuple' or not granted`))
      .toBe('0');
    const waiting = rejection(engine.commit(request(engine, put('a', '1'))));
    await expect
      .poll(() =>
        server.sql(`select count(*) from pg_stat_activity where query like '%commit(%' and wait_event_type = 'Lock'`),
      )
      .toBe('1');
    await server.stop('immediate');
    expect((await waiting).code).toBe('ERR_OUTCOME_UNKNOWN');
    expect((await rejection(engine.commit(request(engine, put('a', '2'))))).code).toBe('ERR_DISCONNECTED');
    await holder;
  });

  test('what is not done when an engine is closed says so at once, and who holds a snapshot does not end the process', async () => {
    const server = await new PostgresServer().start();
    await installPostgres(server.address(), undefined);
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', note);
    try {
      const engine = await open(server.address(), {}, 400);
      await commit(engine, put('a', '1'));
      await server.stop('immediate');
      engine.hold(engine.processed());
      const all = [
        engine.commit(request(engine, put('a', '2'))),
        loadAll(engine, ['a'], engine.processed()),
        engine.claimIds(1),
        engine.changes(0).next(),
        engine.sync(),
      ];
      const settled = Promise.allSettled(all);
      await sleep(20);
      await engine.close();
      for (const one of await settled) expect(one.status).toBe('rejected');
      await sleep(50);
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', note);
    }
  });

  test('a poll that somebody cancels does not end the engine', async () => {
    const server = await postgresOfFile();
    const address = await newStore();
    const engine = await open(address);
    const lock = server.hold(`begin; lock table "${schemaOf(address)}".change; select pg_sleep(4)`);
    await expect
      .poll(() =>
        Number(
          server.sql(
            `select count(pg_cancel_backend(pid)) from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'leasehold'`,
          ),
        ),
      )
      .toBeGreaterThan(0);
    await lock;
    const tid = await commit(engine, put('a', '1'));
    expect(engine.processed()).toBeGreaterThanOrEqual(tid);
  });

  test('who begins to hold while states are thrown away is told what is gone, or keeps what it holds', async () => {
    const server = await postgresOfFile();
    const address = await newStore();
    const schema = schemaOf(address);
    const engine = await open(address);
    const tid = await commit(engine, put('a', '1'));
    await commit(engine, put('a', '2'));
    const newest = await commit(engine, put('a', '3'));
    server.sql(
      `update "${schema}".head set trimmed = '-infinity'; update "${schema}".change set time = now() - interval '1 day'`,
    );
    // The one that throws away has looked who holds what, and has not yet finished.
    const trimming = server.hold(`begin; select "${schema}".trim(1, 1e9, 60); select pg_sleep(1); commit`);
    await expect
      .poll(() =>
        server.sql(`select count(*) from pg_stat_activity where query like '%pg_sleep(1)%' and wait_event = 'PgSleep'`),
      )
      .toBe('1');
    const answer = await new Promise<Error | undefined>((resolve) => {
      engine.hold(tid, resolve);
    });
    await trimming;
    expect((answer as { code?: string } | undefined)?.code).toBe('ERR_SNAPSHOT_LOST');
    expect(server.sql(`select history from "${schema}".head`)).toBe(String(newest));
  });

  test('commits that share a wait for the disk are made again if the server has ended before they were on it', async () => {
    const server = await new PostgresServer(['fsync=on', 'wal_writer_delay=10s']).start();
    await installPostgres(server.address(), undefined);
    const engine = await open(server.address(), { flush: 'shared' });
    await commit(engine, put('a', '0'));
    const acknowledged: { tid: number; value: string }[] = [];
    let isDone = false;
    const writing = (async () => {
      for (let i = 0; i < 400 && !isDone; i++) {
        const value = String(i);
        try {
          const answer = await engine.commit(request(engine, put(`k${i}`, value)));
          if ('tid' in answer) acknowledged.push({ tid: answer.tid, value });
        } catch (error) {
          // What others have seen, and the server has lost, ends the engine.
          expect(['ERR_SNAPSHOT_LOST', 'ERR_OUTCOME_UNKNOWN']).toContain((error as { code: string }).code);
          return;
        }
      }
    })();
    for (let i = 0; i < 3; i++) {
      await sleep(100);
      await server.stop('immediate');
      await server.start();
    }
    isDone = true;
    await writing;
    const other = await open(server.address());
    const states = await loadAll(
      other,
      acknowledged.map(({ value }) => `k${value}`),
      other.processed(),
    );
    expect(states.map(({ tid, bytes }) => ({ tid, value: textOf(bytes) }))).toEqual(acknowledged);
    expect(acknowledged.length).toBeGreaterThan(0);
  });

  test('a standby that has come to follow another history while it was connected is not believed', async () => {
    const primary = await new PostgresServer(['wal_level=replica', 'max_wal_senders=4', 'fsync=on']).start();
    await installPostgres(primary.address(), undefined);
    const standby = await primary.standby([]);
    const engine = await open(primary.address(), { replicas: [standby.address()] });
    let tid = await commit(engine, put('a', 'common'));
    const reads = () =>
      Number(standby.sql('select coalesce(sum(seq_tup_read + idx_tup_fetch), 0) from pg_stat_user_tables'));
    await expect
      .poll(async () => {
        await loadAll(engine, ['a'], tid);
        return reads();
      })
      .toBeGreaterThan(0);
    // The standby gets no more of the primary, and becomes a primary with commits of its own; its connections stay.
    standby.sql(`alter system set primary_conninfo = ''`);
    standby.sql('select pg_reload_conf()');
    await expect.poll(() => standby.sql('select count(*) from pg_stat_wal_receiver')).toBe('0');
    for (let i = 0; i < 3; i++) tid = await commit(engine, put('a', `true ${i}`));
    await primary.stop('immediate');
    standby.run('pg_ctl', ['-D', standby.data, '-w', 'promote']);
    const other = await open(standby.address());
    for (let i = 0; i < 4; i++) await commit(other, put('a', `of another history ${i}`));
    const seen = new Set<string | undefined>();
    for (let i = 0; i < 3; i++) {
      const state = await Promise.race([loadAll(engine, ['a'], tid), sleep(300)]).catch(() => undefined);
      if (Array.isArray(state)) seen.add(textOf(state[0]?.bytes));
    }
    expect([...seen].filter((text) => text?.includes('another'))).toEqual([]);
  });
});
