import { allocate } from '../base/allocate.ts';
import { emptyRecord, PrimordialFloat64Array } from '../base/primordials.ts';
import { writer } from '../base/writer.ts';
import { catalogIn, writeImports } from '../catalog/catalog.ts';
import { CHANGE_APPEND, CHANGE_CLEAR, CHANGE_HEADER_BYTES, CHANGE_PUT_IF, CHANGE_SWEEP } from '../native/constants.ts';
import type { CollectionId } from '../native/handles.ts';
import { native } from '../native/native.ts';
import type { Bounds } from '../read/bounds.ts';
import type { OpenCollection } from '../read/open-collection.ts';
import type { PutTime } from '../read/put-time.ts';
import type { EnvironmentState } from '../transaction/environment-state.ts';
import { inWrite } from '../transaction/in-write.ts';
import { OpenRead } from '../transaction/open-read.ts';
import { type OpenWrite, writingOf } from '../transaction/open-write.ts';
import { writeU32 } from '../value/struct/record.ts';
import { addTime } from './change.ts';
import { encodePair, encodePairIf } from './encode.ts';

const ANSWER_BYTES = 8;

/** Encoded changes for `native.batch`. They follow each other in the writer, from the position that it had at the beginning. */
export class EncodedBatch {
  readonly #environment: EnvironmentState;
  readonly #start: number = writer.position;
  /** The names of the collections in which a range is cleared. */
  readonly #cleared: Record<string, true> = emptyRecord();
  /** How many changes there are. */
  count = 0;

  constructor(environment: EnvironmentState) {
    this.#environment = environment;
  }

  /** Appends a change of one key. The arguments are those of `changeKey`. */
  addPair(collection: OpenCollection, kind: number, key: unknown, value: unknown, time?: PutTime): void {
    if (kind <= CHANGE_APPEND && collection.hasNews) tellCodecs(this.#environment, collection);
    const header = reserveHeader();
    const keyAt = encodePair(collection, kind, key, value);
    addTime(collection, kind, time);
    this.#end(header, kind, collection.id, keyAt);
  }

  /** Appends the deletion of up to `most` entries that have expired. */
  addSweep(id: CollectionId, most: number): void {
    const header = reserveHeader();
    writer.reserve(4);
    writeU32(writer.bytes, writer.position, most);
    writer.position += 4;
    this.#end(header, CHANGE_SWEEP, id, writer.position);
  }

  /** Appends a CHANGE_PUT_IF or CHANGE_DELETE_IF: a change of a key that must have that version. */
  addPairIf(
    collection: OpenCollection,
    kind: number,
    key: unknown,
    value: unknown,
    version: number,
    time?: PutTime,
  ): void {
    if (kind === CHANGE_PUT_IF && collection.hasNews) tellCodecs(this.#environment, collection);
    const header = reserveHeader();
    const keyAt = encodePairIf(collection, kind, key, value, version, undefined);
    addTime(collection, kind, time);
    this.#end(header, kind, collection.id, keyAt);
  }

  /** Appends a change that `write` encodes: first its value, then its key. `write` returns where the key begins. */
  add(kind: number, id: CollectionId, write: () => number): void {
    const header = reserveHeader();
    this.#end(header, kind, id, write());
  }

  /** Appends the deletion of a range's entries. */
  addClear(collection: OpenCollection, bounds: Bounds): void {
    const header = reserveHeader();
    this.#end(header, CHANGE_CLEAR, collection.id, bounds.writeForClear());
    this.#cleared[collection.name] = true;
  }

  /**
   * Appends the deletion of the checkpoints of imports into the cleared collections: no import may go on behind entries that are deleted. To
   * be called last, since the errors of a batch name changes by their numbers. Another process may import something before the
   * batch is applied, so the deletion covers all checkpoints that there can be.
   */
  addForgetting(): void {
    let catalog: CollectionId | undefined;
    for (const name in this.#cleared) {
      catalog ??= committedCatalog(this.#environment);
      if (catalog < 0) return;
      const header = reserveHeader();
      this.#end(header, CHANGE_CLEAR, catalog, writeImports(name));
    }
  }

  /** Hands the changes to native code, to which they belong from then on. Gives the answer to each change, as a double. */
  submit(): Promise<ArrayBuffer> {
    const answers = allocate(this.count * ANSWER_BYTES);
    this.#environment.beginAdding();
    return native.batch(this.#environment.native, this.#start, writer.position - this.#start, answers);
  }

  /** The same for a single change, whose answer it gives. */
  submitOne(): Promise<number> {
    this.#environment.beginAdding();
    return native.batch(this.#environment.native, this.#start, writer.position - this.#start, undefined);
  }

  /**
   * Commits the changes at once, if nothing must be waited for: not the disk, not another writer, not a batch that was submitted before. Gives the same answers; undefined if
   * something must be waited for. Then nothing was done, and `submit` can follow. Throws what rejects the promise of `submit`.
   */
  submitNow(): ArrayBuffer | undefined {
    const answers = allocate(this.count * ANSWER_BYTES);
    const isDone = native.batchNow(this.#environment.native, this.#start, writer.position - this.#start, answers);
    return isDone ? answers : undefined;
  }

  /** Makes the changes in an open write transaction. Gives the same answers. */
  makeIn({ handle }: OpenWrite): Float64Array {
    const answers = allocate(this.count * ANSWER_BYTES);
    native.changes(handle, this.#start, writer.position - this.#start, answers);
    return new PrimordialFloat64Array(answers);
  }

  /** Fills in the header of a change whose value and key have been written. */
  #end(header: number, kind: number, id: CollectionId, keyAt: number): void {
    const { bytes, position } = writer;
    writeU32(bytes, header, kind);
    writeU32(bytes, header + 4, id);
    writeU32(bytes, header + 8, keyAt - header - CHANGE_HEADER_BYTES);
    writeU32(bytes, header + 12, position - keyAt);
    this.count++;
  }
}

function reserveHeader(): number {
  const header = writer.position;
  writer.reserve(CHANGE_HEADER_BYTES);
  writer.position += CHANGE_HEADER_BYTES;
  return header;
}

/** Remembers the codecs of a collection before the batch is added. If the surrounding transaction is rolled back, remembers them again. */
function tellCodecs(environment: EnvironmentState, collection: OpenCollection): void {
  inWrite(environment, (transaction) => collection.tellCodecs(transaction));
  writingOf(environment)?.ifRolledBack(() => tellCodecs(environment, collection));
}

/** The catalog, if it is committed. If the open write transaction has made it, it may still be rolled back. */
function committedCatalog(environment: EnvironmentState): CollectionId {
  const transaction = new OpenRead(environment, false);
  try {
    return catalogIn(transaction);
  } finally {
    transaction.nextEnding = environment.ending;
    environment.ending = transaction;
    transaction.end();
  }
}
