// The values of a collection with versions. Each test also runs the same calls on a collection without versions, since no read may show
// the header that precedes each stored value.
import { describe, expect, test } from 'vitest';
import { bytes, type Environment, hashJoin, type Sink, utf8 } from '../../lib/index.ts';
import { collect, collectionOf, openTemporary } from '../support/fixture.ts';

const LENGTHS = [0, 1, 7, 8, 9, 30, 200, 2000, 5000, 40_000, 300_000];

const openIn = (env: Environment, name: string, versions: boolean) =>
  env.collection(name, { key: utf8, value: bytes, versions });
type Items = ReturnType<typeof openIn>;
type ItemsInside = ReturnType<Items['in']>;

/** Two collections with the same entries, one of them with versions. Every put is a separate commit. */
function twins(count = 60): { env: Environment; plain: Items; versioned: Items } {
  const env = openTemporary();
  const plain = openIn(env, 'plain', false);
  const versioned = openIn(env, 'versioned', true);
  for (let i = 0; i < count; i++) {
    const value = valueFor(i, LENGTHS[i % LENGTHS.length] as number);
    plain.put(keyOf(i), value);
    versioned.put(keyOf(i), value);
  }
  return { env, plain, versioned };
}

const keyOf = (i: number): string => `key ${String(i).padStart(4, '0')}`;
const valueFor = (i: number, length: number): Buffer => Buffer.alloc(length, `${i} `);
const text = (sink: unknown): string => (sink === undefined ? 'absent' : (sink as Sink).toBuffer().toString('latin1'));

const bytesOf = (buffer: Buffer | undefined): string | undefined => buffer?.toString('latin1');

/** Everything that a Readable returns. */
function contentOf(items: Items | ItemsInside): unknown[] {
  const content: unknown[] = [];
  const keys = ['nothing', ...Array.from({ length: 60 }, (_, i) => keyOf(i))];
  for (const key of keys) content.push([key, text(items.get(key)), items.has(key)]);
  content.push(items.getMany(keys).map(text));
  for (const options of [{}, { reverse: true }, { gt: keyOf(7), limit: 9 }]) {
    content.push(Array.from(items.range(options), ({ key, value }) => [String(key), text(value)]));
    content.push(Array.from(items.range(options).keys(), String), Array.from(items.range(options).values(), text));
    items.scan(options, ({ key, value }) => {
      content.push([String(key), text(value)]);
    });
    content.push(items.count(options));
  }
  return content;
}

/** Checks that entries of ranges and scans have the same version as the collection reports for the key. */
function versionsOf(items: Items | ItemsInside): void {
  const seen: [string, number | undefined][] = [];
  for (const reverse of [false, true]) {
    for (const { key, version } of items.range({ reverse })) seen.push([String(key), version]);
    items.scan({ reverse }, ({ key, version }) => {
      seen.push([String(key), version]);
    });
  }
  expect(seen.length).toBe(4 * items.count());
  for (const [key, version] of seen) expect(version, key).toBe(items.version(key));
}

