import { statfsSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bytes, type Collection, type Environment, tuple, type Value } from '../../lib/index.ts';
import { openAt, temporaryFolder } from '../support/fixture.ts';
import { isLong } from '../support/long.ts';

/** How many bytes `npm run test:large` writes here, and removes. */
const WANTED = 5 * 2 ** 30;
const { bavail, bsize } = statfsSync(tmpdir());
const enough = bavail * bsize > 2 * WANTED;

const SMALL = 2_000_000;
const LARGE = 1200;
const LARGE_BYTES = 2 ** 21 + 2 ** 20;

/** Numbers that anyone can make again from the key, and that differ within a value. */
function content(key: number, length: number): Buffer {
  const made = Buffer.alloc(length, `${key};`);
  for (let at = 0; at + 8 <= length; at += 4096) made.writeDoubleLE(key * 2 ** 20 + at, at);
  return made;
}
const lengthOf = (key: number): number => 400 + (key % 200);

/** Whether a value is the large value of `key`. Compares a few places only. */
function isLarge(value: Value | Buffer | undefined, key: number): boolean {
  if (value === undefined || value.byteLength !== LARGE_BYTES) return false;
  const buffer = Buffer.isBuffer(value) ? value : value.asBuffer();
  return [0, 4096, 2 ** 20, LARGE_BYTES - 4096].every((at) => buffer.readDoubleLE(at) === key * 2 ** 20 + at);
}

describe.runIf(isLong && enough)('a database of 5 GiB that was written in the ordinary way', () => {
  const path = temporaryFolder();
  let env: Environment;
  let items: Collection<never, never, { at(i: number): unknown }, Value>;

  test('is written', () => {
    env = openAt(path);
    items = env.collection('items', { key: tuple, value: bytes }) as never;
    const put = (key: unknown[], value: Buffer): void => items.put(key as never, value as never);
    for (let from = 0; from < SMALL; from += 50_000) {
      env.write(() => {
        for (let key = from; key < from + 50_000; key++) put([0, key], content(key, lengthOf(key)));
        for (let i = (from / 50_000) * 30; i < (from / 50_000) * 30 + 30; i++) put([1, i], content(i, LARGE_BYTES));
      });
    }
    expect(statSync(join(path, 'data.mdb')).size).toBeGreaterThan(4.4 * 2 ** 30);
  }, 600_000);

  test('is scanned, forwards and backwards, with every value right', () => {
    using txn = env.read();
    for (const reverse of [false, true]) {
      let seen = 0;
      let wrong = 0;
      items.scan(
        { reverse, prefix: [0] as never },
        ({ key, value }) => {
          const number = key.at(1) as number;
          if (number !== (reverse ? SMALL - 1 - seen : seen)) wrong++;
          if (number % 97 === 0 && !value.equals(content(number, lengthOf(number)))) wrong++;
          if (value.byteLength !== lengthOf(number)) wrong++;
          seen++;
        },
        txn,
      );
      expect([seen, wrong]).toEqual([SMALL, 0]);
    }
    expect([items.count({}, txn), items.count({ prefix: [1] as never }, txn)]).toEqual([SMALL + LARGE, LARGE]);
  }, 600_000);

  test('is read by key, and its large values lie across every border of a window', () => {
    using txn = env.read();
    const wrong: number[] = [];
    for (let i = 0; i < LARGE; i++) {
      if (!isLarge(items.get([1, i] as never, txn), i)) wrong.push(i);
      if (!isLarge(items.getBuffer([1, i] as never, txn), i)) wrong.push(i);
    }
    expect(wrong).toEqual([]);
    const keys = Array.from({ length: 5000 }, (_, i) => (i * 104_729) % SMALL);
    const values = items.getMany(keys.map((key) => [0, key]) as never, txn) as (Value | undefined)[];
    expect(keys.filter((key, i) => values[i]?.equals(content(key, lengthOf(key))) !== true)).toEqual([]);
  }, 600_000);

  test('keeps sinks of everywhere after the end, while what they lay on is written over', async () => {
    const txn = env.read();
    const kept: { key: number; value: Value }[] = [];
    for (let key = 0; key < SMALL; key += 1999) kept.push({ key, value: items.get([0, key] as never, txn) as Value });
    txn.end();
    await txn.drained;
    for (let round = 0; round < 3; round++) {
      env.write(() => {
        for (let key = 0; key < SMALL; key += 1999) items.put([0, key] as never, Buffer.alloc(500) as never);
      });
    }
    expect(kept.filter(({ key, value }) => !value.equals(content(key, lengthOf(key))))).toEqual([]);
  }, 600_000);
});
