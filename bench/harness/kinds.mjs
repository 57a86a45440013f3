// Collections of many kinds in one environment, for the suites `mixed` and `written`.
import { Buffer } from 'node:buffer';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A key of 16 bytes, in the order of the numbers. */
export const keyOf = (i) => Buffer.from(`key:${String(i).padStart(12, '0')}`);

/** An environment in a temporary folder, which `end` deletes. */
export function openKinds(library) {
  const folder = mkdtempSync(join(tmpdir(), 'leasehold-bench-'));
  const env = library.open(folder, { mapSize: 2 ** 31, durability: 'nosync', maxCollections: 40 });
  const end = () => {
    env.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { env, end };
}

/** The collections that are measured: bytes, records of ten fields, short texts. */
export function fill(env, { bytes, struct, t, uint32, utf8 }, entries) {
  const names = Object.fromEntries(['name', 'region', 'mayor'].map((name) => [name, t.utf8]));
  const numbers = Object.fromEntries(
    ['id', 'population', 'area', 'founded', 'rank', 'code', 'height'].map((name) => [name, t.u32]),
  );
  const plain = env.collection('plain', { key: bytes, value: bytes });
  const records = env.collection('records', { key: uint32, value: struct({ ...numbers, ...names }) });
  const texts = env.collection('texts', { key: bytes, value: utf8 });
  const record = Object.fromEntries(Object.keys(numbers).map((name) => [name, 7]));
  env.write((txn) => {
    for (let i = 0; i < entries; i++) {
      plain.put(keyOf(i), Buffer.alloc(100, i), txn);
      records.put(i, { ...record, population: i, name: `city ${i}`, region: 'region', mayor: 'mayor' }, txn);
      texts.put(keyOf(i), `text ${i % 1000}`, txn);
    }
  });
  return { plain, records, texts };
}

/** Uses eight other collections as a program would, of all codecs: ranges, keys, scans and gets, until their code is compiled. */
export function useAll(env, { bytes, json, msgpack, struct, t, tuple, uint32, utf8 }) {
  const pair = struct({ n: t.u32, name: t.utf8 });
  const byText = (i) => `key ${i}`;
  const byNumber = (i) => i;
  const byPair = (i) => ['pair', i];
  const byBytes = (i) => Buffer.from(`key ${i}`);
  const kinds = [
    [utf8, utf8, byText, (i) => `value ${i}`],
    [tuple, json, byPair, (i) => ({ i })],
    [uint32, pair, byNumber, (n) => ({ n, name: 'name' })],
    [utf8, msgpack, byText, (i) => ({ i })],
    [bytes, utf8, byBytes, (i) => `value ${i}`],
    [tuple, bytes, byPair, (i) => Buffer.from([i])],
    [uint32, json, byNumber, (i) => [i]],
    [utf8, bytes, byText, (i) => Buffer.from([i])],
  ];
  let seen = 0;
  const count = (view) => {
    if (view !== undefined) seen++;
  };
  kinds.forEach(([key, value, keyed, valued], number) => {
    const collection = env.collection(`kind ${number}`, { key, value });
    env.write((txn) => {
      for (let i = 0; i < 200; i++) collection.put(keyed(i), valued(i), txn);
    });
    for (let round = 0; round < 300; round++) {
      for (const entry of collection.range()) {
        count(entry.key);
        count(entry.value);
      }
      for (const found of collection.range({ limit: 50 }).keys()) count(found);
      collection.scan({ limit: 50 }, (entry) => count(entry.value));
      for (let i = 0; i < 50; i++) count(collection.get(keyed(i)));
    }
  });
  return seen;
}