describe('reading gives what a collection without versions gives', () => {
  test('in a call of its own', () => {
    const { plain, versioned } = twins();
    expect(contentOf(versioned)).toEqual(contentOf(plain));
    versionsOf(versioned);
  });

  test('in a read transaction', () => {
    const { env, plain, versioned } = twins();
    env.read((txn) => {
      expect(contentOf(versioned.in(txn))).toEqual(contentOf(plain.in(txn)));
      versionsOf(versioned.in(txn));
      for (let i = 0; i < 60; i++) {
        expect(bytesOf(versioned.getBuffer(keyOf(i)))).toBe(bytesOf(plain.getBuffer(keyOf(i))));
        expect(bytesOf(versioned.get(keyOf(i))?.asBuffer())).toBe(bytesOf(plain.get(keyOf(i))?.asBuffer()));
      }
    });
  });

  test('in a write transaction, its own writes included', () => {
    const { env, plain, versioned } = twins();
    env.write((txn) => {
      for (const items of [plain, versioned]) {
        for (let i = 0; i < 60; i += 7) items.put(keyOf(i), valueFor(i + 1000, LENGTHS[(i * 5) % 11] as number));
        for (let i = 3; i < 60; i += 9) items.del(keyOf(i));
      }
      expect(contentOf(versioned.in(txn))).toEqual(contentOf(plain.in(txn)));
      versionsOf(versioned.in(txn));
      for (let i = 0; i < 60; i++) {
        expect(bytesOf(versioned.getBuffer(keyOf(i)))).toBe(bytesOf(plain.getBuffer(keyOf(i))));
      }
    });
    expect(contentOf(versioned)).toEqual(contentOf(plain));
  });

  test('after a batch, append, putNew and clear', async () => {
    const { env, plain, versioned } = twins();
    for (const items of [plain, versioned]) {
      await env.batch([
        { type: 'put', collection: items, key: keyOf(5), value: valueFor(5, 100_000) },
        { type: 'put', collection: items, key: keyOf(6), value: valueFor(6, 3) },
        { type: 'del', collection: items, key: keyOf(7) },
      ]);
      items.append('z', valueFor(1, 12));
      expect(items.putNew('z', valueFor(2, 12))).toBe(false);
      expect(items.putNew('y', valueFor(2, 12))).toBe(true);
      items.clear({ gte: keyOf(30), lt: keyOf(40) });
    }
    expect(contentOf(versioned)).toEqual(contentOf(plain));
    versionsOf(versioned);
  });

  test('in a join, whose entries have versions', () => {
    const { env, versioned } = twins();
    const other = env.collection('other', { key: utf8, value: utf8 });
    for (let i = 0; i < 60; i += 2) other.put(keyOf(i), `other ${i}`);
    env.read((txn) => {
      const join = hashJoin({
        build: { range: versioned.range({}, txn), on: 'key' },
        probe: { range: other.range({}, txn), on: 'key' },
      });
      let pairs = 0;
      for (const { build, probe } of join) {
        const key = String(build.key);
        expect([text(build.value), build.version, probe.version]).toEqual([
          text(versioned.get(key)),
          versioned.version(key),
          undefined,
        ]);
        pairs++;
      }
      expect(pairs).toBe(30);
    });
  });
});

test('entries that are still held after their transaction have the value and the version of its snapshot', async () => {
  const { env, versioned } = twins();
  const txn = env.read();
  const entries = [...versioned.range({}, txn)];
  const before = entries.map(({ key, value, version }) => [String(key), text(value), version]);
  txn.end();
  // Two commits later LMDB overwrites the pages of the snapshot.
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < 60; i++) versioned.put(keyOf(i), valueFor(i + 5000, LENGTHS[(i + round) % 11] as number));
    await collect();
  }
  expect(entries.map(({ value }) => value.state)).toEqual(entries.map(() => 'copied'));
  expect(entries.map(({ key, value, version }) => [String(key), text(value), version])).toEqual(before);
});

describe('version()', () => {
  test('is 0 for a key that is absent, and grows with each commit that writes the key', () => {
    const { items } = collectionOf({ key: utf8, value: utf8, versions: true });
    expect(items.version('a')).toBe(0);
    items.put('a', '1');
    const first = items.version('a');
    expect(first).toBeGreaterThan(0);
    items.put('b', '1');
    expect(items.version('a')).toBe(first);
    items.del('a');
    expect(items.version('a')).toBe(0);
  });

  test('of what a snapshot sees', () => {
    const { env, items } = collectionOf({ key: utf8, value: utf8, versions: true });
    items.put('a', '1');
    const first = items.version('a');
    const txn = env.read();
    items.put('a', '2');
    expect(items.version('a', txn)).toBe(first);
    expect(items.in(txn).version('a')).toBe(first);
    txn.end();
  });
});
