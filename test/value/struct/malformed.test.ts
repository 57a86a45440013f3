import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { LeaseholdError } from '../../../lib/base/errors.ts';
import { t } from '../../../lib/value/struct/field-type.ts';
import { struct } from '../../../lib/value/struct/struct.ts';
import { sinkOf } from '../../../lib/value/struct/struct-sink.ts';
import { Value } from '../../../lib/value/value.ts';
import { decode, encode, lend, random, thrown } from '../../support/sinks.ts';

// Most of the time would go into the stacks of errors, which nobody looks at.
Error.stackTraceLimit = 0;

const Mixed = struct({
  ...{ a: t.u8, b: t.bool, text: t.utf8, maybe: t.optional(t.u16), raw: t.bytes, date: t.date, f: t.f32 },
  ...{ maybeText: t.optional(t.utf8), maybeRaw: t.optional(t.bytes), maybeBool: t.optional(t.bool), big: t.i64 },
});
const WHOLE = encode(Mixed, {
  ...{ a: 1, b: true, text: 'Zürich', maybe: 7, raw: Uint8Array.of(1, 2, 3), date: new Date(5), f: 1.5, big: -1n },
  ...{ maybeText: 'ascii', maybeRaw: Uint8Array.of(4), maybeBool: false },
});
const NAMES = Object.keys(decode(Mixed, WHOLE).toObject()) as (keyof ReturnType<typeof read>)[];

function read(bytes: Uint8Array, poison: number) {
  const { lease, at } = lend(bytes, { poison });
  return Mixed.view(lease, at);
}

/** The result of every getter, or the message of its `ERR_CODEC`. Throws any other error. */
function outcome(bytes: Uint8Array, poison: number): { text: string; failed: number } {
  const view = read(bytes, poison);
  let failed = 0;
  const parts = NAMES.map((name) => {
    try {
      const value = view[name];
      return value instanceof Value ? value.toJSON() : value instanceof Date ? value.toJSON() : String(value);
    } catch (error) {
      if (!(error instanceof LeaseholdError) || error.code !== 'ERR_CODEC') throw error;
      failed++;
      return error.message;
    }
  });
  return { text: parts.join(' | '), failed };
}

test('100,000 damaged records decode or are ERR_CODEC, whatever stands around them', { timeout: 60_000 }, () => {
  const seed = 20_261_121;
  const next = random(seed);
  let whole = 0;
  for (let run = 0; run < 100_000; run++) {
    const bytes = next(3) === 0 ? WHOLE.slice(0, next(WHOLE.length + 1)) : WHOLE.slice();
    for (let damage = next(4); damage > 0 && bytes.length > 0; damage--) {
      bytes[next(bytes.length)] = next(2) === 0 ? next(256) : next(4);
    }
    const found = outcome(bytes, 0x00);
    if (found.failed === 0) whole++;
    if (run % 4 !== 0) continue;
    const other = outcome(bytes, 0xff);
    if (other.text !== found.text) {
      expect.fail(
        `seed ${seed}, run ${run}, ${Buffer.from(bytes).toString('hex')}: ${other.text} instead of ${found.text}`,
      );
    }
  }
  expect(whole).toBeGreaterThan(1_000);
  expect(whole).toBeLessThan(90_000);
});

test('random bytes are no record', () => {
  const next = random(7);
  for (let run = 0; run < 10_000; run++) {
    const bytes = Uint8Array.from({ length: next(80) }, () => next(256));
    if (next(2) === 0) bytes.set([1, 0, 44, 0].slice(0, bytes.length));
    if (outcome(bytes, 0x00).text !== outcome(bytes, 0xff).text) expect.fail(Buffer.from(bytes).toString('hex'));
  }
});

const Text = struct({ text: t.utf8, raw: t.bytes });
const TEXT = Buffer.from(encode(Text, { text: 'é', raw: Uint8Array.of(1, 2) }));

/** The record with some bytes replaced. */
function damaged(at: number, ...bytes: number[]): Uint8Array {
  const copy = Uint8Array.from(TEXT);
  copy.set(bytes, at);
  return copy;
}

test.each<[string, Uint8Array, 'text' | 'raw']>([
  ['an empty value', new Uint8Array(0), 'text'],
  ['a value too short for a header', TEXT.subarray(0, 3), 'text'],
  ['another format version', damaged(0, 2), 'text'],
  ['flags', damaged(1, 1), 'text'],
  ['a fixed part that ends outside', TEXT.subarray(0, 12), 'text'],
  ['a fixed part that ends outside, behind an absent field', damaged(4, 0, 0, 0, 0).subarray(0, 12), 'text'],
  ['a fixed part that ends inside a field', damaged(2, 12), 'raw'],
  ['an offset outside', damaged(4, 0xff), 'text'],
  ['an offset into the header', damaged(4, 1), 'text'],
  ['an offset into the fixed part', damaged(4, 8), 'text'],
  ['an offset of nearly 4 GiB', damaged(4, 0xff, 0xff, 0xff, 0xff), 'text'],
  ['a length that leads outside', damaged(8, 5), 'text'],
  ['a length of nearly 2 GiB', damaged(8, 0xff, 0xff, 0xff, 0x7f), 'text'],
  ['a text that is not UTF-8', damaged(8, 1), 'text'],
  ['a text that is marked as ASCII and is not', damaged(11, 0x80), 'text'],
  ['bytes that are marked as ASCII', damaged(19, 0x80), 'raw'],
])('%s is ERR_CODEC', (_, bytes, name) => {
  const view = decode(Text, bytes);
  expect(thrown(() => view[name]).code).toBe('ERR_CODEC');
  expect(inspect(view)).toContain('not a struct record');
});

test('absent is the zero of the type', () => {
  const view = decode(Text, damaged(4, 0, 0, 0, 0));
  expect([view.text, view.raw.byteLength]).toEqual(['', 2]);
});

test.each<[string, { view: ReturnType<typeof decode> }, string]>([
  ['a bool of 2', { view: decode(struct({ x: t.bool }), Uint8Array.of(1, 0, 1, 0, 2)) }, 'bool'],
  ['a presence of 2', { view: decode(struct({ x: t.optional(t.u8) }), Uint8Array.of(1, 0, 2, 0, 2, 0)) }, 'presence'],
  [
    'a date of NaN',
    { view: decode(struct({ x: t.date }), Uint8Array.of(1, 0, 8, 0, 1, 0, 0, 0, 0, 0, 0xf8, 0x7f)) },
    'date',
  ],
])('%s is ERR_CODEC', (_, { view }, word) => {
  const error = thrown(() => (view as { x: unknown }).x);
  expect([error.code, error.message]).toEqual(['ERR_CODEC', expect.stringContaining(word)]);
});

test('a malformed record can still be handled as bytes', () => {
  const sink = sinkOf(decode(Text, damaged(0, 9)));
  expect([sink.byteAt(0), sink.byteLength]).toEqual([9, TEXT.length]);
});
