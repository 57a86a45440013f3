import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Collection, Environment, ReadTransaction, Sink, Value } from '../../lib/index.ts';
import { bytes, uint32 } from '../../lib/index.ts';
import { codeOf, openTemporary, thrown } from '../support/fixture.ts';
import { expectedState, lendingTest } from '../support/lending.ts';

/** Up to 32 KiB a leased Buffer is a copy, beyond it a mapping. A program must not see the difference. */
const SIZES: readonly number[] = [0, 1, 100, 32 * 1024, 32 * 1024 + 1, 2 ** 20, 5 * 2 ** 20];

interface Blobs {
  env: Environment;
  blobs: Collection<number, Uint8Array | Sink, number, Value>;
}

function content(size: number, generation: number): Buffer {
  return Buffer.alloc(size, createHash('sha256').update(`${size}/${generation}`).digest());
}

function put({ env, blobs }: Blobs, generation: number): void {
  env.write(() => {
    for (const size of SIZES) blobs.put(size, content(size, generation));
  });
}

function makeBlobs(): Blobs {
  const env = openTemporary({ mapSize: 2 ** 30 });
  const world = { env, blobs: env.collection('blobs', { key: uint32, value: bytes }) };
  put(world, 0);
  return world;
}

/** Changes every page of generation 0. The large values are rewritten now and then, the others in each commit. */
function rewrite(world: Blobs): void {
  for (let commit = 1; commit <= 1000; commit++) {
    if (commit % 100 === 0) put(world, commit);
    else world.env.write(() => world.blobs.put(100, content(100, commit)));
  }
}

const ways: Record<string, (world: Blobs, size: number, txn: ReadTransaction) => Buffer> = {
  'getBuffer()': ({ blobs }, size, txn) => blobs.getBuffer(size, txn) as Buffer,
  'asBuffer() of get()': ({ blobs }, size, txn) => (blobs.get(size, txn) as Value).asBuffer(),
  'asBuffer() of a range': ({ blobs }, size, txn) =>
    (blobs.range({ gte: size, limit: 1 }, txn).values().toArray()[0] as Value).asBuffer(),
};

describe.each(Object.entries(ways))('a leased Buffer of %s', (_, lease) => {
  test('holds the value and nothing else', () => {
    const world = makeBlobs();
    using txn = world.env.read();
    for (const size of SIZES) {
      const buffer = lease(world, size, txn);
      expect(Buffer.isBuffer(buffer)).toBe(true);
      expect([buffer.length, buffer.byteOffset, buffer.buffer.byteLength]).toEqual([size, 0, size]);
      expect(buffer.equals(content(size, 0))).toBe(true);
    }
  });

  test('takes writes that reach neither the file nor anything else that is read', async () => {
    const world = makeBlobs();
    const { blobs, env } = world;
    const txn = env.read();
    for (const size of SIZES) {
      const expected = content(size, 0);
      const value = blobs.get(size, txn) as Value;
      const other = lease(world, size, txn);
      const buffer = lease(world, size, txn);
      buffer.fill(0xee);
      expect(buffer.equals(Buffer.alloc(size, 0xee))).toBe(true);
      const readers = [
        other,
        lease(world, size, txn),
        value.toBuffer(),
        blobs.getBuffer(size, txn),
        blobs.get(size)?.toBuffer(),
      ];
      for (const reader of readers) expect(reader?.equals(expected)).toBe(true);
      expect(value.equals(expected)).toBe(true);
      env.read((later) => expect(blobs.getBuffer(size, later)?.equals(expected)).toBe(true));
    }
    txn.end();
    await txn.drained;
    for (const size of SIZES) expect(blobs.get(size)?.equals(content(size, 0))).toBe(true);
  });

  test('is what it was after the end and a thousand commits, with what was written to it (copy)', async () => {
    const world = makeBlobs();
    const txn = world.env.read();
    const held = SIZES.map((size) => lease(world, size, txn));
    const changed = SIZES.map((size) => lease(world, size, txn));
    for (const buffer of changed) buffer.fill('mine', 0, Math.min(buffer.length, 9000));
    txn.end();
    await txn.drained;
    rewrite(world);
    SIZES.forEach((size, i) => {
      expect(held[i]?.equals(content(size, 0))).toBe(true);
      const expected = content(size, 0).fill('mine', 0, Math.min(size, 9000));
      expect(changed[i]?.equals(expected)).toBe(true);
      changed[i]?.fill(7);
      expect(held[i]?.equals(content(size, 0))).toBe(true);
    });
  });

  test('is what it was after env.close()', () => {
    const world = makeBlobs();
    const txn = world.env.read();
    const held = SIZES.map((size) => lease(world, size, txn));
    world.env.close();
    SIZES.forEach((size, i) => {
      expect(held[i]?.equals(content(size, 0))).toBe(true);
      held[i]?.fill(1);
    });
  });

  lendingTest('is detached at the end, whatever its size (invalidate)', () => {
    const world = makeBlobs();
    const txn = world.env.read({ onEnd: 'invalidate' });
    const held = SIZES.map((size) => lease(world, size, txn));
    txn.end();
    for (const [i, buffer] of held.entries()) {
      expect([SIZES[i], buffer.length, buffer.buffer.byteLength]).toEqual([SIZES[i], 0, 0]);
      // Node's ArrayBuffer.detached came with 22; a view on a detached one cannot be made on any.
      expect(() => new Uint8Array(buffer.buffer)).toThrow(TypeError);
    }
  });

  lendingTest('is detached by env.close() (invalidate)', () => {
    const world = makeBlobs();
    const txn = world.env.read({ onEnd: 'invalidate' });
    const held = SIZES.map((size) => lease(world, size, txn));
    world.env.close();
    expect(held.map((buffer) => buffer.length)).toEqual(SIZES.map(() => 0));
  });
});

