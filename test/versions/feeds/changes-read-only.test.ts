import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Commit, type Feed, type KeysChanged, uint32, utf8 } from '../../../lib/index.ts';
import { askChild, WaitingChild } from '../../support/child.ts';
import { codeOf, openAt, rejection, temporaryFolder } from '../../support/fixture.ts';

/** Feeds of environments that may not write: what waits in them, and what other processes commit. */

const codecs = { key: uint32, value: utf8 } as const;

/** A program that opens the database, and does what each line of its input says. */
const writer = `
  const { createInterface } = await import('node:readline');
  const env = open(args.path, { durability: 'nosync', changes: { count: 10 } });
  const versioned = { key: uint32, value: utf8, versions: true };
  env.collection('plain', { key: uint32, value: utf8 });
  tell('ready');
  for await (const line of createInterface(process.stdin)) {
    const [name, from, to] = line.split(' ');
    const items = env.collection(name, name === 'plain' ? undefined : versioned);
    for (let i = Number(from); i <= Number(to); i++) items.put(i, 'x');
    tell('done');
  }
  env.close();`;

async function take(feed: Feed<Commit>, count: number): Promise<unknown[]> {
  const found: unknown[] = [];
  for (let i = 0; i < count; i++) {
    const { tid, changes } = (await feed.next()).value as Commit;
    found.push([tid, changes[0]?.collection, changes[0]?.keys]);
  }
  return found;
}

describe('an environment with readOnly', () => {
  test('is told the commits of another process, from the first one of a database on', async () => {
    const path = temporaryFolder();
    const child = new WaitingChild(writer, { path });
    await child.next();
    const env = openAt(path, { readOnly: true });
    expect([env.storeId, env.read(({ tid }) => tid)]).toEqual([undefined, 0]);
    const feed = env.changes();
    const first = take(feed, 1);
    await new Promise(setImmediate);
    child.send('plain 1 3');
    await child.next();
    child.send('items 7 7');
    expect(await first).toEqual([[1, 'items', [7]]]);
    await child.next();
    expect(env.storeId).toMatch(/^[0-9a-f]{32}$/);

    const items = env.collection('items', codecs);
    const watched = items.watch({ gte: 100 });
    const next = take(feed, 2);
    const event = watched.next();
    await new Promise(setImmediate);
    child.send('items 99 100');
    expect(await next).toEqual([
      [2, 'items', [99]],
      [3, 'items', [100]],
    ]);
    expect((await event).value as KeysChanged<number>).toMatchObject({ tid: 3, keys: [100] });
    expect([items.version(100), env.read(({ tid }) => tid)]).toEqual([3, 3]);
    await child.next();

    child.send('items 1 100');
    await child.next();
    expect(await rejection(env.changes({ after: 3 }).next())).toMatchObject({ code: 'ERR_TOO_OLD' });
    const waits = rejection(env.changes().next());
    env.close();
    expect(await waits).toMatchObject({ code: 'ERR_ENV_CLOSED' });
    await child.end();
  });

  test('refuses what writes', async () => {
    const path = temporaryFolder();
    const writing = openAt(path);
    writing.collection('items', { ...codecs, versions: true, expires: true }).put(1, 'x');
    writing.close();
    const env = openAt(path, { readOnly: true });
    const items = env.collection('items', codecs);
    for (const call of [
      () => items.putIf(1, 'y', 1),
      () => items.delIf(1, 1),
      () => items.putUntil(1, 'y', Date.now()),
      () => items.update(1, () => 'y'),
    ]) {
      expect(codeOf(call), String(call)).toBe('ERR_READ_ONLY');
    }
    expect(await rejection(env.sweep())).toMatchObject({ code: 'ERR_READ_ONLY' });
    expect(await rejection(env.transact(() => items.put(1, 'y')))).toMatchObject({ code: 'ERR_READ_ONLY' });
    expect(items.get(1)).toBe('x');
  });
});

describe('an environment with lock: false', () => {
  function stored(): string {
    const env = openAt(temporaryFolder());
    const items = env.collection('items', { ...codecs, versions: true });
    for (let i = 1; i <= 3; i++) items.put(i, 'x');
    env.close();
    rmSync(join(env.path, 'lock.mdb'));
    return env.path;
  }

  test('has the commits that the log has, and then waits until it is closed or aborted', async () => {
    const env = openAt(stored(), { readOnly: true, lock: false });
    expect(await take(env.changes({ after: 1 }), 2)).toEqual([
      [2, 'items', [2]],
      [3, 'items', [3]],
    ]);
    const controller = new AbortController();
    const aborted = rejection(env.changes({ signal: controller.signal }).next());
    const waits = rejection(env.collection('items', codecs).watch().next());
    await new Promise(setImmediate);
    controller.abort();
    expect(await aborted).toMatchObject({ code: 'ABORT_ERR' });
    env.close();
    expect(await waits).toMatchObject({ code: 'ERR_ENV_CLOSED' });
  });

  test('rejects with ERR_BUSY once somebody has written, also while it waits', async () => {
    const path = stored();
    const env = openAt(path, { readOnly: true, lock: false });
    const waits = rejection(env.changes().next());
    await new Promise(setImmediate);
    askChild(
      `const env = open(args.path);
       env.collection('items').put(1, 'changed');
       env.close();
       tell(null);`,
      { path },
    );
    expect(await waits).toMatchObject({ code: 'ERR_BUSY' });
    expect(await rejection(env.changes({ after: 0 }).next())).toMatchObject({ code: 'ERR_BUSY' });
    expect(codeOf(() => env.changes())).toBe('ERR_BUSY');
  });
});
