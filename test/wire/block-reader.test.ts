import { expect, test } from 'vitest';
import { BlockReader } from '../../lib/wire/block-reader.ts';
import { FrameWriter } from '../../lib/wire/frame-writer.ts';
import { CHUNK_BYTES, FIN, FIRST, Kind } from '../../lib/wire/protocol.ts';

/** A reader that collects a large value, and the small frames beside it. */
function collecting(size: number) {
  const value = new Uint8Array(size);
  const small: number[] = [];
  let filled = 0;
  const reader = new BlockReader(2 ** 20, {
    frame: ({ kind, id }) => kind === Kind.VALUE && small.push(id),
    place: (_, length) => value.subarray(filled, filled + length),
    placed: (_, length) => {
      filled += length;
    },
  });
  return { reader, value, small, filled: () => filled };
}

/** What a socket does: it fills the memory that the reader gives. Returns how many bytes did not go to their final memory at once. */
function receive(reader: BlockReader, bytes: Uint8Array, value: Uint8Array): number {
  let copied = 0;
  for (let at = 0; at < bytes.length; ) {
    const memory = reader.memory();
    const count = Math.min(memory.length, bytes.length - at);
    memory.set(bytes.subarray(at, at + count), 0);
    if (memory.buffer !== value.buffer) copied += count;
    reader.filled(count);
    at += count;
  }
  return copied;
}

test('of a large value, hardly more than the heads of its pieces is copied, and small frames between them are found', () => {
  const pieces = 8;
  const out = new FrameWriter();
  const expected = new Uint8Array(pieces * CHUNK_BYTES).map((_, i) => i % 251);
  out.begin(Kind.CHUNK, FIRST, 7, 0);
  for (const number of [1, 0, expected.length]) out.u64(number);
  out.end();
  for (let i = 0; i < pieces; i++) {
    out.begin(Kind.CHUNK, i === pieces - 1 ? FIN : 0, 7, 0);
    out.endWith(expected.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES));
    out.begin(Kind.VALUE, FIN, 100 + i, 0);
    out.u64(1);
    out.u64(0);
    out.bytes(new Uint8Array(100), 0, 100);
    out.end();
  }
  const { reader, value, small, filled } = collecting(expected.length);
  const copied = receive(reader, Buffer.concat(out.take()), value);
  expect(filled()).toBe(expected.length);
  expect(Buffer.compare(value, expected)).toBe(0);
  expect(small).toEqual(Array.from({ length: pieces }, (_, i) => 100 + i));
  // The first memory was given before anybody knew that a large value comes.
  expect(copied).toBeLessThan(2 ** 17 + pieces * 3000);
});
