import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FolderStore } from '../../../lib/cache/stores/folder-store.ts';
import { MemcachedStore } from '../../../lib/cache/stores/memcached-store.ts';
import { RedisStore } from '../../../lib/cache/stores/redis-store.ts';
import { MOST_ITEM, type SharedStore } from '../../../lib/cache/stores/shared-store.ts';
import { temporaryFolder } from '../../support/fixture.ts';
import { hasMemcached, hasRedis, startMemcached, startRedis } from './servers.ts';

const TIMEOUT = 10_000;

interface Kind {
  readonly name: string;
  readonly isThere: boolean;
  /** Starts it. What it gives opens a store as another process would. `small`: with room for about a MiB. */
  readonly start: (small: boolean) => Promise<() => SharedStore>;
}

const KINDS: readonly Kind[] = [
  {
    name: 'a folder',
    isThere: true,
    start: async (small) => {
      const path = join(temporaryFolder(), 'cache');
      return () => FolderStore.open(path, small ? 2 ** 20 : 2 ** 26);
    },
  },
  {
    name: `memcached${hasMemcached ? '' : ' (not installed: apt-get install memcached)'}`,
    isThere: hasMemcached,
    start: async (small) => {
      const { path } = await startMemcached(small ? ['-m', '2'] : []);
      return () => new MemcachedStore({ path }, TIMEOUT);
    },
  },
  {
    name: `Redis${hasRedis ? '' : ' (not installed: apt-get install redis-server)'}`,
    isThere: hasRedis,
    start: async (small) => {
      const { path } = await startRedis(small ? ['--maxmemory', '3mb', '--maxmemory-policy', 'allkeys-lru'] : []);
      return () => new RedisStore({ path }, TIMEOUT);
    },
  },
];

/** All byte values, and what ends lines. */
const BYTES = Buffer.concat([Buffer.from('\r\nEND\r\n$-1\r\n'), Buffer.from(Array.from({ length: 256 }, (_, i) => i))]);
const text = (bytes: Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes).toString();
const of = (value: string): Uint8Array => Buffer.from(value);

describe.each(KINDS.filter(({ isThere }) => isThere))('$name', ({ start }) => {
  let open: () => SharedStore;
  let store: SharedStore;
  beforeAll(async () => {
    open = await start(false);
    store = open();
  });
  afterAll(() => store.close());

  test('gives what was set last, and nothing for other names', async () => {
    await store.set('a', of('one'));
    await store.set('a', of('two'));
    expect(text(await store.get('a'))).toBe('two');
    expect(await store.get('none')).toBeUndefined();
    await store.delete('a');
    await store.delete('none');
    expect(await store.get('a')).toBeUndefined();
  });

  test('gives several in the order of their names', async () => {
    await store.set('m1', of('one'));
    await store.set('m3', of(''));
    const found = await store.getMulti(['m3', 'm2', 'm1', 'm0', 'm1']);
    expect(found.map(text)).toEqual(['', undefined, 'one', undefined, 'one']);
    expect(await store.getMulti([])).toEqual([]);
  });

  test('gives thousands at once', async () => {
    await store.set('t2500', of('here'));
    const names = Array.from({ length: 3000 }, (_, i) => `t${i}`);
    const found = await store.getMulti(names.map((name) => (name === 't2500' ? name : `${name}${'-'.repeat(200)}`)));
    expect(found.length).toBe(3000);
    expect(found.findIndex((bytes) => bytes !== undefined)).toBe(2500);
  });

  test('takes all bytes, and the longest names', async () => {
    const long = 'x'.repeat(250);
    await store.set(long, BYTES);
    expect(Buffer.from((await store.get(long)) as Uint8Array).equals(BYTES)).toBe(true);
    expect(await store.get('x'.repeat(249))).toBeUndefined();
  });

  test('takes the largest item, and gives it with others', async () => {
    const large = Buffer.alloc(MOST_ITEM - 100, 'large ');
    await store.set('large', large);
    await store.set('small', of('small'));
    const [first, second, third] = await store.getMulti(['small', 'large', 'small']);
    expect([text(first), text(third)]).toEqual(['small', 'small']);
    expect(Buffer.from(second as Uint8Array).equals(large)).toBe(true);
  });

  test('add keeps what is there', async () => {
    expect(await store.add('added', of('one'))).toBe(true);
    expect(await store.add('added', of('two'))).toBe(false);
    expect(text(await store.get('added'))).toBe('one');
  });

  test('cas replaces only the item that was read', async () => {
    const other = open();
    expect(await store.add('c', of('one'))).toBe(true);
    const mine = await store.gets('c');
    const theirs = await other.gets('c');
    expect(text(mine?.bytes)).toBe('one');
    expect(await other.cas('c', of('two'), theirs?.token)).toBe(true);
    expect(await store.cas('c', of('three'), mine?.token)).toBe(false);
    expect(text((await store.gets('c'))?.bytes)).toBe('two');
    await store.delete('c');
    expect(await store.cas('c', of('four'), mine?.token)).toBe(false);
    expect(await store.gets('c')).toBeUndefined();
    await other.close();
  });

  test('of many that move one item at once, each wins once', async () => {
    const stores = [store, open(), open()];
    expect(await store.add('count', of('0'))).toBe(true);
    let moved = 0;
    const move = async (own: SharedStore): Promise<void> => {
      for (let i = 0; i < 50; i++) {
        const found = await own.gets('count');
        if (await own.cas('count', of(String(Number(text(found?.bytes)) + 1)), found?.token)) moved++;
      }
    };
    await Promise.all(stores.map(move));
    expect(text((await store.gets('count'))?.bytes)).toBe(String(moved));
    for (const own of stores.slice(1)) await own.close();
  });

  test('answers requests that were sent together in their order', async () => {
    const names = Array.from({ length: 500 }, (_, i) => `p${i}`);
    await Promise.all(names.map((name) => store.set(name, of(name))));
    const found = await Promise.all(names.map((name) => store.get(name)));
    expect(found.map(text)).toEqual(names);
  });

  test('forgets some of what is more than fits, and gives no other bytes', async () => {
    const own = (await start(true))();
    for (let i = 0; i < 300; i++) await own.set(`e${i}`, Buffer.alloc(20_000, `${i} `));
    // What is written a moment later.
    if (own instanceof FolderStore) await new Promise((resolve) => setTimeout(resolve, 20));
    let kept = 0;
    for (let i = 0; i < 300; i++) {
      const found = await own.get(`e${i}`);
      if (found === undefined) continue;
      kept++;
      expect(Buffer.from(found).equals(Buffer.alloc(20_000, `${i} `))).toBe(true);
    }
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(300);
    await own.close();
  });
});
