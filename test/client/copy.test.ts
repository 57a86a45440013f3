import { createHash, randomBytes } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { connect, copyStore, type Store } from '../../lib/client/index.ts';
import { storeBackend } from '../../lib/client/store.ts';
import { bytes, json, open, struct, t, tuple } from '../../lib/index.ts';
import { openStore, PersistentMap, persistent, ref } from '../../lib/objects/index.ts';
import { rejection, temporaryFolder } from '../support/fixture.ts';
import { isLong } from '../support/long.ts';
import { hasPostgres } from '../support/postgres.ts';
import { PLACES, type Place } from './places.ts';

// biome-ignore lint/suspicious/noExplicitAny: the types of classes are tested elsewhere.
type Any = any;
const Shelf: Any = persistent('copied.Shelf', { books: ref(() => PersistentMap), label: t.utf8 })(class {});

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function at(make: () => Promise<Place>): Promise<Store> {
  const place = await make();
  const store = await place.connect();
  closing.push(
    () => place.close(),
    () => store.close(),
  );
  return store;
}

const place = (name: string) => PLACES.find(([each]) => each === name)?.[1] as () => Promise<Place>;
const folder = place('a folder');
const target = PLACES.at(-1)?.[1] as () => Promise<Place>;

const city = struct({ name: t.utf8, population: t.u32 });
const cities = (store: Store) => store.collection('cities', { key: tuple, value: city });
const blobs = (store: Store) => store.collection('blobs', { key: bytes, value: bytes });

async function fill(store: Store): Promise<void> {
  const puts = Array.from({ length: 3000 }, (_, i) => ({
    type: 'put' as const,
    collection: 'cities',
    key: [i % 7, `city ${i}`],
    value: { name: `n${i}`, population: i },
  }));
  await cities(store).put(['first'], { name: 'x', population: 1 });
  await store.batch(puts);
  await blobs(store).put(Buffer.from('large'), randomBytes(2 ** 20 + 5));
  await blobs(store).put(Buffer.from('empty'), Buffer.alloc(0));
  await store.collection('nothing', { key: tuple, value: json }).get([1]);
  const objects = (await openStore(store, { classes: [Shelf] })) as Any;
  await objects.transact((txn: Any) => {
    const books = new PersistentMap<string, number>();
    for (let i = 0; i < 200; i++) books.set(`book ${i}`, i);
    txn.root.shelf = new Shelf({ books, label: 'left' });
  });
}

const WHOLE = { lower: undefined, lowerOpen: false, upper: undefined, upperOpen: false };

/** All records of a store, those of its objects too, and what is remembered of its collections. */
async function contents(store: Store): Promise<unknown> {
  const backend = storeBackend(store);
  const found: unknown[] = [];
  for (const name of [
    ...(await store.collections()),
    '__leasehold_objects',
    '__leasehold_items',
    '__leasehold_garbage',
  ]) {
    const { key, value } = (await backend.remembered(name)) ?? {};
    found.push([name, key, value]);
    await backend.engine.range(name, WHOLE, backend.engine.processed(), 2 ** 20, ({ rows }) => {
      for (const row of rows) found.push([name, hash(row.key), hash(row.bytes)]);
    });
  }
  const objects = (await openStore(store, { classes: [Shelf] })) as Any;
  found.push(await objects.read(({ root }: Any) => [root.shelf.label, [...root.shelf.books]]));
  return found;
}

function hash(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

describe.each(PLACES.filter(([name]) => !name.includes('WebSocket') && !name.includes('TCP')))('to %s', (_, make) => {
  test('and back, a store is the same', async () => {
    const first = await at(folder);
    await fill(first);
    const middle = await at(make);
    const copied = await copyStore(first, middle);
    expect(copied.records).toBeGreaterThan(3000);
    const last = await at(folder);
    await copyStore(middle, last);
    const wanted = await contents(first);
    expect(await contents(middle)).toEqual(wanted);
    expect(await contents(last)).toEqual(wanted);
    // New objects get ids that no copied object has.
    const objects = (await openStore(last, { classes: [Shelf] })) as Any;
    await objects.transact((txn: Any) => {
      txn.root.other = new Shelf({ books: new PersistentMap(), label: 'right' });
    });
    expect(await objects.read(({ root }: Any) => [root.shelf.label, root.other.label])).toEqual(['left', 'right']);
  });
});

test('a copy that was interrupted goes on, with what was changed meanwhile', async () => {
  const from = await at(folder);
  await fill(from);
  const to = await at(target);
  const controller = new AbortController();
  let records = 0;
  const first = copyStore(from, to, {
    signal: controller.signal,
    onProgress: (progress) => {
      records = progress.records;
      controller.abort();
    },
  });
  expect(await rejection(first)).toMatchObject({ name: 'AbortError', code: 'ABORT_ERR' });
  expect(records).toBeGreaterThan(0);
  const aborted = copyStore(from, to, { signal: controller.signal });
  expect(await rejection(aborted)).toMatchObject({ code: 'ABORT_ERR' });
  await cities(from).del([0, 'city 0']);
  await cities(from).put([0, 'city 7'], { name: 'changed', population: 7 });
  await cities(from).put(['last'], { name: 'new', population: 8 });
  await copyStore(from, to);
  expect(await contents(to)).toEqual(await contents(from));
});

test('a target that is not empty, or is the source, or another copy, is refused', async () => {
  const from = await at(folder);
  await fill(from);
  const to = await at(folder);
  await cities(to).put(['mine'], { name: 'x', population: 1 });
  expect((await rejection(copyStore(from, to))).message).toContain('not empty');
  expect((await rejection(copyStore(from, from))).code).toBe('ERR_INVALID_ARG_VALUE');
  expect((await rejection(copyStore({} as never, to))).code).toBe('ERR_INVALID_ARG_TYPE');
  const path = temporaryFolder();
  const env = open(path);
  env.collection('plain', { key: tuple, value: json }).put([1], 1);
  env.close();
  const plain = await connect(`file:${path}`);
  closing.push(() => plain.close());
  expect((await rejection(copyStore(plain, await at(folder)))).message).toContain("'plain'");
});

test.runIf(isLong && hasPostgres)(
  'a million records go to PostgreSQL and back, and are the same',
  { timeout: 1_200_000 },
  async () => {
    const from = await at(folder);
    const numbers = from.collection('numbers', { key: tuple, value: json });
    for (let first = 0; first < 1_000_000; first += 10_000) {
      await numbers.has([first]);
      await from.batch(
        Array.from({ length: 10_000 }, (_, i) => ({
          type: 'put' as const,
          collection: 'numbers',
          key: [first + i],
          value: { i: first + i, text: 'x'.repeat((first + i) % 50) },
        })),
      );
    }
    const middle = await at(target);
    const last = await at(folder);
    expect(await copyStore(from, middle)).toMatchObject({ records: 1_000_000 });
    expect(await copyStore(middle, last)).toMatchObject({ records: 1_000_000 });
    expect(await digest(last)).toEqual(await digest(from));
  },
);

/** A hash of all records of all collections. */
async function digest(store: Store): Promise<string> {
  const { engine } = storeBackend(store);
  const all = createHash('sha256');
  for (const name of await store.collections()) {
    await engine.range(name, WHOLE, engine.processed(), 2 ** 20, ({ rows }) => {
      for (const { key, bytes: value } of rows) all.update(key).update(value);
    });
  }
  return all.digest('hex');
}
