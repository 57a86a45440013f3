import { writer } from '../base/writer.ts';
import { appendBytes, hashBytes } from '../lease/bytes.ts';
import { lengthOf, startOf } from '../lease/sink.ts';
import { native } from '../native/native.ts';
import { Bounds } from '../read/bounds.ts';
import { scan } from '../read/scan.ts';
import { getPrivate } from '../transaction/copied-reads.ts';
import { OpenRead } from '../transaction/open-read.ts';
import type { ValueCoder } from '../value/coder.ts';
import type { Value } from '../value/value.ts';
import type { LentValue, Loaded, StateKey, Tid } from '../versions/engine/engine.ts';
import { afterAll, isSameOlder, keyOfState, NUMBER_BYTES, olderKey, stateKey } from './cache-keys.ts';
import type { CacheMeta } from './cache-meta.ts';
import type { CacheTables } from './cache-tables.ts';
import { hashOfState } from './eviction.ts';
import { FoundState } from './found-state.ts';
import type { Part } from './positions.ts';
import { type Piece, pieceOf } from './spans.ts';
import { decodeState, HEAD_BYTES, headOf, isValid, type StoredState, tidOf, writeU32 } from './state-record.ts';

/** Gives the places of records. */
const PLACE: Pick<ValueCoder<never, LentValue>, 'view'> = { view: (lease, at) => ({ lease, at }) };

export interface KeyOfPart {
  readonly key: Uint8Array;
  /** Undefined: it is not known. */
  readonly state: StoredState | undefined;
}

export interface KeysOfPart {
  readonly keys: readonly KeyOfPart[];
  /** Whether there are no more in the part. */
  readonly isAll: boolean;
}

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

  /** The nonce of a commit up to `at`; undefined if that is too long ago. */
  nonce(tid: Tid): string | undefined {
    return this.#tables.nonceIn(this.#transaction, tid);
  }

  /** The state of a key as of a commit up to `at`; undefined if it is not known. The bytes of the newest one are lent. `number`: that of the collection. */
  find(number: number, key: StateKey, at: Tid): Loaded | undefined {
    const record = this.#newest(number, key.key);
    if (record === undefined) return undefined;
    const { lease, at: row } = record;
    // A damaged file.
    if (lengthOf(lease, row, null) < HEAD_BYTES) return undefined;
    const head = headOf(lease.values, startOf(lease, row, null));
    if (head.tid <= at) return isValid(head, at, this.meta.epoch) ? new FoundState(key, head, record) : undefined;
    const older = this.#older(number, key.key, at);
    if (older === undefined || !isValid(older, at, this.meta.epoch)) return undefined;
    const { tid, next, bytes } = older;
    return { collection: key.collection, key: key.key, tid, next, bytes };
  }

  /** What of a part of a collection is known whole as of a commit, or unknown: its first piece, or in reverse its last one. */
  piece(number: number, part: Part, at: Tid, reverse: boolean): Piece {
    const as = { at, epoch: this.meta.epoch, reverse };
    return pieceOf(this.#tables.spans, number, part, as, this.#transaction);
  }

  /** The keys of a part, in order, until they have `credit` bytes: those with a record, the others are absent. */
  keys(number: number, { from, to }: Part, at: Tid, reverse: boolean, credit: number): KeysOfPart {
    const { openStates } = this.#tables;
    const keys: KeyOfPart[] = [];
    let left = credit;
    const bounds = {
      gte: stateKey(number, from),
      lt: to === undefined ? afterAll(number) : stateKey(number, to),
      reverse,
    };
    const take = (entry: { key: Value; value: Value }): boolean => {
      const stored = new Uint8Array(entry.key.toBuffer());
      const key = keyOfState(stored);
      this.#tables.eviction.hit(hashOfState(stored));
      const record = new Uint8Array(entry.value.toBuffer());
      const state = tidOf(record) <= at ? decodeState(record) : this.#older(number, key, at);
      keys.push({ key, state: state !== undefined && isValid(state, at, this.meta.epoch) ? state : undefined });
      left -= key.length + record.length;
      return left > 0;
    };
    scan(openStates, Bounds.of(bounds, openStates), take as never, this.#transaction);
    return { keys, isAll: left > 0 };
  }

  end(): void {
    this.#transaction.end();
  }

  /** Where the record with the newest state of a key lies. */
  #newest(number: number, key: Uint8Array): LentValue | undefined {
    const start = writer.position;
    try {
      writer.reserve(NUMBER_BYTES);
      writeU32(writer.bytes, start, number);
      writer.position = start + NUMBER_BYTES;
      appendBytes(writer, key, 0, key.length);
      const { id } = this.#tables.openStates;
      const length = writer.position - start;
      const record = this.#transaction.lends
        ? this.#transaction.get(id, PLACE, start, length)
        : getPrivate(this.#transaction.handle, id, PLACE, start, length);
      if (record !== undefined) this.#tables.eviction.hit(hashBytes(writer.bytes, start, length));
      return record;
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
      if (isSameOlder(entry.key.toBuffer(), from)) found = decodeState(new Uint8Array(entry.value.toBuffer()));
      return false;
    };
    scan(openOlder, Bounds.of({ gte: from, limit: 1 }, openOlder), take as never, this.#transaction);
    return found;
  }
}
