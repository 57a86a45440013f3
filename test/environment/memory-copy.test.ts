import { describe, expect, test } from 'vitest';
import type { Collection, Environment, KeyPart, Sink } from '../../lib/index.ts';
import { bytes, Key, sinkOf, struct, t, tuple, type Value } from '../../lib/index.ts';
import { openAt, openTemporary } from '../support/fixture.ts';

const Row = struct({ id: t.u32, data: t.bytes, name: t.utf8 });

function fill(env: Environment): void {
  const rows = env.collection('rows', { key: tuple, value: Row });
  const blobs = env.collection('blobs', { key: tuple, value: bytes });
  env.write(() => {
    for (let i = 0; i < 1500; i++) {
      rows.put(['row', i], { id: i, data: Buffer.from(`data ${i}`), name: `name ${i}` });
      blobs.put(['blob', i], Buffer.alloc(i % 100 === 0 ? 100_000 : 20, `${i} `));
    }
  });
}

type Blobs = Collection<readonly KeyPart[] | Key, Uint8Array | Sink, Key, Value>;

/** Everything that a transaction can read, the states of the sinks that it gave, and these sinks. */
function readAll(
  env: Environment,
  how: 'own' | 'read' | 'write',
): { seen: unknown[]; states: Set<string>; held: Sink[] } {
  const rows = env.collection('rows', { key: tuple, value: Row });
  const blobs = env.collection('blobs') as unknown as Blobs;
  const seen: unknown[] = [];
  const held: Sink[] = [];
  const look = (key: Key, value: Value): void => {
    held.push(key, value);
    seen.push(key.toArray(), value.hash(), value.byteLength, key.slice(1).toHex());
  };
  const run = (): void => {
    for (const options of [
      {},
      { reverse: true, limit: 700 },
      { gt: ['blob', 90], lte: ['blob', 110] },
      { prefix: ['blob', 7] },
    ]) {
      for (const { key, value } of blobs.range(options)) look(key, value);
      for (const key of blobs.range(options).keys()) seen.push(key.hash());
      blobs.scan(options, ({ key, value }) => look(key.keep(), value.keep()));
      seen.push(blobs.count(options), blobs.range(options).values().count());
    }
    for (const { value } of rows.range({ limit: 50 })) {
      held.push(sinkOf(value));
      seen.push(value.toObject());
    }
    const keys = [['blob', 1], ['blob', 100], ['none'], ['blob', 1499]] as const;
    for (const key of keys) {
      const value = blobs.get(key);
      seen.push(blobs.has(key), value?.hash());
      if (value !== undefined) held.push(value);
    }
    seen.push(blobs.getMany(keys).map((value) => value?.hash()));
    if (how !== 'own') seen.push(keys.map((key) => blobs.getBuffer(key)?.toString('latin1')));
  };
  if (how === 'own') run();
  else if (how === 'read') env.read(run);
  else env.write(run);
  return { seen, states: new Set(held.map(({ state }) => state)), held };
}

describe("memory: 'copy'", () => {
  const env = openTemporary();
  fill(env);
  const copying = openTemporary({ memory: 'copy' });
  fill(copying);

  test.each(['own', 'read', 'write'] as const)('gives what lending gives, and all of it private (%s)', (how) => {
    const lent = readAll(env, how);
    const copied = readAll(copying, how);
    expect(copied.seen).toEqual(lent.seen);
    expect(copied.states).toEqual(new Set(['private']));
    expect(copying.counters()).toMatchObject({ leases: 0, drains: 0, bytesCopied: 0 });
  });

  test('has nothing to drain: what was read stays after the end, and after close()', () => {
    const other = openAt(copying.path, { memory: 'copy', onEnd: 'invalidate' });
    const txn = other.read();
    const blobs = other.collection('blobs') as unknown as Blobs;
    const value = blobs.get(['blob', 100], txn) as Value;
    const buffer = blobs.getBuffer(['blob', 100], txn) as Buffer;
    txn.end();
    expect([txn.state, value.state]).toEqual(['ended', 'private']);
    other.close();
    expect(value.equals(Buffer.alloc(100_000, '100 '))).toBe(true);
    expect(buffer.equals(Buffer.alloc(100_000, '100 '))).toBe(true);
    buffer.fill(0);
    expect(value.equals(Buffer.alloc(100_000, '100 '))).toBe(true);
  });

  test('holds for every handle on the environment that does not ask for something else', () => {
    const other = openAt(copying.path);
    expect(readAll(other, 'read').states).toEqual(new Set(['private']));
    other.close();
  });

  test('lets a scan show what lives as long as it does elsewhere', () => {
    let late: Key | undefined;
    (copying.collection('blobs') as unknown as Blobs).scan({ limit: 1 }, ({ key }) => {
      late = key;
    });
    expect(late?.state).toBe('expired');
    expect(() => late?.length).toThrow('expired');
    expect(Key.of('still works').length).toBe(1);
  });
});
