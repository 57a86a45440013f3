import { OwnMap } from '../../base/own-map.ts';
import { PrimordialUint8Array, typedArrayLength } from '../../base/primordials.ts';
import { writer } from '../../base/writer.ts';
import { keyBytes } from '../../key/key-bytes.ts';
import { appendBytes } from '../../lease/bytes.ts';
import { COLLECTION_VERSIONS, RANGE_KEYS_ONLY } from '../../native/constants.ts';
import type { Handle } from '../../native/handles.ts';
import { answered, native } from '../../native/native.ts';
import { Bounds } from '../../read/bounds.ts';
import { OpenCollection } from '../../read/open-collection.ts';
import type { RangeOptions } from '../../read/range-options.ts';
import { scan } from '../../read/scan.ts';
import { takePrivateBytes } from '../../transaction/copied-reads.ts';
import type { EnvironmentState } from '../../transaction/environment-state.ts';
import { OpenRead } from '../../transaction/open-read.ts';
import type { OpenTransaction } from '../../transaction/open-transaction.ts';
import { bytes } from '../../value/bytes.ts';
import type { ValueCodec } from '../../value/codec.ts';
import type { Value } from '../../value/value.ts';
import type { EngineBounds, EngineRow, RowBatch, StateKey, Tid } from './engine.ts';

/** From how many bytes on a value is lent where that is allowed. */
const LENT = 64 * 1024;

/** A snapshot of the database, which reads bytes. */
export class EngineSnapshot {
  readonly tid: Tid;
  /** The version of the database. */
  readonly version: number;
  /** How many have called `hold` for it. */
  holds = 0;
  /** When it was used last, by the clock of base/clock.ts. */
  usedAt = 0;
  readonly #transaction: OpenRead;
  readonly #collections = new OwnMap<string, OpenCollection | undefined>();

  /** Begins a snapshot of the newest version. */
  constructor(environment: EnvironmentState) {
    this.#transaction = new OpenRead(environment, false);
    const { handle } = this.#transaction;
    this.tid = native.transactionTid(handle);
    this.version = native.transactionId(handle);
  }

  /** The state of a key: the tid is 0 if the key is absent. `lends`: a large value is not copied, but lent until the snapshot ends, which copies it then. */
  read({ collection, key }: StateKey, lends: boolean = false): { tid: Tid; bytes: Uint8Array | undefined } {
    const open = this.#collection(collection);
    if (open === undefined) return { tid: 0, bytes: undefined };
    const { handle } = this.#transaction;
    const start = writer.position;
    try {
      appendBytes(writer, key, 0, typedArrayLength(key));
      const length = writer.position - start;
      const tid = native.version(handle, open.id, start, length);
      if (tid === 0) return { tid, bytes: undefined };
      const found = answered(native.getPrivate(handle, open.id, start, length, start + length));
      const memory = lends && found >= LENT ? this.#transaction.getBuffer(open.id, start, length) : undefined;
      return { tid, bytes: memory === undefined ? takePrivateBytes(found, start + length) : bytesIn(memory) };
    } finally {
      writer.position = start;
    }
  }

  /** The id of a collection with versions; -1 if there is none. */
  idOf(name: string): number {
    const { handle } = this.#transaction;
    const id = answered(native.findCollection(handle, name));
    const isVersioned =
      id >= 0 &&
      (answered(native.collectionFlags(this.#transaction.environment.native, id)) & COLLECTION_VERSIONS) !== 0;
    return isVersioned ? id : -1;
  }

  /** The transaction, for calls of native code. */
  get handle(): Handle {
    return this.#transaction.handle;
  }

  /** The rows of a range, behind the key `after` if it is given, until they have `credit` bytes. */
  rows(collection: string, bounds: EngineBounds, after: Uint8Array | undefined, credit: number): RowBatch {
    const rows: EngineRow[] = [];
    const open = this.#collection(collection);
    if (open === undefined) return { rows, complete: undefined };
    let left = credit;
    const take = (entry: { key: Value; value: Value; version?: number }) => {
      const row = { key: entry.key.toBuffer(), tid: entry.version as number, bytes: entry.value.toBuffer() };
      left -= row.key.length + row.bytes.length;
      rows.push(row);
      return left > 0;
    };
    scan(open, Bounds.of(optionsOf(bounds, after), open), take as never, this.#transaction);
    return { rows, complete: left > 0 ? undefined : rows.at(-1)?.key };
  }

  /**
   * Writes the next rows of a range to `memory`, from `position` on: see `native.packRows`. Undefined if there is no such collection, and so no row. The control block
   * has what native code tells.
   */
  packRows(
    collection: string,
    bounds: EngineBounds,
    after: Uint8Array | undefined,
    rows: { readonly limit: number; readonly keysOnly: boolean },
    memory: Uint8Array,
    position: number,
  ): number | undefined {
    const open = this.#collection(collection);
    if (open === undefined) return undefined;
    const { handle } = this.#transaction;
    const own = Bounds.of(optionsOf(bounds, after), open);
    const at = writer.position;
    const { lowerLength, upperLength } = own.write(at);
    const flags = own.flags | (rows.keysOnly ? RANGE_KEYS_ONLY : 0);
    return answered(
      native.packRows(handle, open.id, flags, at, lowerLength, upperLength, rows.limit, 0, memory, position),
    );
  }

  /** How many keys a range has. */
  count(collection: string, bounds: EngineBounds): number {
    const open = this.#collection(collection);
    return open === undefined ? 0 : open.count(Bounds.of(optionsOf(bounds, undefined), open), this.#transaction);
  }

  end(): void {
    this.#transaction.end();
  }

  #collection(name: string): OpenCollection | undefined {
    const known = this.#collections.get(name);
    if (known !== undefined || this.#collections.has(name)) return known;
    const found = findVersioned(this.#transaction, name);
    this.#collections.set(name, found);
    return found;
  }
}

function bytesIn(memory: ArrayBuffer): Uint8Array {
  return new PrimordialUint8Array(memory);
}

/** A collection in a transaction, with keys and values as bytes; undefined if it is absent. `ERR_INVALID_ARG_VALUE` if it has no versions. */
export function findVersioned(transaction: OpenTransaction, name: string): OpenCollection | undefined {
  const { environment } = transaction;
  const id = answered(native.findCollection(transaction.handle, name));
  if (id < 0) return undefined;
  const flags = answered(native.collectionFlags(environment.native, id));
  const open = new OpenCollection(environment, name, id, keyBytes as never, bytes as ValueCodec<never, unknown>, flags);
  if ((flags & COLLECTION_VERSIONS) === 0) open.checkVersions('an engine');
  return open;
}

function optionsOf(
  { lower, lowerOpen, upper, upperOpen, reverse }: EngineBounds,
  after: Uint8Array | undefined,
): RangeOptions<Uint8Array> {
  const options: RangeOptions<Uint8Array> = { reverse: reverse === true };
  if (lower !== undefined) options[lowerOpen ? 'gt' : 'gte'] = lower;
  if (upper !== undefined) options[upperOpen ? 'lt' : 'lte'] = upper;
  if (after !== undefined) options[reverse === true ? 'lt' : 'gt'] = after;
  return options;
}
