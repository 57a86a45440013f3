import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import type { Collection, Entry, Environment, KeyPart, OpenOptions, ReadTransaction, Sink } from '../../lib/index.ts';
import { bytes, Key, sinkOf, struct, t, tuple, uint32, Value } from '../../lib/index.ts';
import { openAt, temporaryFolder } from '../support/fixture.ts';

/** The records whose sinks the integrity tests hold. They have every kind of sink, and values of many sizes. */
const Item = struct({
  id: t.u32,
  name: t.utf8,
  payload: t.bytes,
  ratio: t.f64,
  note: t.optional(t.bytes),
  missing: t.optional(t.utf8),
  when: t.date,
  big: t.i64,
  yes: t.bool,
});

const ITEMS = 200;
export const SIZES: readonly number[] = [0, 1, 100, 3000, 32 * 1024, 32 * 1024 + 1, 2 ** 20];
/** So long that a mark found in the file is that mark and no accident. */
const MARK = 24;

/** A view of a record. The type is written out because declarations must not depend on inference. */
export interface ItemView {
  readonly id: number;
  readonly name: string;
  readonly payload: Value;
  readonly ratio: number;
  readonly note: Value | undefined;
  readonly missing: string | undefined;
  readonly when: Date;
  readonly big: bigint;
  readonly yes: boolean;
  toObject(): object;
  toJSON(): object;
}

export interface World {
  env: Environment;
  items: Collection<readonly KeyPart[] | Key, Record<string, unknown>, Key, ItemView>;
  blobs: Collection<number, Uint8Array | Sink, number, Value>;
}

/** Bytes that depend on all of their arguments, with no zero among them: those would be escaped in a key. */
function noise(length: number, ...seeds: number[]): Buffer {
  let state = seeds.reduce((sum, seed) => Math.imul(sum ^ seed, 0x9e3779b1) ^ (sum >>> 15), 0x1234567) | 1;
  const result = Buffer.alloc(length);
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    result[i] = 1 + ((state >>> 8) % 255);
  }
  return result;
}

const chunks = new Map<string, Buffer>();

/** The content of a blob in a generation. Small blobs are noise, larger ones repeat 997 bytes of noise. */
function blob(size: number, generation: number): Buffer {
  const name = `${size}/${generation % 16}`;
  let chunk = chunks.get(name);
  if (chunk === undefined) {
    chunk = size < 5000 ? noise(size, generation, size) : Buffer.alloc(size, noise(997, generation, size));
    chunks.set(name, chunk);
  }
  return chunk;
}

function putItem(world: World, index: number, generation: number): void {
  const key = [generation === 0 ? 'first' : 'later', index, noise(MARK, index, generation, 1), [index, 'nested', 7]];
  const value = {
    id: index,
    name: `name ${generation} of ${index} é`,
    payload: noise(MARK + (index % 40), index, generation, 2),
    ratio: index / 7,
    note: noise(MARK, index, generation, 3),
    when: new Date(1e12 + index),
    big: -(2n ** 40n) * BigInt(index),
    yes: index % 2 === 0,
  };
  world.items.put(key, value);
}

export function reopen(path: string, options: OpenOptions = {}): World {
  const env = openAt(path, { mapSize: 2 ** 30, ...options });
  return {
    env,
    items: env.collection('items', { key: tuple, value: Item }) as never,
    blobs: env.collection('blobs', { key: uint32, value: bytes }),
  };
}

/** A new database of generation 0. */
export function makeWorld(options: OpenOptions = {}): World {
  const world = reopen(temporaryFolder(), options);
  world.env.write(() => {
    for (let i = 0; i < ITEMS; i++) putItem(world, i, 0);
    for (const size of SIZES) world.blobs.put(size, blob(size, 0));
  });
  return world;
}

let generations = 0;

/**
 * Hundreds of commits that leave no entry of generation 0, and reuse every page that they may. `between` runs after each.
 */
export function rewriteAll(world: World, between: (commit: number) => void = () => {}): void {
  for (let commit = 0; commit < 300; commit++) rewriteSome(world, commit, between);
}

