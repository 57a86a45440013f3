import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { connect, type Store } from '../../lib/client/index.ts';
import { json, utf8 } from '../../lib/index.ts';
import { openStore } from '../../lib/objects/index.ts';
import { connectPostgres, installPostgres } from '../../lib/postgres/connect-postgres.ts';
import { parsePostgresAddress } from '../../lib/postgres/connection/postgres-address.ts';
import type { SqlConnection } from '../../lib/postgres/connection/sql-client.ts';
import { Turns } from '../../lib/postgres/turns/turns.ts';
import { WaitingChild } from '../support/child.ts';
import { rejection, temporaryFolder } from '../support/fixture.ts';
import { isLong } from '../support/long.ts';
import { hasPostgres, PostgresServer, postgresOfFile } from '../support/postgres.ts';
import { newStore } from './store.ts';

test('a turn that comes while its transaction is told to stop is given back at once, whichever is first', async () => {
  for (let steps = 0; steps < 20; steps++) {
    const run: string[] = [];
    const connection: SqlConnection = {
      query: async () => [[1]],
      run: async (text) => void run.push(text),
      listen: async () => {},
      onLost: () => {},
      end: () => {},
    };
    const abort = new AbortController();
    const abortAfter = async (): Promise<void> => {
      for (let i = 0; i < steps; i++) await undefined;
      abort.abort();
    };
    const statement = { name: '', text: '' } as never;
    const reach = async (): Promise<boolean> => {
      void abortAfter();
      return true;
    };
    const turns = new Turns({ dial: async () => connection, lock: statement, commit: statement, reach });
    const turn = await turns.take(abort.signal).catch(() => undefined);
    // What comes after the AbortError ends, too.
    for (let i = 0; i < 50; i++) await undefined;
    if (turn === undefined) expect([steps, run.at(-1)]).toEqual([steps, 'rollback']);
    else turn.end();
    turns.close();
  }
});

