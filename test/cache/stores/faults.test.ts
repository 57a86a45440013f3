import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FolderStore } from '../../../lib/cache/stores/folder-store.ts';
import { GuardedStore } from '../../../lib/cache/stores/guarded-store.ts';
import { MemcachedStore } from '../../../lib/cache/stores/memcached-store.ts';
import { RedisStore } from '../../../lib/cache/stores/redis-store.ts';
import type { SharedStore } from '../../../lib/cache/stores/shared-store.ts';
import { temporaryFolder } from '../../support/fixture.ts';
import { answering } from './fake-server.ts';
import { hasMemcached, hasRedis, startMemcached, startRedis } from './servers.ts';

const TIMEOUT = 10_000;
const of = (value: string): Uint8Array => Buffer.from(value);
const text = (bytes: Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes).toString();

/** What a server answers with, and why that is wrong. The second request of each connection is never answered. */
const WRONG_OF_MEMCACHED: readonly (readonly [string, string])[] = [
  ['something else', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
  ['an item without an end', 'VALUE a 0 3\r\nabcEND\r\n'],
  ['an item of a length that is none', 'VALUE a 0 -3\r\n\r\nEND\r\n'],
  ['an item that is too long', 'VALUE a 0 999999999\r\n'],
  ['a line without an end', 'x'.repeat(5000)],
  ['an answer to another command', 'STORED\r\n'],
  ['an error', 'ERROR\r\n'],
  ['more than was asked', 'END\r\nEND\r\n'],
];
const WRONG_OF_REDIS: readonly (readonly [string, string])[] = [
  ['something else', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
  ['bytes without an end', '$3\r\nabcd\r\n'],
  ['bytes of a length that is none', '$x\r\n'],
  ['bytes that are too long', '$999999999\r\n'],
  ['a list that is too long', '*999999999\r\n'],
  ['lists in lists in lists', '*1\r\n*1\r\n*1\r\n$1\r\na\r\n'],
  ['a line without an end', `+${'x'.repeat(5000)}`],
  ['an answer to another command', ':1\r\n'],
  ['an error', '-WRONGTYPE it is a list\r\n'],
  ['more than was asked', '*1\r\n$-1\r\n$1\r\na\r\n'],
];

describe.each([
  {
    name: 'memcached',
    open: (path: string, timeout: number): SharedStore => new MemcachedStore({ path }, timeout),
    wrong: WRONG_OF_MEMCACHED,
    right: 'VALUE a 0 3\r\nabc\r\nEND\r\n',
  },
  {
    name: 'Redis',
    open: (path: string, timeout: number): SharedStore => new RedisStore({ path }, timeout),
    wrong: WRONG_OF_REDIS,
    right: '$3\r\nabc\r\n',
  },
])('a server that speaks as $name', ({ name, open, wrong, right }) => {
  test.each(wrong)('and answers with %s gives nothing, and no connection waits for ever', async (what, answer) => {
    const { path, connections } = await answering((socket) => socket.write(answer, 'latin1'));
    const store = open(path, TIMEOUT);
    const guarded = new GuardedStore(store);
    const found = await guarded.getMulti(['a']);
    if (what === 'more than was asked') expect(found).toEqual([undefined]);
    else expect(found).toBeUndefined();
    // Whatever comes next on that connection, it is no answer to anybody.
    expect(connections()).toBe(1);
    await Promise.resolve(store.get('a')).catch(() => {});
    expect(connections()).toBe(what === 'an error' && !name.startsWith('m') ? 1 : 2);
    await guarded.close();
  });

  test('and ends in the middle of an answer: all that wait fail, and the next one connects again', async () => {
    let isWell = false;
    const { path, connections } = await answering((socket) => {
      if (isWell) socket.write(right);
      else socket.end(right.slice(0, 6));
    });
    const store = open(path, TIMEOUT);
    const results = await Promise.allSettled([store.get('a'), store.get('a'), store.get('a')]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    isWell = true;
    expect(text(await store.get('a'))).toBe('abc');
    expect(connections()).toBe(2);
    await store.close();
  });

  test('and sends byte by byte is understood', async () => {
    const { path } = await answering((socket) => {
      let at = 0;
      const next = (): void => {
        if (at === right.length) return;
        socket.write(right.slice(at, ++at), () => setImmediate(next));
      };
      next();
    });
    const store = open(path, TIMEOUT);
    expect(text(await store.get('a'))).toBe('abc');
    await store.close();
  });

  test('and takes nothing gets no more than a bounded number of bytes', async () => {
    const { path } = await answering((socket) => socket.pause());
    const store = open(path, TIMEOUT);
    const sets: Promise<unknown>[] = [];
    for (let i = 0; i < 40; i++) {
      sets.push(Promise.resolve(store.set('a', Buffer.alloc(1_000_000))).catch((error: Error) => error.message));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await store.close();
    const messages = await Promise.all(sets);
    expect(messages.filter((message) => String(message).includes('too slow')).length).toBeGreaterThan(10);
  });

  test('and is silent fails in time', async () => {
    const { path } = await answering(() => {});
    const store = open(path, 20);
    await expect(store.get('a')).rejects.toThrow('no answer within 20 ms');
    await store.close();
    await expect(store.get('a')).rejects.toThrow('closed');
  });
});

/** A store that fails as the test says. */
function failing(fails: { now: boolean; asked: number }): SharedStore {
  const answer = async <T>(value: T): Promise<T> => {
    fails.asked++;
    if (fails.now) throw new Error('it fails');
    return value;
  };
  return {
    mostBytes: 10,
    get: () => answer(of('a')),
    getMulti: (names) => answer(names.map(() => of('a'))),
    gets: () => answer({ bytes: of('a'), token: 1 }),
    set: () => answer(undefined),
    add: () => answer(true),
    cas: () => answer(true),
    delete: () => answer(undefined),
    close: () => {},
  };
}

test('a store that fails is left alone for a moment, which grows, and is asked again then', async () => {
  const fails = { now: true, asked: 0 };
  let time = 0;
  const guarded = new GuardedStore(failing(fails), () => time);
  const asks = async (): Promise<boolean> => {
    const before = fails.asked;
    await guarded.getMulti(['a']);
    return fails.asked > before;
  };
  expect(await asks()).toBe(true);
  expect(await asks()).toBe(false);
  expect(await guarded.gets('a')).toBeUndefined();
  expect(await guarded.add('a', of('b'))).toBe(false);
  guarded.set('a', of('b'));
  expect(fails.asked).toBe(1);
  expect(guarded.failure?.message).toBe('it fails');
  time += 100;
  expect(await asks()).toBe(true);
  time += 100;
  expect(await asks()).toBe(false);
  time += 100;
  fails.now = false;
  expect(await asks()).toBe(true);
  expect(guarded.failure).toBeUndefined();
  expect(guarded.errors).toBe(2);
  expect(await guarded.cas('a', of('b'), 1)).toBe(true);
  expect(guarded.takes(11)).toBe(false);
  expect(guarded.takes(10)).toBe(true);
});

test.each([
  {
    name: 'memcached',
    isThere: hasMemcached,
    start: startMemcached,
    open: (path: string) => new MemcachedStore({ path }, TIMEOUT),
  },
  { name: 'Redis', isThere: hasRedis, start: startRedis, open: (path: string) => new RedisStore({ path }, TIMEOUT) },
])('$name that is killed in the middle and starts again has forgotten all', async ({ isThere, start, open, name }) => {
  if (!isThere) return expect(name).toBeDefined();
  const server = await start();
  const store = open(server.path);
  await store.set('a', of('one'));
  server.stop();
  const waiting = Promise.allSettled(Array.from({ length: 100 }, () => store.get('a')));
  await server.kill();
  expect((await waiting).every(({ status }) => status === 'rejected')).toBe(true);
  await expect(store.get('a')).rejects.toThrow();
  rmSync(server.path, { force: true });
  await server.restart();
  expect(await store.get('a')).toBeUndefined();
  await store.set('a', of('two'));
  expect(text(await store.get('a'))).toBe('two');
  await store.close();
});

test.skipIf(!hasRedis)('Redis with a password lets in who has it', async () => {
  const { path } = await startRedis(['--requirepass', 'secret']);
  const store = new RedisStore({ path }, TIMEOUT, { password: 'secret', database: 3 });
  await store.set('a', of('one'));
  expect(text(await store.get('a'))).toBe('one');
  const other = new RedisStore({ path }, TIMEOUT, { password: 'wrong' });
  await expect(other.get('a')).rejects.toThrow('WRONGPASS');
  const without = new RedisStore({ path }, TIMEOUT);
  await expect(without.get('a')).rejects.toThrow('NOAUTH');
  for (const each of [store, other, without]) each.close();
});

test.skipIf(!hasRedis)('Redis that is full takes nothing, and gives what it has', async () => {
  const { path } = await startRedis(['--maxmemory', '1mb']);
  const store = new RedisStore({ path }, TIMEOUT);
  const guarded = new GuardedStore(store);
  const names = Array.from({ length: 20 }, (_, i) => `n${i}`);
  for (const name of names) guarded.set(name, Buffer.alloc(100_000, name));
  const found = (await guarded.getMulti(names)) as (Uint8Array | undefined)[];
  const kept = found.filter((bytes) => bytes !== undefined).length;
  expect(kept).toBeLessThan(20);
  expect(guarded.errors).toBe(20 - kept);
  expect(guarded.failure).toBeUndefined();
  await guarded.close();
});

test('a folder that is gone gives nothing more', async () => {
  const path = join(temporaryFolder(), 'cache');
  const store = FolderStore.open(path, 2 ** 24);
  const guarded = new GuardedStore(store);
  guarded.set('a', of('one'));
  rmSync(path, { recursive: true });
  expect(text((await guarded.getMulti(['a']))?.[0])).toBe('one');
  await guarded.close();
  expect(await guarded.getMulti(['b'])).toBeUndefined();
  expect(guarded.failure).toBeDefined();
});

test('Redis is asked for thousands of items in parts: each piece of an answer that comes would be read again for the next one', async () => {
  const asked: number[] = [];
  const { path } = await answering((socket, sent) => {
    for (const [, words] of sent.matchAll(/\*(\d+)\r\n\$4\r\nMGET/g)) {
      const count = Number(words) - 1;
      asked.push(count);
      socket.write(`*${count}\r\n${'$-1\r\n'.repeat(count)}`);
    }
  });
  const store = new RedisStore({ path }, TIMEOUT);
  const found = await store.getMulti(Array.from({ length: 1050 }, (_, i) => `n${i}`));
  expect([found.length, Math.max(...asked)]).toEqual([1050, 100]);
  store.close();
});
