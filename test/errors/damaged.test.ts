import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bytes, type Collection, type Environment, hashJoin, type Sink, uint32, type Value } from '../../lib/index.ts';
import { codeOf, openAt, rejection, temporaryFolder } from '../support/fixture.ts';

type Items = Collection<number, Uint8Array | Sink, number, Value>;

const PAGE = 4096;
const HEADER = 16;
const ENTRIES = 2000;
const codecs = { key: uint32, value: bytes };

/** How LMDB's pages lie in a file: each function gives offsets in it. */
function layoutOf(data: Buffer) {
  const nodes = (page: number): number[] =>
    Array.from(
      { length: (data.readUInt16LE(page + 12) - HEADER) / 2 },
      (_, i) => page + data.readUInt16LE(page + HEADER + 2 * i),
    );
  const newest = data.readBigUInt64LE(144) > data.readBigUInt64LE(PAGE + 144) ? 0 : PAGE;
  const nameOf = (node: number): string => data.toString('latin1', node + 8, node + 8 + data.readUInt16LE(node + 6));
  const record = nodes(Number(data.readBigUInt64LE(newest + 128)) * PAGE).find(
    (node) => nameOf(node) === 'damaged',
  ) as number;
  const root = Number(data.readBigUInt64LE(record + 8 + data.readUInt16LE(record + 6) + 40)) * PAGE;
  return { root, children: nodes(root) };
}

/** Each function damages the path to the last leaf of the collection 'damaged', and nothing else. */
const damages: Record<string, (data: Buffer) => void> = {
  'a leaf without a header': (data) => {
    const { children } = layoutOf(data);
    const leaf = data.readUInt16LE(children.at(-1) as number) * PAGE;
    data.fill(0, leaf, leaf + HEADER);
  },
  'a page number beyond the end': (data) => {
    data.writeUInt32LE(0x7fff_0000, layoutOf(data).children.at(-1) as number);
  },
  'a branch that names itself': (data) => {
    const { root, children } = layoutOf(data);
    data.writeUInt32LE(root / PAGE, children.at(-1) as number);
  },
};

function world(damage: string): { env: Environment; damaged: Items; sound: Items } {
  const folder = temporaryFolder();
  const before = openAt(folder);
  for (const name of ['damaged', 'sound']) {
    const items = before.collection(name, codecs);
    before.write(() => {
      for (let i = 0; i < ENTRIES; i++) items.append(i, Buffer.alloc(100, name));
    });
  }
  before.close();
  const file = join(folder, 'data.mdb');
  const data = readFileSync(file);
  (damages[damage] as (data: Buffer) => void)(data);
  writeFileSync(file, data);
  const env = openAt(folder);
  return { env, damaged: env.collection('damaged', codecs), sound: env.collection('sound', codecs) };
}

const LAST = ENTRIES - 1;

describe.each(Object.keys(damages))('%s', (damage) => {
  test('fails the reads that need it, and no other of the same transaction or of one beside it', () => {
    const { env, damaged, sound } = world(damage);
    using txn = env.read();
    using beside = env.read();
    const failing: Record<string, () => unknown> = {
      get: () => damaged.get(LAST, txn),
      has: () => damaged.has(LAST, txn),
      getMany: () => damaged.getMany([1, LAST], txn),
      getBuffer: () => damaged.getBuffer(LAST, txn),
      range: () => damaged.range({ gte: LAST }, txn).toArray(),
      reverse: () => damaged.range({ reverse: true }, txn).toArray(),
      scan: () => damaged.scan({ gte: LAST }, () => {}, txn),
      'without a transaction': () => damaged.get(LAST),
    };
    for (const [name, read] of Object.entries(failing)) {
      expect([name, codeOf(read)]).toEqual([name, 'MDB_CORRUPTED']);
      const seen = [txn, beside].flatMap((open) => [
        damaged.get(0, open)?.byteLength,
        sound.get(LAST, open)?.byteLength,
        sound.has(0, open),
        sound.getMany([0, LAST], open).length,
        sound.range({}, open).count(),
        sound.count({}, open),
        sound.stat(open).entries,
        [
          ...hashJoin({
            build: { range: sound.range({ limit: 2 }, open), on: 'key' },
            probe: { range: sound.range({ limit: 2 }, open), on: 'key' },
          }),
        ].length,
      ]);
      const expected = [100, 100, true, 2, ENTRIES, ENTRIES, ENTRIES, 2];
      expect([name, seen]).toEqual([name, [...expected, ...expected]]);
      expect([sound.get(1)?.byteLength, env.read(() => sound.count())]).toEqual([100, ENTRIES]);
    }
  });

  test('ends a range there, behind every entry that stands before it', () => {
    const { env, damaged } = world(damage);
    using txn = env.read();
    const first = damaged.range({}, txn)[Symbol.iterator]();
    let entries = 0;
    expect(
      codeOf(() => {
        while (first.next().done !== true) entries++;
      }),
    ).toBe('MDB_CORRUPTED');
    expect(entries).toBeGreaterThan(ENTRIES * 0.9);
    // LMDB's cursor would begin again at the first entry.
    let more: unknown;
    try {
      more = first.next().done;
    } catch (error) {
      more = (error as { code: string }).code;
    }
    expect(['MDB_CORRUPTED', true]).toContain(more);
    expect(damaged.range({ limit: 10 }, txn).toArray()).toHaveLength(10);
  });

  test('fails the writes that need it, and none after or beside them', async () => {
    const { env, damaged, sound } = world(damage);
    expect(codeOf(() => damaged.put(LAST, Buffer.from('x')))).toBe('MDB_CORRUPTED');
    expect(codeOf(() => env.write(() => [sound.put(0, Buffer.from('x')), damaged.del(LAST)]))).toBe('MDB_CORRUPTED');
    expect(sound.get(0)?.byteLength).toBe(100);
    sound.put(0, Buffer.from('after'));
    expect(sound.get(0)?.toBuffer().toString()).toBe('after');
    // If it fails in a nested transaction, the outer one goes on.
    env.write(() => {
      expect(codeOf(() => env.write(() => damaged.put(LAST, Buffer.from('x'))))).toBe('MDB_CORRUPTED');
      sound.put(1, Buffer.from('beside a child'));
    });
    const put = (collection: Items, key: number) =>
      env.batch([{ type: 'put', collection, key, value: Buffer.from('batch') }]);
    const settled = await Promise.allSettled([put(sound, 2), put(damaged, LAST), put(sound, 3)]);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((await rejection(put(damaged, LAST))).code).toBe('MDB_CORRUPTED');
    const written = [1, 2, 3].map((key) => sound.get(key)?.toBuffer().toString());
    expect(written).toEqual(['beside a child', 'batch', 'batch']);
  });

  test('that a write transaction reads fails that transaction as a whole, whoever catches the error', () => {
    const { env, damaged, sound } = world(damage);
    const reads = [() => damaged.get(LAST), () => damaged.range({ gte: LAST }).toArray()];
    for (const read of reads) {
      let caught = '';
      const thrownCode = codeOf(() =>
        env.write(() => {
          sound.put(5, Buffer.from('half'));
          caught = codeOf(read);
        }),
      );
      expect([caught, thrownCode]).toEqual(['MDB_CORRUPTED', 'MDB_BAD_TXN']);
      expect(sound.get(5)?.byteLength).toBe(100);
    }
  });
});
