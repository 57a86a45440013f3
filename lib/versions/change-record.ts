import { LeaseholdError } from '../base/errors.ts';
import { hexSlice, utf8Slice } from '../base/platform.ts';
import { copyBytes } from '../lease/bytes.ts';
import type { ByteRange } from '../read/bounds.ts';

/** What a commit changed in one collection: keys, or a range. */
export interface RecordedChange {
  readonly collection: string;
  /** Sorted, each once; undefined if only a range is known. */
  readonly keys: readonly Uint8Array[] | undefined;
  readonly range: ByteRange | undefined;
  /** Whether the collection itself was dropped. */
  readonly dropped: boolean;
}

/** A record of the log of changes. */
export interface RecordedCommit {
  readonly nonce: string;
  readonly time: number;
  readonly ids: readonly Uint8Array[];
  readonly changes: readonly RecordedChange[];
}

const FORMAT = 1;
const NONCE_BYTES = 8;
const LIST_OF_KEYS = 0;
const DROPPED = 2;
const LOWER = 1;
const LOWER_OPEN = 2;
const UPPER = 4;
const UPPER_OPEN = 8;

/**
 * Decodes the record of commit `tid`. docs/format.md draws it. Of collections for which `isWanted` is false, nothing is given.
 * `ERR_CODEC` if the record is damaged, or in a format that this version does not know.
 */
export function decodeRecord(record: Uint8Array, tid: number, isWanted: (name: string) => boolean): RecordedCommit {
  const reader = new RecordReader(record, tid);
  const format = reader.byte();
  if (format > FORMAT) throw unreadable(tid, 'is in a format that this version does not know: use a newer one');
  if (format !== FORMAT) throw reader.damaged();
  const nonce = hexSlice(reader.take(NONCE_BYTES), 0, NONCE_BYTES);
  const time = reader.number() * 2 ** 32 + reader.number();
  const ids: Uint8Array[] = [];
  for (let left = reader.number(); left > 0; left--) ids.push(reader.bytes());
  const changes: RecordedChange[] = [];
  for (let left = reader.number(); left > 0; left--) {
    const name = reader.bytes();
    const change = readChange(reader, utf8Slice(name, 0, name.length));
    if (isWanted(change.collection)) changes.push(change);
  }
  reader.end();
  return { nonce, time, ids, changes };
}

/** The nonce of a record. */
export function nonceOf(record: Uint8Array, tid: number): string {
  return decodeRecord(record, tid, () => false).nonce;
}

function readChange(reader: RecordReader, collection: string): RecordedChange {
  const kind = reader.byte();
  if (kind > DROPPED) throw reader.damaged();
  if (kind === LIST_OF_KEYS) {
    const keys: Uint8Array[] = [];
    for (let left = reader.number(); left > 0; left--) keys.push(reader.bytes());
    return { collection, keys, range: undefined, dropped: false };
  }
  const flags = reader.byte();
  const lower = reader.bytes();
  const upper = reader.bytes();
  const range = {
    lower: (flags & LOWER) === 0 ? undefined : lower,
    lowerOpen: (flags & LOWER_OPEN) !== 0,
    upper: (flags & UPPER) === 0 ? undefined : upper,
    upperOpen: (flags & UPPER_OPEN) !== 0,
  };
  return { collection, keys: undefined, range, dropped: kind === DROPPED };
}

/** Reads a record from its beginning to its end. Each call throws `ERR_CODEC` if the record ends before. */
class RecordReader {
  readonly #record: Uint8Array;
  readonly #tid: number;
  #at = 0;

  constructor(record: Uint8Array, tid: number) {
    this.#record = record;
    this.#tid = tid;
  }

  damaged(): LeaseholdError {
    return unreadable(this.#tid, 'is damaged: restore the database from a copy');
  }

  /** A copy of the next bytes: whoever keeps one key does not keep the whole record. */
  take(length: number): Uint8Array {
    const start = this.#at;
    if (length > this.#record.length - start) throw this.damaged();
    this.#at = start + length;
    return copyBytes(this.#record, start, length);
  }

  byte(): number {
    return this.take(1)[0] as number;
  }

  /** A u32, big-endian. */
  number(): number {
    const [a, b, c, d] = this.take(4) as unknown as [number, number, number, number];
    return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  }

  /** Bytes behind their length. */
  bytes(): Uint8Array {
    return this.take(this.number());
  }

  end(): void {
    if (this.#at !== this.#record.length) throw this.damaged();
  }
}

function unreadable(tid: number, why: string): LeaseholdError {
  return new LeaseholdError('ERR_CODEC', `the record of commit ${tid} in the log of changes ${why}`);
}