/** Node 22 and later. Takes the memory, as it is, out of an ArrayBuffer. */
const { transfer } = ArrayBuffer.prototype as { transfer?: (this: ArrayBufferLike) => ArrayBuffer };

describe.skipIf(transfer === undefined)('memory that was transferred out of a leased Buffer', () => {
  const take = (buffer: Buffer): Buffer => Buffer.from((transfer as () => ArrayBuffer).call(buffer.buffer));

  test('stays right (copy)', async () => {
    const world = makeBlobs();
    const txn = world.env.read();
    const moved = SIZES.map((size) => take(world.blobs.getBuffer(size, txn) as Buffer));
    txn.end();
    await txn.drained;
    rewrite(world);
    SIZES.forEach((size, i) => {
      expect(moved[i]?.equals(content(size, 0))).toBe(true);
    });
  });

  test('never shows the file after the end (invalidate)', () => {
    const world = makeBlobs();
    const txn = world.env.read({ onEnd: 'invalidate' });
    const moved = take(world.blobs.getBuffer(2 ** 20, txn) as Buffer);
    expect(moved.equals(content(2 ** 20, 0))).toBe(true);
    txn.end();
    expect(moved.every((byte) => byte === 0)).toBe(true);
    rewrite(world);
    expect(moved.every((byte) => byte === 0)).toBe(true);
  });
});

test('a Buffer that is asked of a moved or kept sink is a copy that cannot change the sink', async () => {
  const world = makeBlobs();
  const txn = world.env.read();
  const held = SIZES.map((size) => world.blobs.get(size, txn) as Value);
  const kept = SIZES.map((size) => (world.blobs.get(size, txn) as Value).keep());
  txn.end();
  await txn.drained;
  for (const sinks of [held, kept]) {
    SIZES.forEach((size, i) => {
      const sink = sinks[i] as Value;
      expect(sink.state).toBe(expectedState('copied'));
      sink.asBuffer().fill(0);
      sink.toBuffer().fill(0);
      expect(sink.equals(content(size, 0))).toBe(true);
    });
  }
});

lendingTest('asBuffer() between end() and the drain lends still, and what it lends stays right', async () => {
  const world = makeBlobs();
  const txn = world.env.read();
  const values = SIZES.map((size) => world.blobs.get(size, txn) as Value);
  txn.end();
  expect(txn.state).toBe('draining');
  const buffers = values.map((value) => value.asBuffer());
  await txn.drained;
  rewrite(world);
  SIZES.forEach((size, i) => {
    expect(buffers[i]?.equals(content(size, 0))).toBe(true);
    expect(values[i]?.equals(content(size, 0))).toBe(true);
  });
});

test('a Buffer leased inside scan() stays readable after it', async () => {
  const world = makeBlobs();
  const held: Buffer[] = [];
  const txn = world.env.read();
  world.blobs.scan({}, ({ value }) => held.push(value.asBuffer()), txn);
  txn.end();
  await txn.drained;
  rewrite(world);
  SIZES.forEach((size, i) => {
    expect(held[i]?.equals(content(size, 0))).toBe(true);
  });
});

test('getBuffer() gives undefined for an absent key, a copy inside env.write(), and needs a transaction', () => {
  const { env, blobs } = makeBlobs();
  env.read((txn) => expect(blobs.getBuffer(7, txn)).toBeUndefined());
  env.read(() => expect(blobs.getBuffer(100)?.equals(content(100, 0))).toBe(true));
  const own = env.write(() => {
    blobs.put(100, content(100, 1));
    const buffer = blobs.getBuffer(100) as Buffer;
    blobs.put(100, content(100, 2));
    return buffer;
  });
  expect(own.equals(content(100, 1))).toBe(true);
  expect(thrown(() => blobs.getBuffer(100))).toBeInstanceOf(TypeError);
  expect(codeOf(() => blobs.getBuffer(100))).toBe('ERR_INVALID_ARG_TYPE');
});

test('thousands of large leased Buffers in one transaction are all right, though mappings are limited', async () => {
  const { env, blobs } = makeBlobs();
  const size = 32 * 1024 + 1;
  const txn = env.read();
  const held = Array.from({ length: 20_000 }, () => blobs.getBuffer(size, txn) as Buffer);
  const expected = content(size, 0);
  expect(held.every((buffer) => buffer.length === size && buffer[0] === expected[0])).toBe(true);
  expect((held.at(-1) as Buffer).equals(expected)).toBe(true);
  held.length = 200;
  txn.end();
  await txn.drained;
  rewrite({ env, blobs });
  expect(held.every((buffer) => buffer.equals(expected))).toBe(true);
});