/** Transactions that meet conflicts again and again. */
describe.skipIf(!hasPostgres)('with a server', () => {
  const stores: Store[] = [];
  const children: WaitingChild[] = [];
  afterEach(async () => {
    for (const child of children.splice(0)) await child.kill();
    for (const store of stores.splice(0)) await store.close();
  });
  const open = async (address: string, options: object = {}): Promise<Store> => {
    const store = await connect(address, options);
    stores.push(store);
    return store;
  };
  const counts = (store: Store) => store.collection('counts', { key: utf8, value: json });
  const newest = async (store: Store): Promise<unknown> => {
    await store.sync();
    return counts(store).get('n');
  };

  /** Two stores, of which the first one has a transaction that is in its turn when `fn` is called. */
  async function pair(options: object = {}) {
    const address = await newStore();
    const [own, other] = [await open(address, options), await open(address)];
    await counts(other).put('n', 0);
    await own.sync();
    let runs = 0;
    const inTurn = (fn: () => unknown, more: object = {}): Promise<void> => {
      runs = 0;
      return own.transact(async (txn) => {
        const mine = txn.collection<string, number | string, string, number | string>('counts');
        await mine.get('n');
        if (++runs < 3) await counts(other).put('n', runs);
        else if (runs === 3) await fn();
        await mine.put('n', 'own');
      }, more);
    };
    const server = await postgresOfFile();
    const { schema } = parsePostgresAddress(address, undefined);
    const isLocked = (): boolean => {
      try {
        server.sql(`select from ${schema}.head for update nowait`);
        return false;
      } catch {
        return true;
      }
    };
    return { address, own, other, server, inTurn, isLocked, runs: () => runs };
  }

  test('19 connections that count one number each get on', async () => {
    const server = await new PostgresServer(['max_connections=200']).start();
    await installPostgres(server.address(), undefined);
    const counting = await Promise.all(Array.from({ length: 19 }, () => open(server.address())));
    const [first] = counting as [Store];
    await counts(first).put('n', 0);
    let mostRuns = 0;
    const count = async (store: Store): Promise<void> => {
      let runs = 0;
      await store.transact(async (txn) => {
        runs++;
        const mine = txn.collection<string, number, string, number>('counts');
        await mine.put('n', ((await mine.get('n')) as number) + 1);
      });
      mostRuns = Math.max(mostRuns, runs);
    };
    await Promise.all(
      counting.map(async (store) => {
        for (let i = 0; i < 5; i++) await count(store);
      }),
    );
    expect(await newest(first)).toBe(19 * 5);
    expect(mostRuns).toBeLessThanOrEqual(6);
  });

  const COUNT = `
    const { connect } = await import(library + '/dist/client.js');
    const store = await connect(args.address);
    store.collection('counts', { key: utf8, value: json });
    tell('ready');
    process.stdin.once('data', async () => {
      let mostRuns = 0;
      for (let i = 0; i < 20; i++) {
        let runs = 0;
        await store.transact(async (txn) => {
          runs++;
          const counts = txn.collection('counts');
          await counts.put('n', (await counts.get('n')) + 1);
        });
        mostRuns = Math.max(mostRuns, runs);
      }
      tell(mostRuns);
      await store.close();
      process.exit();
    });
  `;

  test('processes that count one number each get on', async () => {
    const server = await new PostgresServer(['max_connections=200']).start();
    await installPostgres(server.address(), undefined);
    const store = await open(server.address());
    await counts(store).put('n', 0);
    const count = isLong ? 19 : 4;
    for (let i = 0; i < count; i++) children.push(new WaitingChild(COUNT, { address: server.address() }));
    for (const child of children) expect(await child.next()).toBe('ready');
    for (const child of children) child.send('go');
    for (const child of children) expect(await child.next()).toBeLessThanOrEqual(6);
    expect(await newest(store)).toBe(count * 20);
  });

  test('transactions of one store that change one key each get on', async () => {
    const { own } = await pair();
    await Promise.all(
      Array.from({ length: 64 }, () =>
        own.transact(async (txn) => {
          const mine = txn.collection<string, number, string, number>('counts');
          await mine.put('n', ((await mine.get('n')) as number) + 1);
        }),
      ),
    );
    expect(await newest(own)).toBe(64);
  });

  test('one gets on beside somebody who commits without a pause, and never meets a conflict', async () => {
    const { own, other } = await pair();
    let isDone = false;
    const storm = (async () => {
      for (let i = 0; !isDone; i++) await counts(other).put('n', i);
    })();
    let runs = 0;
    await own.transact(async (txn) => {
      runs++;
      const mine = txn.collection<string, unknown, string, unknown>('counts');
      await mine.get('n');
      await sleep(20);
      await mine.put('n', 'own');
    });
    isDone = true;
    await storm;
    expect(runs).toBeLessThanOrEqual(6);
  });

  test.each([
    ['with no cache', () => ({})],
    ['with a cache', () => ({ cache: temporaryFolder() })],
  ])('%s, nobody else commits in a turn; they do when it has ended', async (_, options) => {
    const { inTurn, isLocked, other, own } = await pair(options());
    let put: Promise<unknown> | undefined;
    let isPut = false;
    await inTurn(async () => {
      expect(isLocked()).toBe(true);
      put = counts(other)
        .put('n', 'other')
        .finally(() => {
          isPut = true;
        });
      // A read waits for nobody.
      await other.sync();
      expect([await counts(other).get('n'), isPut]).toEqual([2, false]);
    });
    await put;
    expect([await newest(own), isLocked()]).toEqual(['other', false]);
  });

  test('a function that fails in its turn leaves nothing locked', async () => {
    const { inTurn, isLocked } = await pair();
    const failure = new Error('mine');
    expect(await rejection(inTurn(() => Promise.reject(failure)) as Promise<never>)).toBe(failure);
    await expect.poll(isLocked).toBe(false);
    const abort = new AbortController();
    const aborted = inTurn(() => abort.abort(), { signal: abort.signal });
    expect((await rejection(aborted)).name).toBe('AbortError');
    await expect.poll(isLocked).toBe(false);
  });

  test('one that writes nothing in its turn leaves nothing locked', async () => {
    const { own, other, isLocked } = await pair();
    let runs = 0;
    await own.transact(async (txn) => {
      const mine = txn.collection<string, number, string, number>('counts');
      await mine.get('n');
      if (++runs === 3) return;
      await counts(other).put('n', runs);
      await mine.put('n', 0);
    });
    await expect.poll(isLocked).toBe(false);
    expect([runs, await newest(own)]).toEqual([3, 2]);
  });

  test.each([
    ['the same store', 0],
    ['another one', 1],
  ])('who waits for a turn of %s can be told to stop, and the turn goes to the next one', async (_, waiting) => {
    const { isLocked, address } = await pair();
    const connected = { tls: undefined, timeout: 10_000, onState: () => {} };
    const engines = [
      await connectPostgres([address], {}, connected),
      await connectPostgres([address], {}, connected),
    ] as const;
    const other = engines[waiting] ?? engines[0];
    const [held, stopped, next] = [engines[0].turns(), other.turns(), other.turns()];
    await held.begin(3, undefined);
    expect([isLocked(), held.turn?.isNext]).toEqual([true, true]);
    const abort = new AbortController();
    const stop = rejection(stopped.begin(3, abort.signal) as Promise<never>);
    const begun = next.begin(3, undefined);
    abort.abort();
    expect((await stop).name).toBe('AbortError');
    held.end();
    await begun;
    expect([isLocked(), stopped.turn, next.turn?.isNext]).toEqual([true, undefined, true]);
    next.end();
    await expect.poll(isLocked).toBe(false);
    for (const engine of engines) await engine.close();
  });

  test('a function that waits in its turn for what somebody else commits gets that', async () => {
    const { inTurn, isLocked, other, own, runs } = await pair();
    await inTurn(() => counts(other).put('n', 'other'));
    expect([await newest(own), isLocked()]).toEqual(['own', false]);
    expect(runs()).toBeGreaterThan(3);
  });

  test('a function can make a collection, and commit something else, in its turn', async () => {
    const { inTurn, own } = await pair();
    await inTurn(async () => {
      await own.collection('new', { key: utf8, value: json }).put('a', 1);
    });
    expect([await newest(own), await own.collection('new').get('a')]).toEqual(['own', 1]);
  });

  test('a commit whose connection is lost in its turn is made once', async () => {
    const { inTurn, server, own } = await pair();
    await inTurn(() => {
      server.sql(`select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle in transaction'`);
    });
    expect(await newest(own)).toBe('own');
    await inTurn(() => {});
    expect(await newest(own)).toBe('own');
  });

  const HOLD = `
    const { connect } = await import(library + '/dist/client.js');
    const [own, other] = [await connect(args.address), await connect(args.address)];
    const counts = other.collection('counts', { key: utf8, value: json });
    let runs = 0;
    await own.transact(async (txn) => {
      const mine = txn.collection('counts');
      const count = await mine.get('n');
      if (++runs < 3) await counts.put('n', count + 1);
      else if (runs === 3) {
        tell('turn');
        // Nothing of this process goes on.
        waitForLine();
      }
      await mine.put('n', (await mine.get('n')) + 100);
    });
    tell('done');
    await own.close();
    await other.close();
    process.exit();
  `;

  test('a process that is stopped in its turn delays others, and then they go on', async () => {
    const { address, own } = await pair();
    const child = new WaitingChild(HOLD, { address });
    children.push(child);
    expect(await child.next()).toBe('turn');
    await own.transact(async (txn) => {
      const mine = txn.collection<string, number, string, number>('counts');
      await mine.put('n', ((await mine.get('n')) as number) + 10);
    });
    expect(await newest(own)).toBe(12);
    child.send('go on');
    expect(await child.next()).toBe('done');
    expect(await newest(own)).toBe(112);
  });

  test('one that is killed in its turn leaves nothing locked', async () => {
    const { address, own, isLocked } = await pair();
    const child = new WaitingChild(HOLD, { address });
    children.push(child);
    expect(await child.next()).toBe('turn');
    await child.kill();
    await expect.poll(isLocked).toBe(false);
    await counts(own).put('n', 'next');
    expect(await newest(own)).toBe('next');
  });

  test('transactions of objects take turns, too', async () => {
    const address = await newStore();
    const opened = await Promise.all(Array.from({ length: 8 }, () => open(address)));
    const views = await Promise.all(opened.map((store) => openStore(store)));
    const [first] = views as [(typeof views)[0]];
    await first.transact((store) => {
      store.root['count'] = 0;
    });
    await Promise.all(
      views.map(async (view) => {
        for (let i = 0; i < 5; i++) {
          await view.transact((store) => {
            store.root['count'] = (store.root['count'] as number) + 1;
          });
        }
      }),
    );
    await opened[0]?.sync();
    await first.transact((store) => expect(store.root['count']).toBe(40));
  });
});
