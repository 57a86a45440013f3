import { expect } from 'vitest';
import { writer } from '../../lib/base/writer.ts';
import type { KeyCodec } from '../../lib/key/codec.ts';
import { Counters } from '../../lib/lease/counters.ts';
import { Lease, type SinkState } from '../../lib/lease/lease.ts';
import type { ValueCodec } from '../../lib/value/codec.ts';

/** The bytes around those of a lease that is made here. A test that reads too far gets these, and fails. */
export const POISON = 0xa5;
const MARGIN = 64;

const VIEWS = {
  key: () => undefined,
  value: () => undefined,
  aimsKey: false,
  aimsValue: false,
  lead: 0,
  versions: false,
  expires: false,
};

export interface Shared {
  lease: Lease;
  counters: Counters;
  /** The place of the bytes in the lease. */
  at: number;
}

/** A lease like those of a read transaction, on bytes in the middle of a larger window. */
export function lend(
  bytes: Uint8Array,
  options: { reaimed?: boolean; state?: SinkState; poison?: number } = {},
): Shared {
  const { reaimed = false, state = 'shared', poison = POISON } = options;
  const window = new Uint8Array(MARGIN + bytes.length + MARGIN).fill(poison);
  window.set(bytes, MARGIN);
  const counters = new Counters();
  const source = {
    counters,
    invalidate: false,
    drained: Promise.resolve(),
    lend: () => ({}),
    revoke: () => {},
    end: () => {},
    lendBuffer: () => window.slice(MARGIN, MARGIN + bytes.length).buffer,
    resolve: () => ({}),
  };
  const lease = new Lease(VIEWS, source, reaimed);
  lease.keys = window;
  lease.values = window;
  lease.table = new Uint32Array([0, 0, 0, 0, MARGIN, bytes.length, MARGIN, bytes.length]);
  lease.base = 4;
  lease.state = state;
  return { lease, counters, at: 2 };
}

/** The bytes that a codec writes. Leaves the writer as it was before, also if the codec throws. */
export function encode<V>(codec: ValueCodec<V, unknown> | KeyCodec<V, unknown>, value: V): Uint8Array {
  const from = writer.position;
  try {
    const foreign = codec.write(value, writer);
    if (foreign) return foreign.bytes.slice(foreign.offset, foreign.offset + foreign.length);
    return writer.bytes.slice(from, writer.position);
  } finally {
    writer.position = from;
  }
}

/** The view that a codec makes of these bytes, which are lent to it. */
export function decode<VView>(codec: { view(lease: Lease, at: number): VView }, bytes: Uint8Array): VView {
  const { lease, at } = lend(bytes);
  return codec.view(lease, at);
}

/** The error that a call throws. Fails if it throws nothing. */
export function thrown(call: () => unknown): Error & { code?: string; path?: string } {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  return expect.fail('nothing was thrown');
}

/** A generator of pseudo-random integers below `limit`: mulberry32. */
export function random(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}
