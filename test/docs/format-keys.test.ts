import { expect, test } from 'vitest';
import { bytes } from '../../lib/index.ts';
import { type Entries, parseDump } from '../interop/dump.ts';
import { compiledTools, run } from '../interop/tools.ts';
import { openTemporary } from '../support/fixture.ts';
import { random } from '../support/sinks.ts';
import { example, hexOf } from './format-page.ts';

/** What is stored of these keys, in the order in which they are put, each with its number as the value. */
function storedOf(keys: readonly Buffer[], versions: boolean): Entries {
  const env = openTemporary();
  const items = env.collection('items', { key: bytes, value: bytes, keys: 'any', versions });
  keys.forEach((key, i) => void items.put(key, Buffer.from(String(i))));
  env.close();
  return parseDump(run(compiledTools().dump, ['-s', 'items', env.path])).get('items') ?? [];
}

/** Reads an entry by what the page says alone. */
function readStored(stored: Buffer, value: Buffer): [key: Buffer, value: Buffer] {
  if (stored.length < 511) return [stored.every((byte) => byte === 0) ? stored.subarray(1) : stored, value];
  const end = 4 + value.readUInt32BE(0);
  return [value.subarray(4, end), value.subarray(end)];
}

test('the long key of the page is stored as the page shows', () => {
  const env = openTemporary();
  const items = env.collection('items', { key: bytes, value: bytes, keys: 'any' });
  items.put(Buffer.alloc(600, 'a'), Buffer.from('one'));
  env.close();
  const [[key, value] = []] = parseDump(run(compiledTools().dump, ['-s', 'items', env.path])).get('items') ?? [];
  expect(hexOf(key as Buffer)).toBe(hexOf(example('long-key')));
  expect(hexOf(value as Buffer)).toBe(hexOf(example('long-key-value')));
});

test.each([false, true])('keys of any length are read by what the page says alone (versions: %s)', (versions) => {
  const below = random(5);
  const keys = Array.from({ length: 300 }, (_, i) =>
    i < 8 ? Buffer.alloc(i) : Buffer.alloc(500 + below(10), below(2)).fill(1 + below(3), 495 + below(15)),
  );
  const last = new Map(keys.map((key, i) => [hexOf(key), String(i)]));
  const read = storedOf(keys, versions).map(([key, value]) => readStored(key, value));
  const textOf = (value: Buffer): string => String(versions ? value.subarray(8) : value);
  expect(read.map(([key]) => hexOf(key))).toEqual(
    [...last.keys()].toSorted((a, b) => Buffer.compare(Buffer.from(a, 'hex'), Buffer.from(b, 'hex'))),
  );
  for (const [key, value] of read) expect(textOf(value)).toBe(last.get(hexOf(key)));
});
