import { closeSync, openSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runChild, WaitingChild } from '../../support/child.ts';
import { deferred, hold, lockManager, program, rejection } from './support.ts';

/** Another program that has the same database open. */
function other(path: string): WaitingChild {
  return new WaitingChild(`${program} await serve(); env.close();`, { path });
}

/** Whether all threads of a process are stopped. */
function isStopped(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).every((thread) =>
    /\) T /.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')),
  );
}

describe('a lock that another process has', () => {
  test('is not to be had, whatever else is; is shown; and comes as soon as it is released', async () => {
    const { path, locks } = lockManager();
    const child = other(path);
    child.send('pid');
    const clientId = `${await child.next()}:0`;
    child.send('hold a');
    expect(await child.next()).toEqual(['held', 'a']);
    expect(await locks.request('a', { ifAvailable: true }, (lock) => lock)).toBe(null);
    expect(await locks.request('a', { ifAvailable: true, mode: 'shared' }, (lock) => lock)).toBe(null);
    expect(await locks.request('b', { ifAvailable: true }, (lock) => lock?.name)).toBe('b');
    const waits = locks.request('a', () => 'mine');
    const info = { name: 'a', mode: 'exclusive' };
    expect(await locks.query()).toEqual({
      held: [{ ...info, clientId }],
      pending: [{ ...info, clientId: `${process.pid}:0` }],
    });
    child.send('query');
    expect(await child.next()).toEqual(await locks.query());
    child.send('release a');
    expect(await waits).toBe('mine');
    expect(await child.next()).toEqual(['released', 'a']);
    await child.end();
  });

  test('is shared with this one, and lets an exclusive request of a third one come before later shared ones', async () => {
    const { path, locks } = lockManager();
    const [second, third] = [other(path), other(path)];
    const here = await hold(locks, 'a', 'shared');
    second.send('hold a shared');
    expect(await second.next()).toEqual(['held', 'a']);
    third.send('hold a');
    while ((await locks.query()).pending.length === 0) await new Promise(setImmediate);
    const order: string[] = [];
    const late = locks.request('a', { mode: 'shared' }, () => {
      order.push('late');
    });
    expect(await locks.request('a', { mode: 'shared', ifAvailable: true }, (lock) => lock)).toBe(null);
    here.release();
    await here.request;
    second.send('release a');
    expect(await third.next()).toEqual(['held', 'a']);
    expect(order).toEqual([]);
    third.send('release a');
    await late;
    await Promise.all([second.end(), third.end()]);
  });

  test('is given to each process in the order of the requests', async () => {
    const { path, locks } = lockManager();
    const children = [other(path), other(path), other(path)];
    const { release, request } = await hold(locks, 'a');
    for (const [i, child] of children.entries()) {
      child.send('hold a');
      while ((await locks.query()).pending.length <= i) await new Promise(setImmediate);
    }
    release();
    await request;
    // Asks again at once: all others come first.
    const again = locks.request('a', () => 'again');
    for (const child of children) {
      expect(await child.next()).toEqual(['held', 'a']);
      child.send('release a');
    }
    expect(await again).toBe('again');
    await Promise.all(children.map((child) => child.end()));
  });

  test('can be stolen: the request there is rejected, and its function goes on', async () => {
    const { path, locks } = lockManager();
    const [first, second] = [other(path), other(path)];
    first.send('hold a shared');
    second.send('hold a shared');
    expect([await first.next(), await second.next()]).toEqual([
      ['held', 'a'],
      ['held', 'a'],
    ]);
    const stolen = await locks.request('a', { steal: true }, async () => (await locks.query()).held.length);
    expect(stolen).toBe(1);
    expect([await first.next(), await second.next()]).toEqual([
      ['AbortError', 'a'],
      ['AbortError', 'a'],
    ]);
    // The other way round, out of this process.
    const here = await hold(locks, 'a');
    first.send('steal a');
    expect(await first.next()).toEqual(['stolen', 'a']);
    expect(await rejection(here.request)).toBe('AbortError ABORT_ERR');
    await Promise.all([first.end(), second.end()]);
  });

  test.each(['hold a', 'hold a shared'])('is free once that process was killed (%s)', async (command) => {
    const { path, locks } = lockManager();
    const child = other(path);
    child.send(command);
    expect(await child.next()).toEqual(['held', 'a']);
    const waits = locks.request('a', () => 'mine');
    await child.kill();
    expect(await waits).toBe('mine');
    expect(await locks.query()).toEqual({ held: [], pending: [] });
  });

  test('passes by a process that was killed while it waited', async () => {
    const { path, locks } = lockManager();
    const child = other(path);
    const { release } = await hold(locks, 'a');
    child.send('hold a');
    while ((await locks.query()).pending.length === 0) await new Promise(setImmediate);
    const waits = locks.request('a', () => 'mine');
    await child.kill();
    expect((await locks.query()).pending.length).toBe(1);
    release();
    expect(await waits).toBe('mine');
    expect(await locks.request('a', { ifAvailable: true }, (lock) => lock?.name)).toBe('a');
  });

  test('passes by a process that is stopped when its turn comes', async () => {
    const { path, locks } = lockManager();
    const child = other(path);
    child.send('pid');
    const pid = (await child.next()) as number;
    const { release } = await hold(locks, 'a');
    child.send('hold a');
    while ((await locks.query()).pending.length === 0) await new Promise(setImmediate);
    const waits = locks.request('a', () => 'mine');
    process.kill(pid, 'SIGSTOP');
    // Its threads stop one after the other: one that still ran could take the lock.
    while (!isStopped(pid)) await new Promise(setImmediate);
    release();
    expect(await waits).toBe('mine');
    process.kill(pid, 'SIGCONT');
    expect(await child.next()).toEqual(['held', 'a']);
    await child.kill();
  });

  test('is free once that process has ended in an ordinary way, also without closing anything', async () => {
    const { path, locks } = lockManager();
    const ends = runChild(
      `${program} locks.request('a', () => new Promise(() => {})); tell((await locks.query()).held.length);`,
      { path },
    );
    // A lock that is held keeps no process running.
    expect(ends).toMatchObject({ status: 0, told: [1] });
    expect(await locks.request('a', { ifAvailable: true }, (lock) => lock?.name)).toBe('a');
  });

  test('keeps a process running that waits for it', async () => {
    const { path, locks } = lockManager();
    const { release } = await hold(locks, 'a');
    const child = new WaitingChild(`${program} locks.request('a', () => tell('granted')); tell('asked');`, { path });
    expect(await child.next()).toBe('asked');
    while ((await locks.query()).pending.length === 0) await new Promise(setImmediate);
    release();
    expect(await child.next()).toBe('granted');
    await child.end();
  });

  test('stays taken when files are opened and closed, when programs are started, and when named.lock is deleted', async () => {
    const { path, locks } = lockManager();
    const gate = deferred();
    const request = locks.request('a', async () => {
      closeSync(openSync(join(path, 'lock.mdb'), 'r+'));
      readFileSync(join(path, 'named.lock'));
      const taken = `${program} await locks.request('a', { ifAvailable: true }, (lock) => tell(lock === null)); env.close();`;
      expect(runChild(taken, { path })).toMatchObject({ status: 0, told: [true] });
      rmSync(join(path, 'named.lock'));
      expect(runChild(taken, { path })).toMatchObject({ status: 0, told: [true] });
      await gate.promise;
    });
    gate.resolve();
    await request;
  });
});

