import { expect, test } from 'vitest';
import { hashJoin, Key, mergeJoin, struct, t, tuple, uint32 } from '../../lib/index.ts';
import { codeOf, openAt, temporaryFolder, thrown } from '../support/fixture.ts';
import { runs } from '../support/runs.ts';
import { encode, random } from '../support/sinks.ts';
import { type AnyEntry, type AnyOn, isInJoinOrder, plainJoin } from './plain-join.ts';

// Most of the time would go into the stacks of errors that nobody sees.
Error.stackTraceLimit = 0;

const Record = struct({
  ...{ number: t.u32, maybe: t.optional(t.u16), text: t.utf8, flag: t.bool, when: t.date, long: t.i64 },
  ...{ blob: t.optional(t.bytes), maybeFlag: t.optional(t.bool), maybeText: t.optional(t.utf8), float: t.f32 },
});
const FIELDS = ['number', 'maybe', 'text', 'flag', 'when', 'long', 'blob', 'maybeFlag', 'maybeText', 'float'];
const WHOLE = encode(Record, {
  ...{ number: 5, maybe: 7, text: 'Zürich', flag: true, when: new Date(5), long: -1n, float: 1.5 },
  ...{ blob: Uint8Array.of(4), maybeFlag: false, maybeText: 'ascii' },
});
const PARTS = Key.of(
  null,
  true,
  5,
  -(2n ** 70n),
  2n ** 64n,
  0.5,
  'a\0b',
  Uint8Array.of(0, 1),
  [null, 'x'],
  'end',
).toBuffer();
const LIKELY = [
  0, 0, 1, 2, 5, 0x0b, 0x0c, 0x13, 0x14, 0x15, 0x1c, 0x1d, 0x20, 0x21, 0x26, 0x27, 0x30, 0x33, 0xff, 0xff,
];

const RUNS = runs(6_000, 200_000);

test(`${RUNS} damaged keys and records join as they read, or are ERR_CODEC`, { timeout: 600_000 }, () => {
  const seed = 20_261_122;
  const next = random(seed);
  const path = temporaryFolder();
  // Two handles on one database: what the first writes as bytes, the second reads as tuples and records.
  const writing = openAt(path);
  const raw = writing.main;
  const env = openAt(path);
  const items = env.collection(null, { key: tuple, value: Record });
  let malformed = 0;
  let joined = 0;
  for (let run = 0; run < RUNS; run++) {
    const key = damaged(PARTS, next).subarray(next(4) === 0 ? next(PARTS.length) : 0);
    writing.write(() => {
      raw.clear();
      raw.put(key.length === 0 ? Uint8Array.of(2) : key, damaged(WHOLE, next));
    });
    const on = (): AnyOn[] => {
      const part: AnyOn = next(2) === 0 ? { key: next(11) } : { field: FIELDS[next(FIELDS.length)] as string };
      return next(4) === 0 ? [part, part] : [part];
    };
    const wanted = on();
    const txn = env.read();
    const range = items.range({}, txn);
    const options = { build: { range, on: wanted as never }, probe: { range, on: wanted as never } };
    const message = `seed ${seed}, run ${run}`;
    const expected = plainOutcome(range.toArray(), wanted);
    for (const join of [hashJoin, mergeJoin]) {
      const found = outcome(() => join(options).toArray().length);
      const counted = outcome(() => join(options).count());
      // Calling expect() for each case would take longer than the joins.
      if (counted !== found) expect(counted, message).toBe(found);
      if (expected !== 'not text' && found !== expected) {
        expect(found, `${message}, on ${JSON.stringify(wanted)}`).toBe(expected);
      }
    }
    txn.end();
    if (expected === 'ERR_CODEC') malformed++;
    else joined++;
  }
  expect(malformed).toBeGreaterThan(RUNS / 20);
  expect(joined).toBeGreaterThan(RUNS / 4);
});

function damaged(whole: Uint8Array, next: (below: number) => number): Uint8Array {
  const bytes = next(3) === 0 ? whole.slice(0, next(whole.length + 1)) : whole.slice();
  for (let damage = next(4); damage > 0 && bytes.length > 0; damage--) {
    bytes[next(bytes.length)] = next(2) === 0 ? next(256) : (LIKELY[next(LIKELY.length)] as number);
  }
  return bytes;
}

function outcome(fn: () => unknown): unknown {
  try {
    return fn();
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code !== 'ERR_CODEC') throw error;
    const wanted = /, in the entry with the key [0-9a-f]*…?: the (key|stored value) is not a /;
    if (!wanted.test(message)) expect(message).toMatch(wanted);
    return code;
  }
}

/** A join compares texts by their bytes, also those that are no UTF-8 and cannot be read. */
function plainOutcome(entries: readonly AnyEntry[], on: readonly AnyOn[]): unknown {
  try {
    isInJoinOrder(entries, on);
    return plainJoin(entries, on, entries, on, 'inner').length;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code !== 'ERR_CODEC') throw error;
    return /UTF-8|ASCII/.test(message) ? 'not text' : code;
  }
}

test('the error names the field, the collection and the entry', () => {
  const path = temporaryFolder();
  const raw = openAt(path).main;
  const items = openAt(path).collection(null, { key: tuple, value: Record });
  raw.put(Key.of('x').toBuffer(), Uint8Array.of(1, 0, 9));
  const side = { range: items.range(), on: { field: 'text' } } as const;
  const error = thrown(() => hashJoin({ build: side, probe: side }).count());
  expect([error.code, error.message]).toEqual([
    'ERR_CODEC',
    "the join: field 'text' of the unnamed database, in the entry with the key 027800: the stored value is not a struct record of this schema: it is too short for a header",
  ]);
});

test('a uint32 key of another length is ERR_CODEC', () => {
  const path = temporaryFolder();
  openAt(path).main.put(Uint8Array.of(1, 2, 3), Uint8Array.of());
  const items = openAt(path).collection(null, { key: uint32, value: Record });
  const side = { range: items.range(), on: 'key' } as const;
  expect(codeOf(() => hashJoin({ build: side, probe: side }).count())).toBe('ERR_CODEC');
});

test('a malformed entry is noticed on the probe side of an empty build side, too', () => {
  const path = temporaryFolder();
  openAt(path).main.put(Uint8Array.of(0x77), Uint8Array.of());
  const items = openAt(path).collection(null, { key: tuple, value: Record });
  const join = hashJoin({
    build: { range: items.range({ limit: 0 }), on: { key: 0 } },
    probe: { range: items.range(), on: { key: 0 } },
  });
  expect(codeOf(() => join.count())).toBe('ERR_CODEC');
});
