import { aborted, checkSignal } from '../../base/abort.ts';
import { checkObject, checkOptionNames } from '../../base/check-arguments.ts';
import { now } from '../../base/clock.ts';
import { invalidType, invalidValue, LeaseholdError } from '../../base/errors.ts';
import { randomBytes } from '../../base/platform.ts';
import { GARBAGE, ITEMS, OBJECTS } from '../../catalog/own-collections.ts';
import { idAt } from '../../key/object-id.ts';
import { COLLECTION_EXPIRES } from '../../native/constants.ts';
import type { Engine, EngineRow, StateWrite, Tid } from '../../versions/engine/engine.ts';
import { reached } from '../../versions/engine/reached.ts';
import type { Backend } from '../backend.ts';
import { Store, storeBackend } from '../store.ts';
import { catchUp } from './catch-up.ts';
import { type Marker, readMarker, removeMarker, writeMarker } from './marker.ts';

/** How far a copy is. */
export interface CopyProgress {
  /** The collection that is copied now; undefined while it copies what was changed meanwhile. */
  readonly collection: string | undefined;
  readonly records: number;
  readonly bytes: number;
  /** Records a second. */
  readonly rate: number;
}

export interface CopyStoreOptions {
  readonly onProgress?: (progress: CopyProgress) => void;
  /** Ends the copy. Calling again goes on. */
  readonly signal?: AbortSignal;
}

/** What was copied. */
export interface CopiedStore {
  readonly collections: number;
  readonly records: number;
  readonly bytes: number;
  /** The commit of the source of which the target is a copy. */
  readonly tid: number;
}

/** About how many bytes one commit of the target has. */
const BATCH_BYTES = 256 * 1024;
const BATCH_RECORDS = 1000;
const CREDIT = 2 ** 20;
const ROOT_ID = 1;
/** How many ids are claimed at once at most. */
const MOST_IDS = 2 ** 20;
const WHOLE = { lower: undefined, lowerOpen: false, upper: undefined, upperOpen: false };
/** How often progress is told, in ms. */
const PROGRESS_PAUSE = 100;

/**
 * Copies all collections, and the objects, from one store to another, whatever the two stand on. The source may be written meanwhile: what is changed is copied at the end, and the target is
 * the source as of one commit. A copy that was interrupted goes on where it was. The target must be empty at first. Its commits have other numbers.
 *
 * `ERR_INVALID_ARG_TYPE`; `ERR_INVALID_ARG_VALUE` if the target is not empty, or is the copy of another store, or if values of the source expire; `ERR_TOO_OLD` if the source does not know any more
 * what was changed since the copy began: begin again with an empty target; `ABORT_ERR`; what reading and writing throw.
 */
export async function copyStore(from: Store, to: Store, options: CopyStoreOptions = {}): Promise<CopiedStore> {
  if (!(from instanceof Store)) throw invalidType('from', 'a Store', from);
  if (!(to instanceof Store)) throw invalidType('to', 'a Store', to);
  checkObject(options, 'options');
  checkOptionNames(options, ['onProgress', 'signal'], 'copyStore()');
  const { onProgress, signal } = options;
  checkSignal(signal);
  if (onProgress !== undefined && typeof onProgress !== 'function')
    throw invalidType('onProgress', 'a function', onProgress);
  return new Copy(storeBackend(from), storeBackend(to), onProgress, signal).run();
}

class Copy {
  readonly #from: Backend;
  readonly #to: Backend;
  readonly #onProgress: ((progress: CopyProgress) => void) | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #start = now();
  #toldAt = 0;
  #records = 0;
  #bytes = 0;

  constructor(
    from: Backend,
    to: Backend,
    onProgress: ((progress: CopyProgress) => void) | undefined,
    signal: AbortSignal | undefined,
  ) {
    this.#from = from;
    this.#to = to;
    this.#onProgress = onProgress;
    this.#signal = signal;
  }

