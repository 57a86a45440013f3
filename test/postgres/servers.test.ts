import { randomBytes } from 'node:crypto';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { connect, type Store } from '../../lib/client/index.ts';
import { json, utf8 } from '../../lib/index.ts';
import { connectPostgres, installPostgres } from '../../lib/postgres/connect-postgres.ts';
import { rejection, temporaryFolder } from '../support/fixture.ts';
import { hasPostgres, PostgresServer, postgresOfFile } from '../support/postgres.ts';
import { newStore } from './store.ts';

/** Servers that are not there, go away, come back, fall behind, or come back with another history. */
describe.skipIf(!hasPostgres)('with servers', () => {
  const stores: Store[] = [];
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
  });
  const open = async (address: string | string[], options: object = {}): Promise<Store> => {
    const store = await connect(address, options);
    stores.push(store);
    return store;
  };
  const words = (store: Store) => store.collection('words', { key: utf8, value: json });

  test('a store must be installed, and is installed once, by however many', async () => {
    const server = await postgresOfFile();
    const address = `${server.address()}&schema=new_${randomBytes(4).toString('hex')}`;
    const error = await rejection(connect(address));
    expect([error.code, error.message]).toEqual(['ERR_STORE_NOT_INSTALLED', expect.stringContaining('store install')]);
    server.sql('drop role if exists stranger; create role stranger login');
    const forbidden = await rejection(installPostgres(address.replace('leasehold@', 'stranger@'), undefined));
    expect([forbidden.code, forbidden.message]).toEqual(['ERR_FORBIDDEN', expect.stringContaining('docs/postgres.md')]);
    const made = await Promise.all(Array.from({ length: 5 }, () => installPostgres(address, undefined)));
    expect(made.filter(Boolean)).toHaveLength(1);
    await words(await open(address)).put('a', 1);
    expect(await installPostgres(address, undefined)).toBe(false);
    expect(await words(await open(address)).get('a')).toBe(1);
  });

  test.each([
    ['no server', (address: string) => address.replace('host=', 'host=%2Fnowhere'), 'ERR_DISCONNECTED'],
    ['no database', (address: string) => address.replace('/postgres?', '/other?'), 'ERR_DATABASE'],
    ['no such user', (address: string) => address.replace('leasehold@', 'nobody@'), 'ERR_FORBIDDEN'],
  ])('%s is said', async (_, change, code) => {
    const address = change(await newStore());
    expect((await rejection(connect(address))).code).toBe(code);
  });

  test('addresses that make no sense are refused, and never show a password', async () => {
    expect((await rejection(connect('postgres://a:secret@[/shop'))).message).not.toContain('secret');
    expect((await rejection(connect(['postgres://a/b', 'tcp://a:1']))).code).toBe('ERR_INVALID_ARG_VALUE');
    expect((await rejection(connect(['postgres://a/b?schema=x', 'postgres://c/b']))).code).toBe(
      'ERR_INVALID_ARG_VALUE',
    );
    expect((await rejection(connect('postgres://a/b', { flush: 'never' } as never))).code).toBe(
      'ERR_INVALID_ARG_VALUE',
    );
    for (const elsewhere of ['tcp://127.0.0.1:1', 'file:./shop']) {
      const useless = await rejection(connect(elsewhere, { flush: 'shared' }));
      expect([useless.code, useless.message]).toEqual(['ERR_INVALID_ARG_VALUE', expect.stringContaining('flush')]);
    }
    const misspelt = await rejection(connect('postgres://a/b?sslmode=require&shema=shop'));
    expect([misspelt.code, misspelt.message]).toEqual(['ERR_INVALID_ARG_VALUE', expect.stringContaining("'shema'")]);
    expect((await rejection(connect('postgres://a/b', { replicas: [1] } as never))).code).toBe('ERR_INVALID_ARG_TYPE');
    const replicas = ['tcp://a:secret@b'];
    const refused = await rejection(connect('postgres://a/b', { replicas }));
    expect([refused.code, refused.message.includes('secret')]).toEqual(['ERR_INVALID_ARG_VALUE', false]);
    const error = await rejection(connect('postgres://a:secret@127.0.0.1:1/b'));
    expect([error.code, error.message.includes('secret')]).toEqual(['ERR_DISCONNECTED', false]);
  });

  test('a server that stops and starts again is a pause: reads and commits wait, and each commit is made once', async () => {
    const server = await new PostgresServer(['fsync=on']).start();
    const address = server.address();
    await installPostgres(address, undefined);
    const store = await open(address);
    const states: string[] = [];
    store.on('state', (state) => void states.push(state));
    await words(store).put('n', 0);
    const other = await open(address);
    let isDone = false;
    const counting = (async () => {
      for (let i = 0; i < 60; i++) {
        await store.transact(async (txn) => {
          const n = (await txn.collection('words').get('n')) as number;
          await txn.collection('words').put('n', n + 1);
        });
      }
      isDone = true;
    })();
    await sleep(50);
    await server.stop('immediate');
    await sleep(50);
    await server.start();
    await counting;
    expect(isDone).toBe(true);
    await other.sync();
    expect(await words(other).get('n')).toBe(60);
    expect(states[0]).toBe('disconnected');
    await expect.poll(() => states.at(-1)).toBe('connected');
  });

  test('connections that are terminated at random are made again', async () => {
    const server = await postgresOfFile();
    const store = await open(await newStore());
    const some = `from pg_stat_activity where application_name = 'leasehold' and random() < 0.3`;
    for (let i = 0; i < 40; i++) {
      if (i % 4 === 0) server.sql(`select pg_terminate_backend(pid) ${some}`);
      await words(store).put('n', i);
      expect(await words(store).get('n')).toBe(i);
    }
  });

  test('a connection that ends while much is asked is ended once', async () => {
    const server = await postgresOfFile();
    const store = await open(await newStore());
    await words(store).put('a', 1);
    const warnings: string[] = [];
    const note = (warning: Error): void => void warnings.push(warning.message);
    process.on('warning', note);
    try {
      const asked = Array.from({ length: 40 }, (_, i) => words(store).get(`k${i}`));
      server.sql(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'leasehold'`);
      await Promise.all(asked);
      // Warnings come a moment later.
      await sleep(0);
    } finally {
      process.off('warning', note);
    }
    expect(warnings).toEqual([]);
  });

  test('a store that was restored from an older copy ends its clients, and a cache drops what it has', async () => {
    const server = await new PostgresServer().start();
    const address = server.address();
    await installPostgres(address, undefined);
    const cache = temporaryFolder();
    const first = await open(address, { cache });
    await words(first).put('a', 'old');
    await server.stop('fast');
    const copy = join(server.folder, 'copy');
    cpSync(server.data, copy, { recursive: true, preserveTimestamps: true });
    await server.start();
    await words(first).put('a', 'lost');
    expect(await words(first).get('a')).toBe('lost');
    await server.stop('fast');
    rmSync(server.data, { recursive: true });
    server.restore(copy);
    await server.start();
    const error = await rejection(untilItFails(() => words(first).get('a')));
    expect([error.code, error.message]).toEqual(['ERR_SNAPSHOT_LOST', expect.stringContaining('another history')]);
    const second = await open(address, { cache });
    expect(await words(second).get('a')).toBe('old');
    await words(second).put('a', 'new');
    expect(await words(second).get('a')).toBe('new');
  });

  test('a primary that was restored from an older copy ends its clients, although a standby still has what was lost', async () => {
    const primary = await new PostgresServer(['wal_level=replica', 'max_wal_senders=4']).start();
    await installPostgres(primary.address(), undefined);
    const standby = await primary.standby([]);
    const copy = primary.copy();
    const store = await open([primary.address(), standby.address()]);
    await words(store).put('a', 'lost');
    await expect.poll(() => standby.sql('select tid from leasehold.head')).toBe(String(store.tid));
    await primary.stop('fast');
    await expect.poll(() => store.readOnly).toBe(true);
    expect(await words(store).get('a')).toBe('lost');
    primary.moveAway();
    primary.restore(copy);
    await primary.start();
    expect((await rejection(untilItFails(() => words(store).get('a')))).code).toBe('ERR_SNAPSHOT_LOST');
    expect((await rejection(words(store).put('a', 'new'))).code).toBe('ERR_SNAPSHOT_LOST');
    expect(await words(await open([primary.address(), standby.address()])).get('a')).toBeUndefined();
  });

  test('a standby is read from if it is not behind; a promoted one goes on with the history', async () => {
    const primary = await new PostgresServer(['wal_level=replica', 'max_wal_senders=4']).start();
    await installPostgres(primary.address(), undefined);
    const standby = await primary.standby([]);
    const addresses = [primary.address(), standby.address()];
    const store = await open(addresses, { replicas: [standby.address()] });
    await words(store).put('a', 1);
    expect(await words(store).get('a')).toBe(1);
    await expect
      .poll(async () => {
        await words(store).get('a');
        return (
          Number(standby.sql('select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) from pg_stat_user_tables')) > 0
        );
      })
      .toBe(true);
    const only = await connectPostgres([standby.address()], {}, { tls: undefined, timeout: 1000, onState: () => {} });
    expect(only.isReadOnly).toBe(true);
    await only.close();
    const reading = await open(standby.address(), { timeout: 2000 });
    expect(reading.readOnly).toBe(true);
    expect((await rejection(words(reading).put('b', 1))).code).toBe('ERR_READ_ONLY');
    await primary.stop('fast');
    expect(await words(store).get('a')).toBe(1);
    await expect.poll(() => store.readOnly, { timeout: 10_000 }).toBe(true);
    await primary.start();
    await expect.poll(() => store.readOnly, { timeout: 10_000 }).toBe(false);
    await words(store).put('a', 3);
    await expect.poll(() => words(reading).get('a'), { timeout: 10_000 }).toBe(3);
    await primary.stop('fast');
    standby.run('pg_ctl', ['-D', standby.data, '-w', 'promote']);
    await words(store).put('a', 2);
    expect(await words(store).get('a')).toBe(2);
    await expect.poll(() => reading.readOnly).toBe(false);
    await words(reading).put('b', 2);
    expect(await words(reading).get('a')).toBe(2);
  });

  test('what was committed is seen after a sync, also while a standby is asked: it may be behind', async () => {
    const primary = await new PostgresServer(['wal_level=replica', 'max_wal_senders=4']).start();
    await installPostgres(primary.address(), undefined);
    const standby = await primary.standby([]);
    const store = await open([primary.address(), standby.address()]);
    await words(store).put('a', 0);
    await expect.poll(() => standby.sql('select tid from leasehold.head')).toBe(String(store.tid));
    standby.sql('select pg_wal_replay_pause()');
    for (let i = 1; i <= 3; i++) {
      await primary.stop('fast');
      await expect.poll(() => store.readOnly).toBe(true);
      expect((await rejection(store.snapshot({ sync: true }))).code).toBe('ERR_READ_ONLY');
      expect(await words(store).get('a')).toBe(0);
      await primary.start();
      const other = await connect(primary.address());
      await words(other).put('b', i);
      await other.close();
      await store.sync();
      expect(await words(store).get('b')).toBe(i);
      // Otherwise the standby would not be asked the next time.
      standby.sql('select pg_wal_replay_resume()');
      await expect.poll(() => standby.sql('select tid from leasehold.head')).toBe(String(store.tid));
      standby.sql('select pg_wal_replay_pause()');
    }
  });

  test('a standby that is behind gives nothing that is old', async () => {
    const primary = await new PostgresServer(['wal_level=replica', 'max_wal_senders=4']).start();
    await installPostgres(primary.address(), undefined);
    const behind = await primary.standby(['recovery_min_apply_delay=1h']);
    const store = await open(primary.address(), { replicas: [behind.address()] });
    for (let i = 0; i < 20; i++) {
      await words(store).put('a', i);
      expect(await words(store).get('a')).toBe(i);
    }
  });
});

async function untilItFails(fn: () => Promise<unknown>): Promise<never> {
  for (;;) {
    await fn();
    await sleep(20);
  }
}