describe('named.lock', () => {
  test('of something else is refused, and so is one that this user may not write', async () => {
    const { path, locks } = lockManager();
    writeFileSync(join(path, 'named.lock'), Buffer.alloc(70_000, 'x'));
    expect(await rejection(locks.request('a', () => {}))).toBe('LeaseholdError MDB_VERSION_MISMATCH');
    rmSync(join(path, 'named.lock'));
    writeFileSync(join(path, 'named.lock'), '', { mode: 0o400 });
    const source = `${program} await locks.request('a', () => tell('granted')).catch((error) => tell(error.code)); env.close();`;
    const { told } = runChild(`process.umask(0); ${source}`, { path });
    expect(told).toEqual(['granted']);
    truncateSync(join(path, 'named.lock'), 0);
    expect(await locks.request('a', () => 'granted')).toBe('granted');
  });

  test('grows with the requests, and its rows are used again', async () => {
    const { path, locks } = lockManager();
    const child = other(path);
    child.send('hold a');
    await child.next();
    const controller = new AbortController();
    const waiting = Array.from({ length: 2000 }, (_, i) =>
      rejection(
        locks.request(i % 2 === 0 ? 'a' : `name ${i}`, { signal: controller.signal }, () => new Promise(() => {})),
      ),
    );
    expect((await locks.query()).pending.length).toBe(1000);
    child.send('query');
    expect(((await child.next()) as { held: unknown[] }).held.length).toBe(1001);
    controller.abort();
    await Promise.race(waiting);
    expect((await locks.query()).pending.length).toBe(0);
    const size = readFileSync(join(path, 'named.lock')).length;
    for (let i = 0; i < 2000; i++) await locks.request('b', () => {});
    expect(readFileSync(join(path, 'named.lock')).length).toBe(size);
    await child.end();
  });
});
