import fc from 'fast-check';
import { expect, test } from 'vitest';
import { writer } from '../../lib/base/writer.ts';
import { json, utf8 } from '../../lib/index.ts';
import {
  CHANGE_CHECK,
  CHANGE_CHECK_RANGE,
  RANGE_LOWER,
  RANGE_LOWER_OPEN,
  RANGE_UPPER,
  RANGE_UPPER_OPEN,
} from '../../lib/native/constants.ts';
import type { Handle } from '../../lib/native/handles.ts';
import { native } from '../../lib/native/native.ts';
import { writeRange } from '../../lib/transaction/clear-range.ts';
import { EnvironmentState } from '../../lib/transaction/environment-state.ts';
import { codeOf, openAt, openTemporary } from '../support/fixture.ts';

interface Bounds {
  flags: number;
  lower: string;
  upper: string;
}

/** Makes a check in a write transaction. `write` writes the value, and returns the position at which the key begins. */
function check(transaction: Handle, name: string, kind: number, version: number, write: () => number): number {
  const start = writer.position;
  try {
    writer.reserve(8);
    new DataView(writer.bytes.buffer, writer.bytes.byteOffset).setBigUint64(start, BigInt(version));
    writer.position += 8;
    const keyAt = write();
    const { bytes, position } = writer;
    const value = bytes.slice(start, keyAt);
    const id = native.findCollection(transaction, name);
    return native.change(transaction, id, keyAt, position - keyAt, value, 0, value.length, kind) as number;
  } finally {
    writer.position = start;
  }
}

const checkRange = (transaction: Handle, name: string, version: number, { flags, lower, upper }: Bounds): number =>
  check(transaction, name, CHANGE_CHECK_RANGE, version, () =>
    writeRange(flags, 2 ** 53, Buffer.from(lower), Buffer.from(upper)),
  );

function checkKey(transaction: Handle, name: string, version: number, key: string): number {
  return check(transaction, name, CHANGE_CHECK, version, () => {
    const keyAt = writer.position;
    writer.reserve(key.length);
    writer.bytes.set(Buffer.from(key), keyAt);
    writer.position += key.length;
    return keyAt;
  });
}

/** Calls `fn` in a write transaction on a separate handle of the environment, with the transaction's native handle. */
function inside<T>(path: string, fn: (transaction: Handle) => T): T {
  const environment = new EnvironmentState(path, { durability: 'nosync' });
  const transaction = native.writeBegin(environment.native, 1000);
  try {
    return fn(transaction);
  } finally {
    native.writeAbort(transaction);
    environment.close();
  }
}

const key = fc.constantFrom('a', 'b', 'ba', 'c', 'd', 'e', 'f');
const bounds: fc.Arbitrary<Bounds> = fc.record({
  flags: fc.constantFrom(
    ...[0, RANGE_LOWER, RANGE_LOWER | RANGE_LOWER_OPEN].flatMap((lower) =>
      [0, RANGE_UPPER, RANGE_UPPER | RANGE_UPPER_OPEN].map((upper) => lower | upper),
    ),
  ),
  lower: key,
  upper: key,
});
/** Keys that a commit puts (into one collection or another), or a key from which it clears. */
const commit = fc.oneof(
  { weight: 5, arbitrary: fc.record({ keys: fc.array(key, { minLength: 1, maxLength: 3 }), other: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ from: key, to: key }) },
);

const inBounds = ({ flags, lower, upper }: Bounds, each: string): boolean =>
  ((flags & RANGE_LOWER) === 0 || ((flags & RANGE_LOWER_OPEN) === 0 ? each >= lower : each > lower)) &&
  ((flags & RANGE_UPPER) === 0 || ((flags & RANGE_UPPER_OPEN) === 0 ? each <= upper : each < upper));