  async run(): Promise<CopiedStore> {
    this.#checkNotAborted();
    const { engine } = this.#from;
    if (engine.storeId === this.#to.engine.storeId) throw invalidValue('a store cannot be copied to itself');
    const names = await this.#collections();
    const marker = await this.#begin(names);
    await this.#makeCollections(names);
    if (!marker.isWhole) {
      for (const name of names) await this.#copyCollection(name);
      await writeMarker(this.#to, { ...marker, isWhole: true });
    }
    const tid = await this.#catchUp(names, { ...marker, isWhole: true });
    if (names.includes(OBJECTS)) await this.#copyIds();
    await removeMarker(this.#to);
    return { collections: names.length, records: this.#records, bytes: this.#bytes, tid };
  }

  /** The collections of the source, those of its objects too. */
  async #collections(): Promise<string[]> {
    const names = [...(await this.#from.collections())];
    for (const name of names) {
      const remembered = await this.#from.remembered(name);
      if (remembered !== undefined && (remembered.flags & COLLECTION_EXPIRES) === 0) continue;
      throw invalidValue(
        remembered === undefined
          ? `the collection '${name}' has no versions, and is not part of the store: export it with \`leasehold export\`, drop it, and read the file back with --versions, unless it has several values a key`
          : `the values of the collection '${name}' expire: carry it over with \`leasehold export\``,
      );
    }
    if ((await this.#from.remembered(OBJECTS)) !== undefined) names.push(OBJECTS, ITEMS, GARBAGE);
    return names;
  }

  /** Goes on with a copy that was begun, or begins one. */
  async #begin(names: readonly string[]): Promise<Marker> {
    const { storeId } = this.#from.engine;
    const found = await readMarker(this.#to);
    if (found !== undefined) {
      if (found.storeId === storeId) return found;
      throw invalidValue('the target is the unfinished copy of another store: begin with an empty one');
    }
    const there = [...(await this.#to.collections()), ...names];
    for (const name of there) {
      if (!(await isEmpty(this.#to, name)))
        throw invalidValue(
          `the target is not empty: it has records in '${name}'. Copy to an empty folder, or to a new database or schema`,
        );
    }
    const tid = await this.#newest();
    const marker = { storeId, tid, isWhole: false };
    await writeMarker(this.#to, marker);
    return marker;
  }

  /** The newest commit of the source. A source that is a standby need not have what its primary has. */
  async #newest(): Promise<Tid> {
    const { isReadOnly, engine } = this.#from;
    const tid = isReadOnly ? engine.processed() : await this.#from.sync();
    await reached(engine, tid);
    return tid;
  }

  async #makeCollections(names: readonly string[]): Promise<void> {
    for (const name of names) {
      this.#checkNotAborted();
      const remembered = await this.#from.remembered(name);
      if (remembered !== undefined && name !== OBJECTS && name !== ITEMS && name !== GARBAGE)
        await this.#to.make(name, remembered);
    }
    if (names.includes(OBJECTS)) await this.#copyClasses();
  }

  /** The number of a class stands in the records of its objects. So classes must get the same numbers. */
  async #copyClasses(): Promise<void> {
    const { classes } = await this.#from.objectClasses();
    await this.#to.objectClasses();
    for (const [number, row] of classes) {
      const made = await this.#to.addObjectClass(row);
      if (made === number) continue;
      throw new LeaseholdError(
        'ERR_CODEC',
        `the class '${row.name}' has number ${number} in the source and ${made} in the target: begin with an empty target`,
      );
    }
  }

  async #copyCollection(name: string): Promise<void> {
    this.#checkNotAborted();
    const last = await lastKey(this.#to.engine, name);
    const source = await this.#from.snapshot();
    try {
      let batch: StateWrite[] = [];
      let bytes = 0;
      const flush = async (): Promise<void> => {
        if (batch.length === 0) return;
        const writes = batch;
        batch = [];
        bytes = 0;
        await this.#write(name, writes);
      };
      const bounds = last === undefined || isRoot(name, last) ? WHOLE : { ...WHOLE, lower: last, lowerOpen: true };
      await this.#from.engine.range(name, bounds, source.tid, CREDIT, async ({ rows }) => {
        this.#checkNotAborted();
        for (const row of rows) {
          batch.push({ collection: name, key: row.key, bytes: row.bytes });
          bytes += sizeOf(row);
          if (bytes >= BATCH_BYTES || batch.length >= BATCH_RECORDS) await flush();
        }
      });
      await flush();
    } finally {
      source.release();
    }
  }

  async #write(collection: string | undefined, writes: readonly StateWrite[]): Promise<void> {
    this.#checkNotAborted();
    const { engine } = this.#to;
    await engine.commit({ commitId: randomBytes(16), base: engine.processed(), reads: [], ranges: [], writes });
    for (const { key, bytes } of writes) {
      this.#records++;
      this.#bytes += key.length + (bytes?.length ?? 0);
    }
    this.#tell(collection);
  }

  async #catchUp(names: readonly string[], marker: Marker): Promise<Tid> {
    await this.#newest();
    const source = await this.#from.snapshot();
    try {
      await catchUp(this.#from.engine, this.#to.engine, {
        after: marker.tid,
        upTo: source.tid,
        collections: names,
        write: (writes) => this.#write(undefined, writes),
      });
      return source.tid;
    } finally {
      source.release();
    }
  }

  /** The ids of objects that were copied are not given again. */
  async #copyIds(): Promise<void> {
    const last = await lastKey(this.#to.engine, OBJECTS);
    if (last === undefined) return;
    for (;;) {
      this.#checkNotAborted();
      const [, given] = await this.#to.engine.claimIds(1);
      const missing = idAt(last, 0) - given;
      if (missing <= 0) return;
      await this.#to.engine.claimIds(Math.min(missing, MOST_IDS));
    }
  }

  #checkNotAborted(): void {
    if (this.#signal?.aborted === true) throw aborted(this.#signal);
  }

  #tell(collection: string | undefined): void {
    const time = now();
    if (this.#onProgress === undefined || time - this.#toldAt < PROGRESS_PAUSE) return;
    this.#toldAt = time;
    const rate = (1000 * this.#records) / Math.max(1, time - this.#start);
    this.#onProgress({ collection, records: this.#records, bytes: this.#bytes, rate });
  }
}

/** The target makes the root of its objects itself. */
function isRoot(name: string, key: Uint8Array): boolean {
  return name === OBJECTS && idAt(key, 0) === ROOT_ID;
}

function sizeOf({ key, bytes }: EngineRow): number {
  return key.length + bytes.length;
}

/** The last key of a collection, up to which it was copied. */
async function lastKey(engine: Engine, name: string): Promise<Uint8Array | undefined> {
  let last: Uint8Array | undefined;
  await engine.range(name, { ...WHOLE, reverse: true }, engine.processed(), 1, ({ rows }) => {
    last = rows[0]?.key;
    return false;
  });
  return last;
}

async function isEmpty(backend: Backend, name: string): Promise<boolean> {
  if ((await backend.remembered(name)) === undefined) return true;
  return (await lastKey(backend.engine, name)) === undefined;
}
