import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { Collection, Environment, Sink, Value } from '../../lib/index.ts';
import { bytes, uint32 } from '../../lib/index.ts';
import { openAt, temporaryFolder } from '../support/fixture.ts';
import { lendingTest as test } from '../support/lending.ts';

/** A window is 1 GiB of the map. Eighteen such values reach beyond the first window, and one of them lies across the border. */
const SIZE = 60 * 2 ** 20;
const COUNT = 18;

const content = (i: number): Buffer => Buffer.alloc(SIZE, `large ${i} `);
const small = (i: number): Buffer => Buffer.from(`small ${i}`);

let env: Environment;
let large: Collection<number, Uint8Array | Sink, number, Value>;
let mixed: Collection<number, Uint8Array | Sink, number, Value>;

const chunk = Array.from({ length: COUNT }, (_, i) => Buffer.from(`large ${i} `));

/** Compares a byte of each page; all bytes where windows meet. */
function isRight(i: number, value: Value | undefined): boolean {
  if (value === undefined || value.byteLength !== SIZE) return false;
  const pattern = chunk[i] as Buffer;
  for (let at = 0; at < SIZE; at += 4093) if (value.byteAt(at) !== pattern[at % pattern.length]) return false;
  return i < 16 || value.equals(content(i));
}

beforeAll(() => {
  env = openAt(temporaryFolder(), { mapSize: 2 ** 33 });
  large = env.collection('large', { key: uint32, value: bytes });
  mixed = env.collection('mixed', { key: uint32, value: bytes });
  for (let i = 0; i < COUNT; i++) {
    env.write(() => {
      large.put(i, content(i));
      // The leaf pages of `mixed` lie in the last window. Its values of more than a page lie in the window that was then the
      // last.
      for (let k = 0; k < 200; k++) mixed.put(k * 100 + i, k % 20 === 0 ? Buffer.alloc(6000, `${i} ${k} `) : small(k));
    });
  }
});

afterAll(() => env.close());

function isMixedRight(key: number, value: Value): boolean {
  const [k, i] = [Math.floor(key / 100), key % 100];
  return value.equals(k % 20 === 0 ? Buffer.alloc(6000, `${i} ${k} `) : small(k));
}

describe('a database of more than one window', () => {
  test('lends all values but the one that lies in two, which is copied', () => {
    env.read((txn) => {
      const states: Record<string, number> = {};
      for (const { key, value } of large.range({}, txn)) {
        expect(isRight(key, value)).toBe(true);
        states[value.state] = (states[value.state] ?? 0) + 1;
      }
      expect(states).toEqual({ shared: COUNT - 1, private: 1 });
      const found: string[] = [];
      for (let i = COUNT - 1; i >= 0; i--) {
        const value = large.get(i, txn);
        expect(isRight(i, value)).toBe(true);
        found.push((value as Value).state);
      }
      expect(found.filter((state) => state === 'private')).toHaveLength(1);
      const many = large.getMany([17, 99, 0, 16, 16, 15], txn);
      expect(
        many.map((value, at) => value === undefined || isRight([17, 99, 0, 16, 16, 15][at] as number, value)),
      ).toEqual(new Array(6).fill(true));
      expect(many[1]).toBeUndefined();
      const scanned: number[] = [];
      large.scan({ reverse: true }, ({ key, value }) => void (isRight(key, value) && scanned.push(key)), txn);
      expect(scanned).toEqual(Array.from({ length: COUNT }, (_, i) => COUNT - 1 - i));
      expect(large.range({}, txn).keys().count()).toBe(COUNT);
    });
  });

  test('reads entries whose key lies in one window and whose value in another', () => {
    env.read((txn) => {
      let seen = 0;
      for (const { key, value } of mixed.range({}, txn)) {
        if (!isMixedRight(key, value)) throw new Error(`entry ${key} is wrong`);
        seen++;
      }
      mixed.scan({ reverse: true }, ({ key, value }) => void (isMixedRight(key, value) && seen++), txn);
      const keys = mixed.range({}, txn).keys().toArray().reverse();
      mixed.getMany(keys, txn).forEach((value, i) => void (isMixedRight(keys[i] as number, value as Value) && seen++));
      for (const key of keys) if (isMixedRight(key, mixed.get(key, txn) as Value)) seen++;
      expect(seen).toBe(4 * 200 * COUNT);
    });
  });

  test('lends Buffers from any window, that in two windows included', () => {
    env.read((txn) => {
      for (const i of [0, 15, 16, 17]) {
        const buffer = large.getBuffer(i, txn) as Buffer;
        expect(buffer.equals(content(i))).toBe(true);
        expect((large.get(i, txn) as Value).asBuffer().equals(content(i))).toBe(true);
        buffer.fill(0);
        expect(isRight(i, large.get(i, txn))).toBe(true);
      }
    });
  });

  test('keeps what is held over the end, from every window', async () => {
    const txn = env.read();
    const entries = mixed
      .range({}, txn)
      .filter(({ key }) => key % 7 === 0)
      .toArray();
    const held = [0, 16, 17].map((i) => [i, large.get(i, txn) as Value] as const);
    const buffers = [0, 16, 17].map((i) => [i, large.getBuffer(i, txn) as Buffer] as const);
    txn.end();
    await txn.drained;
    // Finish the drains that the tests before did not wait for: these would keep all pages as they are.
    env.resize();
    expect(env.counters().snapshots).toBe(0);
    const { lastPage } = env.info();
    for (const i of [0, 16]) large.del(i);
    env.write(() => mixed.clear());
    // What is stored now lies where the deleted entries were: the file hardly grows.
    for (const i of [0, 16]) large.put(100 + i, Buffer.alloc(SIZE, 'other'));
    for (let i = 0; i < COUNT; i++) {
      env.write(() => {
        for (let k = 0; k < 200; k++) mixed.put(k * 100 + i, k % 20 === 0 ? Buffer.alloc(6000, 'other') : small(-k));
      });
    }
    expect(env.info().lastPage - lastPage).toBeLessThan(1000);
    expect(entries.every(({ key, value }) => isMixedRight(key, value))).toBe(true);
    for (const [i, value] of held) expect(isRight(i, value)).toBe(true);
    for (const [i, buffer] of buffers) expect(buffer.equals(content(i))).toBe(true);
  });
});