export function rewriteSome(world: World, commit: number, between: (commit: number) => void = () => {}): void {
  const generation = ++generations;
  const first = (commit * 2) % ITEMS;
  world.env.write(() => {
    for (const index of [first, first + 1]) {
      for (const group of ['first', 'later']) {
        for (const key of world.items.range({ prefix: [group, index] }).keys()) world.items.del(key);
      }
      putItem(world, index, generation);
    }
    if (commit % 25 === 24) for (const size of SIZES) world.blobs.put(size, blob(size, 1 + (generation % 15)));
  });
  between(commit);
}

/** Key, Value or view of a record. */
export type Held = Key | Value | ItemView;

/** The Sink of what is held. */
export function sinkFor(held: Held): Sink {
  return held instanceof Key || held instanceof Value ? held : sinkOf(held);
}

type Entries = Iterable<Entry<Key, ItemView>>;
const both = (entries: Entries): Held[] => [...entries].flatMap(({ key, value }) => [key, value]);

/** Every way in which a program gets sinks. */
const ways: Record<string, (world: World, txn: ReadTransaction) => Held[]> = {
  'entries of range()': ({ items }, txn) => both(items.range({ limit: 20 }, txn)),
  'entries in reverse': ({ items }, txn) => both(items.range({ reverse: true, limit: 20 }, txn)),
  'toArray()': ({ items }, txn) => both(items.range({ prefix: ['first', 30] }, txn).toArray()),
  'one of many': ({ items }, txn) => both(items.range({}, txn).filter(({ value }) => value.id % 50 === 17)),
  'keys()': ({ items }, txn) => items.range({ limit: 20 }, txn).keys().toArray(),
  'values()': ({ items }, txn) => items.range({ limit: 20 }, txn).values().toArray(),
  'slices of keys': ({ items }, txn) =>
    [...items.range({ limit: 9 }, txn).keys()].flatMap((key) => [
      key.slice(2),
      key.slice(0, 2),
      key.slice(1, 3).slice(1),
    ]),
  'elements of keys': ({ items }, txn) =>
    [...items.range({ limit: 20 }, txn).keys()].flatMap((key) => [key.at(2) as Value, key.at(3) as Key]),
  'bytes fields': ({ items }, txn) =>
    [...items.range({ limit: 20 }, txn).values()].flatMap((view) => [view.payload, view.note as Value]),
  'get()': ({ items, blobs }, txn) => [
    ...[...items.range({ limit: 20 }, txn).keys()].map((key) => items.get(key, txn) as ItemView),
    ...SIZES.map((size) => blobs.get(size, txn) as Value),
  ],
  'getMany()': ({ items, blobs }, txn) => [
    ...(items.getMany(items.range({ limit: 40 }, txn).keys(), txn) as ItemView[]),
    ...(blobs.getMany(SIZES, txn) as Value[]),
  ],
  'get() after getMany()': ({ items, blobs }, txn) => {
    const keys = items.range({ reverse: true, limit: 20 }, txn).keys().toArray();
    blobs.getMany([1, 100], txn);
    return keys.map((key) => items.get(key, txn) as ItemView);
  },
  'large values of range()': ({ blobs }, txn) => [...blobs.range({}, txn).values()],
  'keep() in scan()': ({ items }, txn) => {
    const held: Held[] = [];
    const keep = ({ key, value }: Entry<Key, ItemView>): void => {
      held.push(key.keep(), sinkOf(value).keep(), value.payload.keep(), key.slice(1).keep());
    };
    items.scan({ limit: 9 }, keep, txn);
    return held;
  },
  'keep() in a range': ({ items }, txn) =>
    [...items.range({ limit: 9 }, txn)].flatMap(({ key, value }) => [key.keep(), value.payload.keep()]),
};

/** The ways whose sinks have a copy of their bytes from the start, so that the end of the transaction does not matter. */
const KEPT: readonly string[] = ['keep() in scan()', 'keep() in a range'];

/** Holds sinks got in every way: `kept` are those of the ways in KEPT, `lent` all others. */
export function hold(world: World, txn: ReadTransaction): { lent: Held[]; kept: Held[] } {
  const lent: Held[] = [];
  const kept: Held[] = [];
  for (const [name, get] of Object.entries(ways)) (KEPT.includes(name) ? kept : lent).push(...get(world, txn));
  return { lent, kept };
}

