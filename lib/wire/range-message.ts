import type { ByteRange } from '../read/bounds.ts';
import type { FrameWriter } from './frame-writer.ts';
import { type Payload, protocolError } from './payload.ts';
import { HAS_LOWER, HAS_UPPER, LOWER_OPEN, REVERSE, UPPER_OPEN } from './protocol.ts';

/** u8 flags, and each bound that there is, behind its length. `more`: other flags. */
export function writeByteRange(out: FrameWriter, range: ByteRange, more: number): void {
  const { lower, lowerOpen, upper, upperOpen } = range;
  out.u8(
    more |
      (lower === undefined ? 0 : HAS_LOWER | (lowerOpen ? LOWER_OPEN : 0)) |
      (upper === undefined ? 0 : HAS_UPPER | (upperOpen ? UPPER_OPEN : 0)),
  );
  if (lower !== undefined) out.sized(lower);
  if (upper !== undefined) out.sized(upper);
}

/** Returns the range and its flags. `allowed`: the flags that there may be beside those of the bounds. */
export function readByteRange(
  payload: Payload,
  allowed: number,
): { readonly range: ByteRange; readonly flags: number } {
  const flags = payload.u8();
  if ((flags & ~(HAS_LOWER | LOWER_OPEN | HAS_UPPER | UPPER_OPEN | allowed)) !== 0) {
    throw protocolError(`a range has flags ${flags}, which are not known`);
  }
  const lower = (flags & HAS_LOWER) === 0 ? undefined : payload.sized();
  const upper = (flags & HAS_UPPER) === 0 ? undefined : payload.sized();
  return {
    range: { lower, lowerOpen: (flags & LOWER_OPEN) !== 0, upper, upperOpen: (flags & UPPER_OPEN) !== 0 },
    flags,
  };
}

/** Which rows a client asks for. */
export interface ScanRequest {
  readonly at: number;
  readonly range: ByteRange;
  /** Those of the protocol: REVERSE, KEYS_ONLY. */
  readonly flags: number;
  /** At most so many rows; 0: all. */
  readonly limit: number;
  /** How many bytes may be on the way. */
  readonly credit: number;
}

export function writeScan(out: FrameWriter, { at, range, flags, limit, credit }: ScanRequest): void {
  out.u64(at);
  out.u64(limit);
  out.u32(credit);
  writeByteRange(out, range, flags);
}

export function readScan(payload: Payload, allowed: number): ScanRequest {
  const at = payload.u64();
  const limit = payload.u64();
  const credit = payload.u32();
  const { range, flags } = readByteRange(payload, allowed);
  payload.finish();
  return { at, limit, credit, range, flags: flags & (REVERSE | allowed) };
}
