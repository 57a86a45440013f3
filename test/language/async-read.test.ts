import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { uint32, utf8 } from '../../lib/index.ts';
import { openTemporary, thrown } from '../support/fixture.ts';

const env = openTemporary();
const accounts = env.collection('accounts', { key: utf8, value: uint32 });

/** In every version the sum is 100. */
function move(amount: number): void {
  env.write(() => {
    accounts.put('debit', 100 - amount);
    accounts.put('credit', amount);
  });
}
beforeEach(() => move(0));

describe('env.read(async fn)', () => {
  test('calls after an await that name no transaction belong to it', async () => {
    const sum = env.read(async () => {
      const debit = accounts.get('debit') as number;
      await turn();
      const entries = accounts.range().toArray().length;
      expect([entries, accounts.has('credit'), accounts.count()]).toEqual([2, true, 2]);
      return debit + (accounts.get('credit') as number);
    });
    move(40);
    expect(accounts.get('credit')).toBe(40);
    expect(await sum).toBe(100);
  });

  test('many at once keep apart, each with its own version', async () => {
    const sums: Promise<number>[] = [];
    for (let i = 0; i < 20; i++) {
      move(i);
      sums.push(
        env.read(async (txn) => {
          await turn();
          const credit = accounts.get('credit') as number;
          await Promise.all([turn(), turn()]);
          expect(accounts.get('credit', txn)).toBe(credit);
          expect(credit).toBe(i);
          return (accounts.get('debit') as number) + credit;
        }),
      );
    }
    expect(await Promise.all(sums)).toEqual(sums.map(() => 100));
  });

  test('a write in it, and what is read inside that, is the newest version', async () => {
    await env.read(async () => {
      await turn();
      move(10);
      expect(accounts.get('credit')).toBe(0);
      expect(env.write(() => accounts.get('credit'))).toBe(10);
      expect(env.read(() => accounts.get('credit'))).toBe(10);
      await env.read(async () => {
        await turn();
        expect(accounts.get('credit')).toBe(10);
      });
      expect(accounts.get('credit')).toBe(0);
    });
  });

  test('another environment is not concerned', async () => {
    const other = openTemporary();
    const items = other.collection('items', { key: utf8, value: uint32 });
    items.put('a', 1);
    await env.read(async () => {
      await turn();
      items.put('a', 2);
      expect(items.get('a')).toBe(2);
      await other.read(async () => {
        items.put('a', 3);
        await turn();
        expect([items.get('a'), accounts.get('credit')]).toEqual([2, 0]);
      });
    });
  });

  test('what it has started and not awaited throws once the transaction has ended', async () => {
    let late: Promise<unknown> | undefined;
    await env.read(async () => {
      late = turn()
        .then(turn)
        .then(() => accounts.get('credit'));
    });
    await expect(late).rejects.toMatchObject({ code: 'ERR_TXN_ENDED', path: env.path });
    await expect(late).rejects.toThrow('name a transaction');
    expect(accounts.get('credit')).toBe(0);
  });

  test('after a throw too, which passes on', async () => {
    let late: Promise<unknown> | undefined;
    const failed = env.read(async () => {
      await turn();
      late = turn()
        .then(turn)
        .then(() => accounts.get('credit'));
      throw new Error('mine');
    });
    await expect(failed).rejects.toThrow('mine');
    await expect(late).rejects.toMatchObject({ code: 'ERR_TXN_ENDED' });
  });

  test('what a synchronous function has started is no part of it', async () => {
    const late = env.read(() => ({ promise: turn().then(() => accounts.get('credit')) }));
    move(7);
    expect(await late.promise).toBe(7);
  });

  test('a program gets at nothing through the storage: neither by patching it nor by its symbols', async () => {
    const { AsyncLocalStorage, executionAsyncResource } = await import('node:async_hooks');
    const seen: unknown[] = [];
    const { run, getStore } = AsyncLocalStorage.prototype;
    AsyncLocalStorage.prototype.run = function (this: never, ...args: never[]) {
      seen.push(args[0]);
      return (run as unknown as (...all: never[]) => never).apply(this, args);
    };
    AsyncLocalStorage.prototype.getStore = function (this: never) {
      const store = getStore.apply(this);
      seen.push(store);
      return store;
    } as never;
    try {
      await env.read(async () => {
        await turn();
        accounts.get('credit');
        const resource = executionAsyncResource() as Record<symbol, unknown>;
        for (const name of Object.getOwnPropertySymbols(resource)) seen.push(resource[name]);
      });
    } finally {
      AsyncLocalStorage.prototype.run = run;
      AsyncLocalStorage.prototype.getStore = getStore;
    }
    for (const item of seen) {
      if (typeof item !== 'object' || item === null) continue;
      expect(Reflect.ownKeys(item).filter((key) => typeof key === 'string')).toEqual([]);
      expect(Object.getPrototypeOf(item)).not.toBe(env);
    }
  });
});

test('env.write(async fn) is refused before it is called, so that nothing of it is committed', async () => {
  const called = vi.fn();
  const refused = async () => {
    called();
    await turn();
    accounts.put('debit', 1);
  };
  const error = thrown(() => env.write(refused));
  expect([error.code, error.path]).toEqual(['ERR_ASYNC_CALLBACK', env.path]);
  await turn();
  await turn();
  expect([called.mock.calls.length, accounts.get('debit')]).toEqual([0, 100]);
});
