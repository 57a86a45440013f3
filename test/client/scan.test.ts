import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connect, type Store, type StoreCollection, type StoreEntry } from '../../lib/client/index.ts';
import { bytes, type Key, open, type Value } from '../../lib/index.ts';
import { type Server, serve } from '../../lib/server/index.ts';
import { rejection, temporaryFolder, thrown } from '../support/fixture.ts';

/** The memory into which rows were received is received into again. These tests hold what was read meanwhile, and compare all of its bytes. */

type Items = StoreCollection<Uint8Array, Uint8Array, Key, Value>;

const COUNT = 5000;
const keyOf = (i: number): Buffer => Buffer.from(`key ${String(i).padStart(5, '0')}`);
const textOf = (i: number): Buffer => Buffer.alloc(40 + (i % 200), `${i}, `);

describe.each([
  ['a server', () => ({})],
  ['a server with a cache', (folder: string) => ({ cache: join(folder, 'cache') })],
  ['a folder', undefined],
])('%s', (_, options) => {
  let server: Server | undefined;
  let store: Store;
  let items: Items;
  let close: () => void;
  beforeEach(async () => {
    const folder = temporaryFolder();
    const env = open(folder, { durability: 'nosync' });
    const filled = env.collection('items', { key: bytes, value: bytes, versions: true });
    env.write((txn) => {
      for (let i = 0; i < COUNT; i++) filled.put(keyOf(i), textOf(i), txn);
    });
    if (options === undefined) {
      env.close();
      close = () => {};
      store = await connect(`file:${folder}`);
    } else {
      close = () => env.close();
      server = await serve(env, { listen: `unix:${join(folder, 'socket')}` });
      store = await connect(server.addresses[0] as string, options(folder));
    }
    items = store.collection('items') as Items;
  });
  afterEach(async () => {
    await store.close();
    await server?.close();
    server = undefined;
    close();
  });

  test('a scan shows each row by an entry that is valid until the function returns', async () => {
    const entries = new Set<StoreEntry<Key, Value>>();
    const kept: Value[] = [];
    const early: { value: Value; buffer: Buffer }[] = [];
    let i = 0;
    await items.scan({}, (entry) => {
      const { key, value, version } = entry;
      if (!key.equals(keyOf(i)) || !value.equals(textOf(i)) || version !== 1) throw new Error(`row ${i} is wrong`);
      if (i % 97 === 0) {
        entries.add(entry);
        kept.push(value.keep());
        early.push({ value, buffer: value.asBuffer() });
      }
      i++;
    });
    expect([i, entries.size < 30]).toEqual([COUNT, true]);
    await items.scan({ reverse: true }, () => {});
    kept.forEach((value, k) => {
      expect(value.equals(textOf(97 * k))).toBe(true);
      expect(early[k]?.buffer.equals(textOf(97 * k))).toBe(true);
    });
    for (const { value } of early)
      expect([value.state, thrown(() => value.byteAt(0)).code]).toEqual(['expired', 'ERR_LEASE_EXPIRED']);
    for (const entry of entries) {
      for (const read of [() => entry.key.toBuffer(), () => entry.value.toBuffer()]) {
        expect(thrown(read).code).toBe('ERR_LEASE_EXPIRED');
      }
    }
  });

  test('entries of a range stay as they are, while scans and ranges pass', async () => {
    const held: StoreEntry<Key, Value>[] = [];
    let i = 0;
    for await (const entry of items.range()) {
      if (i++ % 53 === 0) held.push(entry);
      if (i % 1000 === 0) await items.scan({ gte: keyOf(i - 500) }, () => {});
    }
    await Promise.all([items.scan({}, () => {}), items.range({ reverse: true }).toArray(), items.scan({}, () => {})]);
    held.forEach((entry, k) => {
      expect([entry.key.equals(keyOf(53 * k)), entry.value.equals(textOf(53 * k)), entry.version]).toEqual([
        true,
        true,
        1,
      ]);
    });
  });

  test('scans that run at once, and ranges beside them, each read their own rows', async () => {
    const scanned = async (from: number): Promise<number> => {
      let i = from;
      await items.scan({ gte: keyOf(from) }, ({ key, value }) => {
        if (!key.equals(keyOf(i)) || !value.equals(textOf(i))) throw new Error(`row ${i} is wrong`);
        i++;
      });
      return i;
    };
    const ranged = async (from: number): Promise<number> => {
      let i = from;
      for await (const { key, value } of items.range({ gte: keyOf(from) })) {
        if (!key.equals(keyOf(i)) || !value.equals(textOf(i))) throw new Error(`row ${i} is wrong`);
        i++;
      }
      return i;
    };
    const all = await Promise.all([scanned(0), ranged(10), scanned(20), ranged(30), scanned(40)]);
    expect(all).toEqual(Array(5).fill(COUNT));
  });

  test('a scan stops at false, at its limit, and at what its function throws', async () => {
    const counted = async (options: object, fn: (i: number) => unknown): Promise<number> => {
      let i = 0;
      await items.scan(options, () => fn(++i));
      return i;
    };
    expect(await counted({}, (i) => i < 700)).toBe(700);
    expect(await counted({ offset: 1500, limit: 1200 }, () => {})).toBe(1200);
    expect(await counted({ offset: COUNT - 3 }, () => true)).toBe(3);
    const error = new Error('enough');
    const stopped = counted({}, (i) => {
      if (i === 900) throw error;
    });
    expect(await rejection(stopped)).toBe(error);
    expect((await rejection(counted({}, async () => {}))).code).toBe('ERR_ASYNC_CALLBACK');
    expect(await counted({}, () => {})).toBe(COUNT);
  });

  test('next() of a range may be called without waiting for the one before', async () => {
    const range = items.range({ offset: 2, limit: 1200 });
    const answers = await Promise.all(Array.from({ length: 1203 }, () => range.next()));
    expect(answers.map(({ value }) => value?.key.toString())).toEqual(
      Array.from({ length: 1203 }, (_, i) => (i < 1200 ? keyOf(i + 2).toString() : undefined)),
    );
    const mixed = items.range({ limit: 700 });
    expect((await mixed.next()).value?.key.toString()).toBe(keyOf(0).toString());
    const [one, two] = [mixed.next(), mixed.next()];
    expect((await mixed.toArray()).length).toBe(697);
    expect([(await one).value?.key.toString(), (await two).value?.key.toString()]).toEqual([
      keyOf(1).toString(),
      keyOf(2).toString(),
    ]);
  });
});