test('CHANGE_CHECK_RANGE holds if no commit after the version, and nothing in the transaction, has changed a key of the range', () => {
  fc.assert(
    fc.property(
      fc.array(commit, { minLength: 1, maxLength: 12 }),
      fc.array(bounds, { minLength: 20, maxLength: 20 }),
      (commits, all) => {
        const env = openTemporary();
        const items = env.collection('items', { key: utf8, value: json, versions: true });
        const others = env.collection('others', { key: utf8, value: json, versions: true });
        env.write(() => {
          for (const each of ['a', 'b', 'c', 'd', 'e', 'f']) items.put(each, 0);
        });
        // The change of each commit, from tid 2 on: keys, or a range.
        const changed: (string[] | Bounds | undefined)[] = [];
        for (const each of commits) {
          if ('keys' in each) {
            env.write(() => {
              for (const one of each.keys) (each.other ? others : items).put(one, 1);
            });
            changed.push(each.other ? undefined : each.keys);
          } else if (items.clear({ gte: each.from, lt: each.to }) > 0) {
            changed.push({ flags: RANGE_LOWER | RANGE_UPPER | RANGE_UPPER_OPEN, lower: each.from, upper: each.to });
          }
        }
        const last = env.read(({ tid }) => tid);
        expect(last).toBe(1 + changed.length);
        inside(env.path, (transaction) => {
          for (const range of all) {
            for (let version = 0; version <= last; version++) {
              const since = [
                version === 0 ? ['a', 'b', 'c', 'd', 'e', 'f'] : undefined,
                ...changed.slice(Math.max(0, version - 1)),
              ];
              const points = ['a', 'b', 'ba', 'c', 'd', 'e', 'f'].flatMap((one) => [one, `${one}\0`, `${one}x`]);
              const touched = since.some((what) =>
                what === undefined
                  ? false
                  : Array.isArray(what)
                    ? what.some((one) => inBounds(range, one))
                    : points.some((one) => inBounds(range, one) && inBounds(what, one)),
              );
              expect(checkRange(transaction, 'items', version, range), JSON.stringify({ range, version })).toBe(
                touched ? 0 : 1,
              );
            }
            expect(checkRange(transaction, 'items', last + 1, range)).toBe(0);
          }
        });
        env.close();
      },
    ),
    { numRuns: 10 },
  );
});

test('checks see what their own transaction and the ones around it have changed, and not what was rolled back', () => {
  const env = openTemporary();
  const items = env.collection('items', { key: utf8, value: json, versions: true });
  items.put('a', 1);
  const from = (lower: string): Bounds => ({ flags: RANGE_LOWER, lower, upper: '' });
  inside(env.path, (outer) => {
    const put = (transaction: Handle, name: string): void => {
      writer.bytes.set(Buffer.from(name));
      native.change(
        transaction,
        native.findCollection(transaction, 'items'),
        0,
        name.length,
        new Uint8Array(1),
        0,
        1,
        0,
      );
    };
    expect([checkRange(outer, 'items', 1, from('a')), checkKey(outer, 'items', 1, 'a')]).toEqual([1, 1]);
    put(outer, 'm');
    expect([checkRange(outer, 'items', 1, from('a')), checkRange(outer, 'items', 1, from('n'))]).toEqual([0, 1]);
    expect([
      checkKey(outer, 'items', 0, 'm'),
      checkKey(outer, 'items', 2, 'm'),
      checkKey(outer, 'items', 0, 'n'),
    ]).toEqual([0, 1, 1]);
  });
  inside(env.path, (transaction) => {
    expect([checkRange(transaction, 'items', 1, from('a')), checkKey(transaction, 'items', 0, 'm')]).toEqual([1, 1]);
  });
});

test('a range is in conflict if the log does not reach back to the version', () => {
  const env = openTemporary({ changes: { count: 1 } });
  const items = env.collection('items', { key: utf8, value: json, versions: true });
  for (let i = 0; i < 5; i++) items.put('a', i);
  const z: Bounds = { flags: RANGE_LOWER, lower: 'z', upper: '' };
  inside(env.path, (transaction) => {
    expect([3, 4, 5, 6].map((version) => checkRange(transaction, 'items', version, z))).toEqual([0, 1, 1, 0]);
  });
});

test('checks are refused for collections without versions, and if they are not well-formed', () => {
  const env = openTemporary();
  env.collection('plain', { key: utf8, value: utf8 }).put('a', 'b');
  inside(env.path, (transaction) => {
    expect(codeOf(() => checkKey(transaction, 'plain', 0, 'a'))).toBe('ERR_INVALID_ARG_VALUE');
    const id = native.findCollection(transaction, 'plain');
    for (const size of [0, 7, 8, 19]) {
      expect(
        codeOf(() => native.change(transaction, id, 0, 1, new Uint8Array(size), 0, size, CHANGE_CHECK_RANGE)),
      ).toBe('ERR_INVALID_ARG_TYPE');
    }
  });
  expect(openAt(env.path).collection('plain').count()).toBe(1);
});
