import { keyOf, READ, type TraceBatch } from './trace-batch.ts';
import type { TraceParser } from './trace-parser.ts';

/** u32 seconds, u64 object, u32 size, i64 when the object is requested next. Little-endian. */
const RECORD = 24;

/** Reads libCacheSim's binary format "oracleGeneral", in which most public traces of caches are published. */
export class OracleGeneralParser implements TraceParser {
  read(bytes: Buffer, batch: TraceBatch): number {
    let at = 0;
    for (; !batch.isFull && bytes.length - at >= RECORD; at += RECORD) {
      const key = keyOf(bytes.readUInt32LE(at + 4), bytes.readUInt32LE(at + 8));
      batch.push(READ, key, bytes.readUInt32LE(at + 12), 0, bytes.readUInt32LE(at) * 1000);
    }
    return at;
  }
}
