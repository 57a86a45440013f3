import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { encodeTrace } from '../../lib/cache/trace/encode-trace.ts';
import { READ, TraceBatch } from '../../lib/cache/trace/trace-batch.ts';
import { TraceWriter } from '../../lib/cache/trace/trace-writer.ts';
import { temporaryFolder } from '../support/fixture.ts';
import { example, hexOf } from './format-page.ts';

interface Read {
  op: number;
  hash: bigint;
  size: number;
  tid: number;
  time: number;
}

/** A reader that knows the page alone. */
function readTrace(bytes: Buffer): Read[] {
  expect(bytes.toString('latin1', 0, 8)).toBe('LHTRACE\x01');
  const records: Read[] = [];
  let at = 8;
  const varint = (): number => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++] as number;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(value);
    }
  };
  while (at < bytes.length) {
    const end = at + 24 + bytes.readUInt32LE(at);
    const count = bytes.readUInt32LE(at + 4);
    let tid = Number(bytes.readBigUInt64LE(at + 8));
    let time = bytes.readDoubleLE(at + 16);
    at += 24;
    for (let i = 0; i < count; i++) {
      const [op, hash] = [bytes[at] as number, bytes.readBigUInt64LE(at + 1)];
      at += 9;
      const size = varint();
      const step = varint();
      tid += step % 2 === 0 ? step / 2 : -(step + 1) / 2;
      time += varint();
      records.push({ op, hash, size, tid, time });
    }
    expect(at).toBe(end);
  }
  return records;
}

/** HalfSipHash-1-3 with BigInts. */
function halfSipHash(bytes: Buffer, k0: number, k1: number): number {
  const v = [k0, k1, k0, k1].map((word) => BigInt(word >>> 0)) as [bigint, bigint, bigint, bigint];
  v[2] ^= 0x6c796765n;
  v[3] ^= 0x74656462n;
  const rotate = (word: bigint, by: bigint): bigint => ((word << by) | (word >> (32n - by))) & 0xffffffffn;
  const round = (): void => {
    v[0] = (v[0] + v[1]) & 0xffffffffn;
    v[1] = rotate(v[1], 5n) ^ v[0];
    v[0] = rotate(v[0], 16n);
    v[2] = (v[2] + v[3]) & 0xffffffffn;
    v[3] = rotate(v[3], 8n) ^ v[2];
    v[0] = (v[0] + v[3]) & 0xffffffffn;
    v[3] = rotate(v[3], 7n) ^ v[0];
    v[2] = (v[2] + v[1]) & 0xffffffffn;
    v[1] = rotate(v[1], 13n) ^ v[2];
    v[2] = rotate(v[2], 16n);
  };
  const padded = Buffer.concat([bytes, Buffer.alloc(4 - (bytes.length % 4))]);
  padded[padded.length - 1] = bytes.length;
  for (let i = 0; i < padded.length; i += 4) {
    const word = BigInt(padded.readUInt32LE(i));
    v[3] ^= word;
    round();
    v[0] ^= word;
  }
  v[2] ^= 0xffn;
  for (let i = 0; i < 3; i++) round();
  return Number(v[1] ^ v[3]);
}

test('a trace has the bytes of the page', () => {
  const batch = new TraceBatch(3);
  const begin = Date.parse('2026-01-01T00:00:00Z');
  batch.push(1, 0x345678abcdef0, 171, 5, begin);
  batch.push(2, 0x1122334455667, 300, 6, begin + 200);
  batch.push(3, 7, 0, 4, begin + 201);
  expect(hexOf(Buffer.concat([...encodeTrace([batch])].map(({ bytes }) => bytes)))).toBe(hexOf(example('trace')));
  expect(
    readTrace(example('trace')).map(({ op, hash, size, tid, time }) => [op, hash, size, tid, time - begin]),
  ).toEqual([
    [1, 0x345678abcdef0n, 171, 5, 0],
    [2, 0x1122334455667n, 300, 6, 200],
    [3, 7n, 0, 4, 201],
  ]);
});

test('a recorded trace has the hashes of the page', async () => {
  const writer = await TraceWriter.open(join(temporaryFolder(), 'a.trace'));
  writer.record(READ, 'cities', Buffer.from('Paris'), 120, 7);
  writer.record(READ, 'Städte', Buffer.from(''), 2 ** 45, 3);
  await writer.close();
  const records = readTrace(readFileSync(writer.path));
  const hash = (collection: string, key: string): bigint => {
    const c = halfSipHash(Buffer.from(collection), 0x6c656173, 0x939a9e8c);
    const [low, high] = [0x6c656173, 0x939a9e8c].map((k1) => halfSipHash(Buffer.from(key), c, k1)) as [number, number];
    return BigInt(low) + (BigInt(high) << 32n);
  };
  expect(records.map(({ hash }) => hash)).toEqual([hash('cities', 'Paris'), hash('Städte', '')]);
  expect(records.map(({ size, tid }) => [size, tid])).toEqual([
    [120, 7],
    [2 ** 45, 3],
  ]);
});
