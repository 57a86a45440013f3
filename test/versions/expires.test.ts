// Values that expire. The tests shift the clock, and never wait.
import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { bytes, type Environment, exportRecords, hashJoin, mergeJoin, type Sink, utf8 } from '../../lib/index.ts';
import { pass, shiftedNow } from '../support/clock.ts';
import { openTemporary } from '../support/fixture.ts';

const MINUTE = 60_000;
const LENGTHS = [0, 1, 30, 200, 5000, 300_000];
const COUNT = 40;

const keyOf = (i: number): string => `key ${String(i).padStart(4, '0')}`;
const valueFor = (i: number): Buffer => Buffer.alloc(LENGTHS[i % LENGTHS.length] as number, `${i} `);
const text = (sink: unknown): string => (sink === undefined ? 'absent' : (sink as Sink).toBuffer().toString('latin1'));

const openIn = (env: Environment, name: string, options: { versions?: boolean; expires?: boolean | { ttl: number } }) =>
  env.collection(name, { key: utf8, value: bytes, ...options });
type Items = ReturnType<typeof openIn>;
type ItemsInside = ReturnType<Items['in']>;

/** Whether the entry number `i` of `twins` has expired. */
const isDead = (i: number): boolean => i % 3 === 1 || (i >= 20 && i < 27) || i >= COUNT - 4;

/** A collection in which some entries have expired, and a plain one that never had them. */
function twins(versions: boolean): { env: Environment; plain: Items; expiring: Items } {
  const env = openTemporary({ sweep: false });
  const plain = openIn(env, 'plain', {});
  const expiring = openIn(env, 'expiring', { versions, expires: true });
  env.write(() => {
    for (let i = 0; i < COUNT; i++) {
      if (!isDead(i)) plain.put(keyOf(i), valueFor(i));
      if (isDead(i)) expiring.putUntil(keyOf(i), valueFor(i), shiftedNow() + MINUTE);
      else if (i % 2 === 0) expiring.putUntil(keyOf(i), valueFor(i), shiftedNow() + 9 * MINUTE);
      else expiring.put(keyOf(i), valueFor(i));
    }
  });
  pass(2 * MINUTE);
  return { env, plain, expiring };
}

const RANGES = [
  {},
  { reverse: true },
  { gte: keyOf(20), lt: keyOf(30) },
  { gt: keyOf(7), limit: 9 },
  { gt: keyOf(7), limit: 9, reverse: true },
  { offset: 5 },
  { offset: 5, limit: 7, reverse: true },
  { lt: keyOf(40), offset: 12 },
  { gte: keyOf(COUNT - 4) },
];

/** Everything that a Readable returns. */
function contentOf(items: Items | ItemsInside): unknown[] {
  const content: unknown[] = [];
  const keys = Array.from({ length: COUNT }, (_, i) => keyOf(i));
  for (const key of keys) content.push([key, text(items.get(key)), items.has(key)]);
  content.push(items.getMany(keys).map(text));
  for (const options of RANGES) {
    content.push(options);
    content.push(Array.from(items.range(options), ({ key, value }) => [String(key), text(value)]));
    content.push(Array.from(items.range(options).keys(), String), Array.from(items.range(options).values(), text));
    items.scan(options, ({ key, value }) => {
      content.push([String(key), text(value)]);
    });
    content.push(items.count(options));
    const rows = items.range(options)[Symbol.iterator]();
    rows.next();
    rows.seek(keyOf(21));
    content.push(Array.from(rows, ({ key }) => String(key)));
  }
  return content;
}

describe.each([false, true])('with versions: %s, what has expired is absent', (versions) => {
  test('in a call of its own', () => {
    const { plain, expiring } = twins(versions);
    expect(contentOf(expiring)).toEqual(contentOf(plain));
  });

  test('in a read transaction', () => {
    const { env, plain, expiring } = twins(versions);
    env.read((txn) => {
      expect(contentOf(expiring.in(txn))).toEqual(contentOf(plain.in(txn)));
      for (let i = 0; i < COUNT; i++) {
        expect(expiring.getBuffer(keyOf(i))?.toString()).toBe(plain.getBuffer(keyOf(i))?.toString());
        if (versions && isDead(i)) expect(expiring.version(keyOf(i))).toBe(0);
      }
    });
  });

  test('in a write transaction, whose own writes count', () => {
    const { env, plain, expiring } = twins(versions);
    env.write((txn) => {
      for (const items of [plain, expiring]) {
        for (let i = 0; i < COUNT; i += 7) items.put(keyOf(i), valueFor(i + 1));
        for (let i = 3; i < COUNT; i += 9) items.del(keyOf(i));
      }
      expect(contentOf(expiring.in(txn))).toEqual(contentOf(plain.in(txn)));
    });
    expect(contentOf(expiring)).toEqual(contentOf(plain));
  });

  test('in a range that writes while it is read', () => {
    const { env, plain, expiring } = twins(versions);
    const seen = [plain, expiring].map((items) =>
      env.write((txn) => {
        const keys: string[] = [];
        for (const { key } of items.in(txn).range()) {
          keys.push(String(key));
          if (keys.length % 2 === 0) items.del(String(key));
          if (keys.length === 5) items.put(keyOf(22), valueFor(22));
        }
        return keys;
      }),
    );
    expect(seen[1]).toEqual(seen[0]);
  });

  test('in joins', () => {
    const { env, plain, expiring } = twins(versions);
    for (const join of [hashJoin, mergeJoin]) {
      const joined = (build: Items, probe: Items): string[] => {
        const side = (items: Items) => ({ range: items.range(), on: 'key' }) as const;
        return env.read(() =>
          Array.from(join({ build: side(build), probe: side(probe) }), (pair) => String(pair.probe.key)),
        );
      };
      const keys = Array.from(plain.range().keys(), String);
      expect(joined(plain, expiring)).toEqual(keys);
      expect(joined(expiring, plain)).toEqual(keys);
    }
  });

  test('in exports', async () => {
    const { env, plain, expiring } = twins(versions);
    const exported = async (items: Items): Promise<string> => {
      const chunks: Buffer[] = [];
      const write = (chunk: Buffer, _: unknown, done: () => void): void => {
        chunks.push(chunk);
        done();
      };
      await exportRecords(items, new Writable({ write }), { format: 'ndjson' });
      return Buffer.concat(chunks).toString();
    };
    // Only the export of the collection whose values expire has their times.
    const text = await exported(expiring);
    expect(text.replaceAll(/"expires":\d+,/g, '')).toBe(await exported(plain));
    env.close();
  });

  test('but an entry that was read before stays readable', () => {
    const { env, expiring } = twins(versions);
    env.read(() => {
      const value = expiring.get(keyOf(2));
      const entries = [...expiring.range()];
      const before = entries.map(({ key, value: each }) => [String(key), text(each)]);
      pass(20 * MINUTE);
      expect(expiring.get(keyOf(2))).toBeUndefined();
      expect(text(value)).toBe(valueFor(2).toString('latin1'));
      expect(entries.map(({ key, value: each }) => [String(key), text(each)])).toEqual(before);
    });
  });
});
