import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, test } from 'vitest';
import { LockManager } from '../../../lib/objects/index.ts';
import { runChild } from '../../support/child.ts';
import { openAt } from '../../support/fixture.ts';
import { deferred, hold, lockManager, program, rejection } from './support.ts';

describe('closing an environment', () => {
  test('rejects the requests of its handle that wait or have a lock, and frees the locks for other handles', async () => {
    const { path, env, locks } = lockManager();
    const others = new LockManager(openAt(path));
    const { request } = await hold(locks, 'a');
    const waits = locks.request('a', () => expect.unreachable());
    const elsewhere = others.request('a', () => 'mine');
    env.close();
    expect(await rejection(request)).toBe('LeaseholdError ERR_ENV_CLOSED');
    expect(await rejection(waits)).toBe('LeaseholdError ERR_ENV_CLOSED');
    expect(await elsewhere).toBe('mine');
    expect(await rejection(locks.request('a', () => {}))).toBe('LeaseholdError ERR_ENV_CLOSED');
    expect(await rejection(locks.query())).toBe('LeaseholdError ERR_ENV_CLOSED');
    expect(await others.query()).toEqual({ held: [], pending: [] });
  });

  test('in the function that has the lock leaves nothing behind', async () => {
    const { path, env, locks } = lockManager();
    const gate = deferred();
    const request = locks.request('a', async () => {
      env.close();
      await gate.promise;
    });
    expect(await rejection(request)).toBe('LeaseholdError ERR_ENV_CLOSED');
    gate.resolve();
    const again = new LockManager(openAt(path));
    expect(await again.request('a', { ifAvailable: true }, (lock) => lock?.name)).toBe('a');
  });

  test('leaves locks of the same name in another database alone', async () => {
    const [first, second] = [lockManager(), lockManager()];
    await hold(first.locks, 'a');
    const { release, request } = await hold(second.locks, 'a');
    first.env.close();
    expect(await second.locks.request('a', { ifAvailable: true }, (lock) => lock)).toBe(null);
    release();
    await request;
  });
});

describe('locks', () => {
  test('are there in a database that is open read-only, and not with lock: false', async () => {
    const { path, env } = lockManager();
    env.close();
    const readOnly = openAt(path, { readOnly: true });
    expect(await new LockManager(readOnly).request('a', ({ name }) => name)).toBe('a');
    readOnly.close();
    const unlocked = new LockManager(openAt(path, { readOnly: true, lock: false }));
    expect(await rejection(unlocked.request('a', () => {}))).toBe('LeaseholdError ERR_INVALID_ARG_VALUE');
  });

  test('are not those of a copy', async () => {
    const { env, locks } = lockManager();
    const { path } = lockManager();
    await hold(locks, 'a');
    await env.copy(`${path}/copy`);
    const copied = new LockManager(openAt(`${path}/copy`));
    expect(await copied.request('a', { ifAvailable: true }, (lock) => lock?.name)).toBe('a');
  });

  test('can be requested in a function that has another one, and in write transactions', async () => {
    const { env, locks } = lockManager();
    const nested = await locks.request('a', () => locks.request('b', ({ name }) => name));
    expect(nested).toBe('b');
    const inside = env.write(() => ({ request: locks.request('a', () => 'done') }));
    expect(await inside.request).toBe('done');
  });

  test('run their function in the async context of the request, also if it had to wait', async () => {
    const { locks } = lockManager();
    const storage = new AsyncLocalStorage<string>();
    const { release } = await hold(locks, 'a');
    const waits = storage.run('mine', () => locks.request('a', () => storage.getStore()));
    const other = storage.run('other', () => locks.request('b', () => storage.getStore()));
    release();
    expect([await waits, await other]).toEqual(['mine', 'other']);
  });

  test('are not released by the collector', async () => {
    const { told, status } = runChild(
      `${program}
      // Nobody but the lock refers to this handle.
      (() => { const lost = open(args.path); new LockManager(lost).request('a', () => new Promise(() => {})); })();
      for (let i = 0; i < 10; i++) { globalThis.gc(); await new Promise((done) => setTimeout(done, 1)); }
      await locks.request('a', { ifAvailable: true }, (lock) => tell(lock));`,
      { path: lockManager().path },
      { execArgv: ['--expose-gc'] },
    );
    expect({ told, status }).toEqual({ told: [null], status: 0 });
  });

  test('need an Environment', () => {
    for (const given of [undefined, null, {}, 'x', Object.create(LockManager.prototype)]) {
      expect(() => new LockManager(given as never)).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }) as Error,
      );
    }
  });
});
