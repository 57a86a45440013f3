import { writer } from '../base/writer.ts';
import { appendBytes } from '../lease/bytes.ts';
import { native } from '../native/native.ts';
import { Bounds } from '../read/bounds.ts';
import { scan } from '../read/scan.ts';
import { getPrivateBytes } from '../transaction/copied-reads.ts';
import { OpenRead } from '../transaction/open-read.ts';
import type { Tid } from '../versions/engine/engine.ts';
import { isSameOlder, NUMBER_BYTES, olderKey } from './cache-keys.ts';
import type { CacheMeta } from './cache-meta.ts';
import type { CacheTables } from './cache-tables.ts';
import { decodeState, HEAD_BYTES, type StoredState, tidOf, writeU32 } from './state-record.ts';

/** A snapshot of a cache: the states, and up to which commit they are true, belong together. */
export class CacheView {
  readonly meta: CacheMeta;
  /** The version of the database. */
  readonly version: number;
  readonly #tables: CacheTables;
  readonly #transaction: OpenRead;

  /** Undefined if the cache is empty, or was dropped: it has another generation. */
  static of(tables: CacheTables, generation: string): CacheView | undefined {
    const transaction = new OpenRead(tables.environment, false);
    let view: CacheView | undefined;
    try {
      const meta = tables.metaIn(transaction);
      if (meta?.generation === generation) view = new CacheView(tables, transaction, meta);
    } finally {
      if (view === undefined) transaction.end();
    }
    return view;
  }

  private constructor(tables: CacheTables, transaction: OpenRead, meta: CacheMeta) {
    this.#tables = tables;
    this.#transaction = transaction;
    this.meta = meta;
    this.version = native.transactionId(transaction.handle);
  }

  /** Up to which commit what it says is true. */
  get at(): Tid {
    return this.meta.at;
  }

  /** The state of a key as of a commit up to `at`; undefined if it is not known. The bytes are the caller's. */
  find(number: number, key: Uint8Array, at: Tid): StoredState | undefined {
    const record = this.#newest(number, key);
    if (record === undefined) return undefined;
    const state = tidOf(record) <= at ? decodeState(record) : this.#older(number, key, at);
    return state !== undefined && isValid(state, at, this.meta.epoch) ? state : undefined;
  }

  end(): void {
    this.#transaction.end();
  }

  #newest(number: number, key: Uint8Array): Uint8Array | undefined {
    const start = writer.position;
    try {
      writer.reserve(NUMBER_BYTES);
      writeU32(writer.bytes, start, number);
      writer.position = start + NUMBER_BYTES;
      appendBytes(writer, key, 0, key.length);
      const { id } = this.#tables.openStates;
      const record = getPrivateBytes(this.#transaction.handle, id, start, writer.position - start);
      return record === undefined || record.length < HEAD_BYTES ? undefined : record;
    } finally {
      writer.position = start;
    }
  }

  /** The newest one of the states before the newest one that had begun at a commit. */
  #older(number: number, key: Uint8Array, at: Tid): StoredState | undefined {
    const { openOlder } = this.#tables;
    const from = olderKey(number, key, at);
    let found: StoredState | undefined;
    const take = (entry: { key: { toBuffer(): Buffer }; value: { toBuffer(): Buffer } }): boolean => {
      if (isSameOlder(entry.key.toBuffer(), from)) found = decodeState(Uint8Array.from(entry.value.toBuffer()));
      return false;
    };
    scan(openOlder, Bounds.of({ gte: from, limit: 1 }, openOlder), take as never, this.#transaction);
    return found;
  }
}

/** Whether a state is true as of a commit after its begin, in a cache that was told everything up to that commit. */
export function isValid({ next, epoch }: StoredState, at: Tid, current: number): boolean {
  return next === undefined ? epoch === current : at < next;
}
