import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { LeaseholdError } from '../../lib/base/errors.ts';
import { bytes, open } from '../../lib/index.ts';
import { Key } from '../../lib/key/key.ts';
import { tuple } from '../../lib/key/tuple.ts';
import { Value } from '../../lib/value/value.ts';
import { openAt, temporaryFolder } from '../support/fixture.ts';
import { isLong } from '../support/long.ts';
import { lend, random, thrown } from '../support/sinks.ts';

// Most of the time would go into the stacks of errors that nobody sees.
Error.stackTraceLimit = 0;

/** Bytes that get far into the decoder before they turn out wrong. */
const LIKELY = [
  0x00, 0x00, 0x01, 0x02, 0x05, 0x0b, 0x0c, 0x13, 0x14, 0x15, 0x1c, 0x1d, 0x20, 0x21, 0x26, 0x27, 0x30, 0x33, 0xff,
  0xff, 0x41, 0xc3,
];

/** What every reading call gives, or the message of its `ERR_CODEC`. Anything else passes on. */
function outcome(key: Key): string {
  const parts: unknown[] = [];
  for (const read of [
    () => key.length,
    () => key.toArray(),
    () => key.at(0),
    () => key.at(2),
    () => [...key],
    () => key.slice(1).toHex(),
    () => key.startsWith(Key.of('a')),
    () => Key.of(key).toHex(),
  ]) {
    try {
      const found = read();
      parts.push(Array.isArray(found) ? found.map(shown) : shown(found));
    } catch (error) {
      if (!(error instanceof LeaseholdError) || error.code !== 'ERR_CODEC') throw error;
      if (!/at byte \d+$/.test(error.message)) throw error;
      parts.push(error.message);
    }
  }
  return parts.join(' | ');
}

/** Shows Keys and Values by their bytes, because a string in a well-formed key may not be UTF-8. */
function shown(part: unknown): string {
  if (part instanceof Key) return `Key ${part.toHex()}`;
  if (part instanceof Value) return `Value ${part.toJSON()}`;
  return inspect(part, { depth: null });
}

// The long form is the one of which docs/keys.md has the figure.
const RUNS = isLong ? 10_000_000 : 100_000;
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_120);

/** Either random bytes, most of them codes, or a key that was right, with some bytes changed or the end cut off. */
function someBytes(next: (limit: number) => number): Uint8Array {
  if (next(2) === 0) {
    const bytes = new Uint8Array(next(24));
    for (let i = 0; i < bytes.length; i++) {
      bytes[i] = next(4) === 0 ? next(256) : (LIKELY[next(LIKELY.length)] as number);
    }
    return bytes;
  }
  const bytes = RIGHT[next(RIGHT.length)] as Uint8Array;
  const changed = bytes.slice(0, next(3) === 0 ? next(bytes.length) : bytes.length);
  for (let left = next(4); left > 0 && changed.length > 0; left--) {
    changed[next(changed.length)] = next(2) === 0 ? next(256) : (LIKELY[next(LIKELY.length)] as number);
  }
  return changed;
}

const RIGHT: Uint8Array[] = [
  Key.of('FR', 'Paris', 2988507),
  Key.of(null, [null, ['a\0b', null]], Uint8Array.of(0, 255, 0)),
  Key.of(2n ** 70n, -(2n ** 70n), 1.5, -255, true),
  Key.of('é€😀', [[[[]]]], Number.MIN_SAFE_INTEGER),
  Key.fromHex(`20bfc0000030${'07'.repeat(16)}33${'00ff'.repeat(6)}2700`),
].map((key) => key.toBuffer());

test(`${RUNS.toLocaleString('en')} byte strings decode or are ERR_CODEC, whatever stands around them (seed ${SEED})`, {
  timeout: 3_600_000,
}, () => {
  const next = random(SEED);
  let decoded = 0;
  for (let run = 0; run < RUNS; run++) {
    const bytes = someBytes(next);
    const alone = Key.fromBytes(bytes);
    if (run % 16 !== 0) {
      decoded += tryLength(alone);
      continue;
    }
    const expected = outcome(alone);
    for (const poison of [0x00, 0xff]) {
      const { lease, at } = lend(bytes, { poison });
      const found = outcome(tuple.view(lease, at));
      if (found !== expected)
        expect.fail(`seed ${SEED}, run ${run}, ${alone.toHex()}: ${found} instead of ${expected}`);
    }
  }
  expect(decoded).toBeGreaterThan(RUNS / 100);
  expect(decoded).toBeLessThan(0.8 * RUNS);
});

