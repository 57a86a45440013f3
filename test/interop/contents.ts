import { bytes, type Environment, json, Key, sinkOf, struct, t, tuple, uint32, utf8 } from '../../lib/index.ts';
import type { Dump, Entries } from './dump.ts';

/** What the tools are to find: the raw bytes of everything that `fill` wrote, in the order of the keys. */
export type Contents = Dump;

const City = struct({ name: t.utf8, population: t.u32, elevation: t.optional(t.f64), photo: t.bytes });

/** Many small entries, values that need overflow pages, the unnamed database, and every codec of a key. */
export function fill(env: Environment): Contents {
  const contents: Contents = new Map();
  contents.set('words', words(env));
  contents.set('numbers', numbers(env));
  contents.set('blobs', blobs(env));
  contents.set('documents', documents(env));
  contents.set('cities', cities(env));
  env.collection('empty', { key: bytes, value: bytes });
  contents.set('empty', []);
  contents.set(undefined, unnamed(env));
  return contents;
}

function words(env: Environment): Entries {
  const collection = env.collection('words', { key: utf8, value: utf8 });
  const all = Array.from({ length: 500 }, (_, i) => `${i.toString(36)} ñandú 城市 🐧`);
  env.write(() => {
    for (const word of all) collection.put(word, word.toUpperCase());
  });
  return sorted(all.map((word) => [Buffer.from(word), Buffer.from(word.toUpperCase())]));
}

const NUMBERS = Array.from({ length: 20_000 }, (_, i) => (i * 2_654_435_761) >>> 0);
const NUMBER_VALUES = NUMBERS.map((_, i) => Buffer.alloc(i % 100, i));
const NUMBER_ENTRIES = sorted(
  NUMBERS.map((number, i) => {
    const key = Buffer.alloc(4);
    key.writeUInt32BE(number);
    return [key, NUMBER_VALUES[i] as Buffer];
  }),
);

function numbers(env: Environment): Entries {
  const collection = env.collection('numbers', { key: uint32, value: bytes });
  env.write(() => {
    for (const [i, number] of NUMBERS.entries()) collection.put(number, NUMBER_VALUES[i] as Buffer);
  });
  return NUMBER_ENTRIES;
}

const BLOBS: Entries = [0, 1, 2_000, 2_039, 4_080, 4_081, 8_192, 100_000, 1 << 20].map((size) => {
  const value = Buffer.alloc(size);
  for (let i = 0; i < size; i++) value[i] = i * 31 + size;
  return [Buffer.from(`\0${size}\xff`, 'latin1'), value];
});
BLOBS.push([Buffer.alloc(511, 0xab), Buffer.from('the longest key')]);
const BLOB_ENTRIES = sorted([...BLOBS]);

function blobs(env: Environment): Entries {
  const collection = env.collection('blobs', { key: bytes, value: bytes });
  env.write(() => {
    for (const [key, value] of BLOBS) collection.put(key, value);
  });
  return BLOB_ENTRIES;
}

function documents(env: Environment): Entries {
  const collection = env.collection('documents', { key: utf8, value: json });
  const all = Array.from({ length: 100 }, (_, i) => ({ id: i, tags: ['a', 'é'], nested: { at: i / 3, none: null } }));
  env.write(() => {
    for (const document of all) collection.put(`document ${document.id}`, document);
  });
  return sorted(all.map((each) => [Buffer.from(`document ${each.id}`), Buffer.from(JSON.stringify(each))]));
}

function cities(env: Environment): Entries {
  const collection = env.collection('cities', { key: tuple, value: City });
  env.write(() => {
    collection.put(['FR', 'Paris', 2988507], { name: 'Paris', population: 2_138_551, photo: Buffer.alloc(5_000, 1) });
    collection.put(['FR', 'Nîmes', 2990363], { name: 'Nîmes', population: 148_236, elevation: 39, photo: Buffer.of() });
    collection.put(['CL', null, -1], { name: '', population: 0, elevation: -0.5, photo: Buffer.of(0) });
  });
  return env.read((txn) =>
    collection
      .range({}, txn)
      .toArray()
      .map(({ key, value }) => [key.toBuffer(), sinkOf(value).toBuffer()]),
  );
}

/** The key of Paris in `cities`, by the specification of the tuple layer. */
export const PARIS: string = '0246520002506172697300172d99db';
export const paris: Key = Key.of('FR', 'Paris', 2988507);

function unnamed(env: Environment): Entries {
  const entries: Entries = [
    [Buffer.from('left by another tool'), Buffer.from('42')],
    [Buffer.from([1, 0, 2]), Buffer.alloc(10_000, 7)],
  ];
  env.write(() => {
    for (const [key, value] of entries) env.main.put(key, value);
  });
  return sorted(entries);
}

function sorted(entries: Entries): Entries {
  return entries.sort(([a], [b]) => Buffer.compare(a, b));
}
