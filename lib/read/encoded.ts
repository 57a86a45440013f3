import { writer } from '../base/writer.ts';
import type { OpenCollection } from './open-collection.ts';

/** Encodes a key for a call that reads: calls `fn` with its offset and length in the writer. */
export function withKey<T>(collection: OpenCollection, key: unknown, fn: (offset: number, length: number) => T): T {
  const start = writer.position;
  try {
    collection.key.write(key as never, writer);
    return fn(start, writer.position - start);
  } finally {
    writer.position = start;
  }
}

/**
 * Encodes a key and a value for a call that reads, and calls `fn` with their places. The key is in the writer; the value is in `bytes`, or
 * in the writer if `bytes` is undefined. User code can run during the encoding. What that code encodes itself comes after them in the writer.
 */
export function withPair<T>(
  collection: OpenCollection,
  key: unknown,
  value: unknown,
  fn: (keyAt: number, keyLength: number, bytes: Uint8Array | undefined, offset: number, length: number) => T,
): T {
  const start = writer.position;
  try {
    const foreign = collection.value.write(value as never, writer);
    const keyAt = writer.position;
    collection.key.write(key as never, writer);
    const keyLength = writer.position - keyAt;
    return foreign === undefined
      ? fn(keyAt, keyLength, undefined, start, keyAt - start)
      : fn(keyAt, keyLength, foreign.bytes, foreign.offset, foreign.length);
  } finally {
    writer.position = start;
    writer.trim();
  }
}