test('malformed keys that are found in a database decode or are ERR_CODEC', () => {
  const path = temporaryFolder();
  const next = random(SEED);
  const stored = new Map<string, string>();
  while (stored.size < 2000) {
    const key = Key.fromBytes(someBytes(next));
    if (key.byteLength > 0) stored.set(key.toHex(), outcome(key));
  }
  const writing = open(path, { durability: 'nosync' });
  writing.write(() => {
    for (const key of stored.keys()) writing.main.put(Buffer.from(key, 'hex'), Buffer.from('x'));
  });
  writing.close();
  const env = openAt(path);
  const items = env.collection(null, { key: tuple, value: bytes });
  const txn = env.read();
  const found = new Map(items.range({}, txn).map(({ key }) => [key.toHex(), outcome(key)] as const));
  txn.end();
  expect(found).toEqual(new Map([...stored].sort(([a], [b]) => (a < b ? -1 : 1))));
});

function tryLength(key: Key): number {
  try {
    key.toArray();
    return 1;
  } catch (error) {
    if (!(error instanceof LeaseholdError) || error.code !== 'ERR_CODEC') throw error;
    return 0;
  }
}

test.each<[string, string, number]>([
  ['an unknown code', '15ff99', 2],
  ['a string without an end', '150502616263', 2],
  ['a string whose only 00 is escaped', '026100ff', 0],
  ['bytes without an end', '01', 0],
  ['an integer cut short', '17ffff', 0],
  ['a long integer cut short', '1d03ffff', 0],
  ['a long integer without a length', '0b', 0],
  ['a double cut short', '2180000000000000', 0],
  ['a UUID cut short', '1430ffff', 1],
  ['a nested tuple without an end', '1405' + '0500', 1],
  ['a null escaped where nothing is nested', '00ff', 1],
  ['a string that is not UTF-8', '14' + '02c328' + '00', 1],
  ['a surrogate in UTF-8', '02eda08000', 0],
])('%s is named with its offset', (_, hex, offset) => {
  const error = thrown(() => Key.fromHex(hex).toArray());
  expect(error.code).toBe('ERR_CODEC');
  expect(error.message).toMatch(new RegExp(`at byte ${offset}$`));
});

test('tuples nested without end are refused, not followed', () => {
  const deep = Key.fromBytes(new Uint8Array(1_000_000).fill(0x05));
  expect(thrown(() => deep.length).code).toBe('ERR_CODEC');
  const deeper = Key.fromHex(`${'05'.repeat(257)}${'00'.repeat(257)}`);
  expect(thrown(() => deeper.length).message).toContain('deeper than 256');
  const legal = Key.fromHex(`${'05'.repeat(256)}${'00'.repeat(256)}`);
  expect(JSON.stringify(legal)).toBe(`${'['.repeat(257)}${']'.repeat(257)}`);
});

test('a stored U+FFFD is a character like another', () => {
  for (const text of ['\ufffd', `${'é'.repeat(50)}\ufffd`]) expect(Key.of(text).at(0)).toBe(text);
});

test('elements before the fault are still read', () => {
  const key = Key.fromHex(`${Key.of('FR', 7).toHex()}ff`);
  expect(key.at(0)).toBe('FR');
  expect(key.at(1)).toBe(7);
  expect(thrown(() => key.at(2)).code).toBe('ERR_CODEC');
  expect(key.slice(0, 2).equals(Key.of('FR', 7))).toBe(true);
});

test('bytes stay inside their element', () => {
  const { lease, at } = lend(Buffer.from(Key.of(Uint8Array.of(1, 2), 'x').toHex(), 'hex'));
  const inner = tuple.view(lease, at).at(0) as Value;
  expect(inner).toBeInstanceOf(Value);
  expect([inner.byteLength, inner.byteAt(1), inner.byteAt(2), inner.byteAt(-1)]).toEqual([2, 2, undefined, undefined]);
});
