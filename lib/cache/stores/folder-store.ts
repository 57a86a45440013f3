import { clearTimeout, setTimeout } from '../../base/clock.ts';
import { writer } from '../../base/writer.ts';
import { type Collection, openCollectionOf } from '../../environment/collection.ts';
import { environmentParts } from '../../environment/environment.ts';
import { appendBytes } from '../../lease/bytes.ts';
import type { Sink } from '../../lease/sink.ts';
import type { OpenCollection } from '../../read/open-collection.ts';
import { getPrivateBytes } from '../../transaction/copied-reads.ts';
import type { EnvironmentState } from '../../transaction/environment-state.ts';
import { OpenRead } from '../../transaction/open-read.ts';
import { bytes } from '../../value/bytes.ts';
import type { Value } from '../../value/value.ts';
import { dropFolder, type OpenFolder, openFolder } from '../cache-folder.ts';
import { Eviction, hashOfState } from '../eviction.ts';
import { type FoundItem, MOST_ITEM, type SharedStore } from './shared-store.ts';

type Table = Collection<Uint8Array | Sink, Uint8Array | Sink, Value, Value>;

/** How many ms items wait, at most, to be written together. */
const FLUSH_AFTER = 5;
/** With so many bytes they are written at once. */
const MOST_YOUNG_BYTES = 4 * 2 ** 20;
/** For how many ms a snapshot of the file is used. */
const SNAPSHOT_AGE = 100;
/** Part of the bytes of pages that is filled with items, as a rule. */
const FILLED = 0.7;

/**
 * Items in an LMDB file of this host. Which of them leave when it is full is decided as for the states of a cache: see ../eviction.ts. A hit writes nothing.
 */
export class FolderStore implements SharedStore {
  readonly mostBytes: number = MOST_ITEM;
  readonly #folder: OpenFolder;
  readonly #environment: EnvironmentState;
  readonly #items: Table;
  readonly #openItems: OpenCollection;
  readonly #eviction: Eviction;
  readonly #capacity: number;
  /** What is not written yet. */
  readonly #young = new Map<string, Uint8Array>();
  #youngBytes = 0;
  #snapshot: OpenRead | undefined;
  #flushTimer: NodeJS.Timeout | undefined;
  #snapshotTimer: NodeJS.Timeout | undefined;

  /** The folder belongs to it from now on. `capacity`: about how many bytes it may take. */
  constructor(folder: OpenFolder, capacity: number) {
    const { env } = folder;
    this.#folder = folder;
    this.#environment = environmentParts(env).state;
    this.#capacity = capacity;
    const table = (name: string): Table => env.collection(name, { key: bytes, value: bytes }) as Table;
    this.#items = table('s.entries');
    this.#openItems = openCollectionOf(this.#items) as OpenCollection;
    this.#eviction = new Eviction(table('s.queue'), capacity * FILLED, (at) => this.#items.del(at));
  }

  /** `ENOTDIR`, `EACCES`, what `open` throws. A damaged file is replaced by an empty one. */
  static open(path: string, capacity: number): FolderStore {
    try {
      return new FolderStore(openFolder(path), capacity);
    } catch (error) {
      if (!String((error as { code?: unknown }).code).startsWith('MDB_')) throw error;
      dropFolder(path);
      return new FolderStore(openFolder(path), capacity);
    }
  }

  get(name: string): Uint8Array | undefined {
    return this.#young.get(name) ?? this.#read(name);
  }

  getMulti(names: readonly string[]): readonly (Uint8Array | undefined)[] {
    return names.map((name) => this.get(name));
  }

  gets(name: string): FoundItem | undefined {
    this.#release();
    const found = this.get(name);
    return found === undefined ? undefined : { bytes: found, token: found };
  }

  set(name: string, item: Uint8Array): void {
    this.#youngBytes += name.length + item.length;
    this.#young.set(name, item);
    if (this.#youngBytes > MOST_YOUNG_BYTES) this.#flush();
    else this.#flushLater();
  }

  add(name: string, item: Uint8Array): boolean {
    return this.#replace(name, item, (found) => found === undefined);
  }

  cas(name: string, item: Uint8Array, token: unknown): boolean {
    return this.#replace(
      name,
      item,
      (found) => found !== undefined && Buffer.compare(found, token as Uint8Array) === 0,
    );
  }

  delete(name: string): void {
    this.#young.delete(name);
    this.#write(() => this.#items.del(keyOf(name)));
  }

  async close(): Promise<void> {
    const { env, isWhole } = this.#folder;
    if (!env.isOpen) return;
    try {
      this.#flush();
      await env.flush();
    } finally {
      clearTimeout(this.#flushTimer);
      clearTimeout(this.#snapshotTimer);
      this.#release();
      env.close();
    }
    isWhole();
  }

  #read(name: string): Uint8Array | undefined {
    this.#snapshot ??= this.#begin();
    const start = writer.position;
    try {
      const key = keyOf(name);
      appendBytes(writer, key, 0, key.length);
      const { handle } = this.#snapshot;
      const found = getPrivateBytes(handle, this.#openItems.id, start, key.length);
      if (found !== undefined) this.#eviction.hit(hashOfState(key));
      return found;
    } finally {
      writer.position = start;
    }
  }

  #begin(): OpenRead {
    this.#snapshotTimer ??= setTimeout(() => {
      this.#snapshotTimer = undefined;
      this.#release();
    }, SNAPSHOT_AGE).unref();
    return new OpenRead(this.#environment, false);
  }

  /** Gives back the snapshot, which keeps old pages from being used again. */
  #release(): void {
    const snapshot = this.#snapshot;
    // First: if the stack overflows in the call, nobody reads by a snapshot that has ended.
    this.#snapshot = undefined;
    snapshot?.end();
  }

  #replace(name: string, item: Uint8Array, isRight: (found: Uint8Array | undefined) => boolean): boolean {
    this.#flush();
    let done = false;
    this.#write(() => {
      const key = keyOf(name);
      if (!isRight(this.#items.get(key)?.toBuffer())) return;
      this.#put(key, item);
      done = true;
    });
    return done;
  }

  #flushLater(): void {
    this.#flushTimer ??= setTimeout(() => {
      this.#flushTimer = undefined;
      try {
        this.#flush();
      } catch {
        // The disk is full, for example. What could not be written is lost, and the next request fails or does not.
      }
    }, FLUSH_AFTER).unref();
  }

  #flush(): void {
    if (this.#young.size === 0) return;
    // In the order of their keys, LMDB finds their places sooner.
    const items = [...this.#young].sort(([a], [b]) => (a < b ? -1 : 1));
    this.#young.clear();
    this.#youngBytes = 0;
    this.#write(() => {
      for (const [name, item] of items) this.#put(keyOf(name), item);
      const excess = this.#bytes() - this.#capacity;
      if (excess > 0) this.#eviction.shrink(excess / 4);
    });
  }

  /** How many bytes the pages take that have items in them. */
  #bytes(): number {
    const { pageSize, branchPages, leafPages, overflowPages } = this.#items.stat();
    return pageSize * (branchPages + leafPages + overflowPages);
  }

  #write(fn: () => void): void {
    this.#release();
    this.#folder.env.write(() => {
      this.#eviction.begin();
      fn();
      this.#eviction.end();
    });
  }

  /** To be called in a write transaction. Others may leave to make room. */
  #put(key: Uint8Array, item: Uint8Array): void {
    if (this.#items.get(key) !== undefined || this.#eviction.admit(key, item.length)) this.#items.put(key, item);
  }
}

function keyOf(name: string): Uint8Array {
  return Buffer.from(name, 'latin1');
}