/** Every method and getter by which a program reads a sink. */
const sinkAccess: Record<string, (sink: Sink) => unknown> = {
  byteLength: (sink) => sink.byteLength,
  byteAt: (sink) => [sink.byteAt(0), sink.byteAt(5), sink.byteAt(1e7)],
  'equals(bytes)': (sink) => sink.equals(Buffer.from('other')),
  'compare(bytes)': (sink) => [sink.compare(Buffer.from('m')), sink.compare(Buffer.alloc(0))],
  'compare(private sink)': (sink) => sink.compare(Key.of('first', 100)),
  'compare(itself)': (sink) => [sink.compare(sink), sink.equals(sink)],
  'compare(it) of another': (sink) => Key.of('first', 100).compare(sink),
  hash: (sink) => sink.hash(),
  toBuffer: (sink) => short(sink.toBuffer()),
  asBuffer: (sink) => short(sink.asBuffer()),
};
const keyAccess: Record<string, (key: Key) => unknown> = {
  length: (key) => key.length,
  at: (key) => short(key.at(0)),
  iteration: (key) => [...key].map(short),
  'slice()': (key) => key.slice().toHex(),
  'slice(-1)': (key) => key.slice(-1).toHex(),
  'startsWith(array)': (key) => key.startsWith(['first']),
  'startsWith(key)': (key) => key.startsWith(Key.of('first')),
  'startsWith(it) of another': (key) => Key.of('first').startsWith(key),
  toArray: (key) => key.toArray().map(short),
  toJSON: (key) => JSON.stringify(key),
  toHex: (key) => key.toHex(),
  prefixEnd: (key) => key.prefixEnd().toHex(),
};
const valueAccess: Record<string, (value: Value) => unknown> = {
  toJSON: (value) => short(Buffer.from(JSON.stringify(value))),
};
const viewAccess: Record<string, (view: ItemView) => unknown> = {
  id: (view) => view.id,
  name: (view) => view.name,
  payload: (view) => short(view.payload),
  ratio: (view) => view.ratio,
  note: (view) => short(view.note),
  missing: (view) => view.missing,
  when: (view) => view.when,
  big: (view) => view.big,
  yes: (view) => view.yes,
  toObject: (view) => inspect(view.toObject()),
  toJSON: (view) => JSON.stringify(view),
};

/** Bytes as something that compares fast and prints well. */
function short(part: unknown): unknown {
  const bytes = part instanceof Key || part instanceof Value ? part.toBuffer() : part;
  if (!(bytes instanceof Uint8Array)) return inspect(part);
  return bytes.length < 100 ? Buffer.from(bytes).toString('hex') : createHash('sha1').update(bytes).digest('hex');
}

/** The ways to read what is held, by name. */
export function readersOf(held: Held): [name: string, read: () => unknown][] {
  const of = <T>(table: Record<string, (of: T) => unknown>, it: T): [string, () => unknown][] =>
    Object.entries(table).map(([name, read]) => [name, () => read(it)]);
  const own =
    held instanceof Key ? of(keyAccess, held) : held instanceof Value ? of(valueAccess, held) : of(viewAccess, held);
  return [...of(sinkAccess, sinkFor(held)), ...own];
}

/** Everything that can be read of each held object, and how it compares with the one before it. */
export function portraits(all: readonly Held[]): unknown[] {
  return all.map((held, i) => {
    const before = sinkFor(all[Math.max(i - 1, 0)] as Held);
    const read = Object.fromEntries(readersOf(held).map(([name, read]) => [name, read()]));
    return { ...read, order: sinkFor(held).compare(before), equal: sinkFor(held).equals(before), shown: inspect(held) };
  });
}

/** Where the bytes of held objects lie in the data file. `changed` tells how many of these places hold other bytes by now. */
export class Places {
  readonly #path: string;
  readonly #places: { offset: number; run: Buffer }[] = [];

  constructor(path: string, all: readonly Held[]) {
    this.#path = join(path, 'data.mdb');
    const file = readFileSync(this.#path);
    for (const held of all) {
      const run = sinkFor(held).toBuffer().subarray(-64);
      if (run.length < MARK) continue;
      for (let at = file.indexOf(run); at >= 0; at = file.indexOf(run, at + 1)) this.#places.push({ offset: at, run });
    }
  }

  get count(): number {
    return this.#places.length;
  }

  changed(): number {
    const file = readFileSync(this.#path);
    return this.#places.filter(({ offset, run }) => !file.subarray(offset, offset + run.length).equals(run)).length;
  }
}
