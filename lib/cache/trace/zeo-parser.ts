import { invalidValue } from '../../base/errors.ts';
import { CHANGE, keyOf, READ, type TraceBatch, WRITE } from './trace-batch.ts';
import type { TraceParser } from './trace-parser.ts';

/** u32 seconds, u32 code and length, u16 length of the oid, 8 bytes tid, 8 bytes end tid; then the oid. All big-endian. */
const HEAD = 26;
/** Longer oids are no oids: the file is no trace. */
const LONGEST_OID = 64;

/** Operations, without what came of them. */
const ACTION = 0x70;
const INVALIDATE = 0x10;
const LOAD_MISS = 0x20;
const LOAD_HIT = 0x22;
const STORE = 0x52;

/**
 * Reads the traces of ZEO 3 to 6 (ZEO/cache.py, cache_stats.py), which ZEO writes if ZEO_CACHE_TRACE is set. A miss does not tell
 * the size; the store that follows does, and is the read. A store without a miss before it is a commit. Loads of old revisions
 * are left out: their records do not tell the size.
 */
export class ZeoParser implements TraceParser {
  readonly #name: string;
  /** Objects that were missed and not stored since. */
  readonly #missed: Set<number> = new Set();

  constructor(name: string) {
    this.#name = name;
  }

  read(bytes: Buffer, batch: TraceBatch): number {
    let at = 0;
    while (!batch.isFull && bytes.length - at >= HEAD) {
      const seconds = bytes.readUInt32BE(at);
      const oidLength = bytes.readUInt16BE(at + 8);
      if (seconds === 0) {
        // What a crash has left: ZEO's own tools step over it in this way.
        at += 8;
        continue;
      }
      const encoded = bytes.readUInt32BE(at + 4);
      if (oidLength > LONGEST_OID || encoded >= 2 ** 31) throw this.#damaged(at);
      if (bytes.length - at < HEAD + oidLength) break;
      const tid = Number(bytes.readBigUInt64BE(at + 10));
      this.#record(encoded, oidOf(bytes, at + HEAD, oidLength), tid, seconds * 1000, batch);
      at += HEAD + oidLength;
    }
    return at;
  }

  #record(encoded: number, key: number, tid: number, time: number, batch: TraceBatch): void {
    const size = encoded >>> 8;
    const code = encoded & 0x7e;
    if (code === LOAD_HIT) {
      batch.push(READ, key, size, tid, time);
    } else if (code === LOAD_MISS) {
      this.#missed.add(key);
    } else if (code === STORE) {
      batch.push(this.#missed.delete(key) ? READ : WRITE, key, size, tid, time);
    } else if ((code & ACTION) === INVALIDATE) {
      batch.push(CHANGE, key, 0, tid, time);
    }
  }

  #damaged(at: number): Error {
    return invalidValue(`${this.#name} is no trace of a ZEO client, or damaged: there is no record ${at} bytes on`);
  }
}

/** The last 8 bytes of an oid, as a key. */
function oidOf(bytes: Buffer, start: number, length: number): number {
  if (length < 8) return length === 0 ? 0 : bytes.readUIntBE(start, Math.min(length, 6));
  const end = start + length;
  return keyOf(bytes.readUInt32BE(end - 4), bytes.readUInt32BE(end - 8));
}
