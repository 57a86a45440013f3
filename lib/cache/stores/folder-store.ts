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
import { type FoundItem, MOST_ITEM, type SharedStore } from './shared-store.ts';

type Table = Collection<Uint8Array | Sink, Uint8Array | Sink, Value, Value>;

/** How many ms items wait, at most, to be written together. */
const FLUSH_AFTER = 5;
/** With so many bytes they are written at once. */
const MOST_YOUNG_BYTES = 4 * 2 ** 20;
/** For how many ms a snapshot of the file is used. */
const SNAPSHOT_AGE = 100;
/** The key of the number of a table: the one with the higher number is the newer one. It is the name of no item. */
const TURN = Buffer.from(' ');
/** Part of the bytes of pages that is filled with items, as a rule. */
const FILLED = 0.7;

/**
 * Items in an LMDB file of this host. There are two tables: items go into the newer one, and when that has half of the bytes, the older one is emptied and becomes the newer one. So a hit writes
 * nothing, and what is used is there as long as somebody stores it again: with checkpoints, each shift does that.
 */
export class FolderStore implements SharedStore {
  readonly mostBytes: number = MOST_ITEM;
  readonly #folder: OpenFolder;
  readonly #environment: EnvironmentState;
  readonly #tables: readonly [Table, Table];
  /** The same. Not in an array: a program can patch what reads one, and the way leads from here to the memory of the file. */
  readonly #openA: OpenCollection;
  readonly #openB: OpenCollection;
  readonly #half: number;
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
    const table = (name: string): Table => env.collection(name, { key: bytes, value: bytes }) as Table;
    const a = table('s.a');
    const b = table('s.b');
    this.#tables = [a, b];
    this.#openA = openCollectionOf(a) as OpenCollection;
    this.#openB = openCollectionOf(b) as OpenCollection;
    this.#half = (capacity * FILLED) / 2;
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
    const key = keyOf(name);
    this.#write(() => {
      for (const table of this.#tables) table.del(key);
    });
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
      const found = getPrivateBytes(handle, this.#openA.id, start, key.length);
      return found ?? getPrivateBytes(handle, this.#openB.id, start, key.length);
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
      const found = this.#tables.map((table) => table.get(key)).find((value) => value !== undefined);
      if (!isRight(found?.toBuffer())) return;
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
      this.#turn();
    });
  }

  #write(fn: () => void): void {
    this.#release();
    this.#folder.env.write(fn);
  }

  /** To be called in a write transaction. */
  #put(key: Uint8Array, item: Uint8Array): void {
    const newer = this.#newer();
    const [a, b] = this.#tables;
    newer.put(key, item);
    (newer === a ? b : a).del(key);
  }

  /** In a write transaction: the table that became the newer one last. */
  #newer(): Table {
    const [a, b] = this.#tables;
    return turnOf(a) >= turnOf(b) ? a : b;
  }

  /** In a write transaction: has the tables change places if the newer one is full. */
  #turn(): void {
    const newer = this.#newer();
    const { pageSize, branchPages, leafPages, overflowPages } = newer.stat();
    if (pageSize * (branchPages + leafPages + overflowPages) <= this.#half) return;
    const [a, b] = this.#tables;
    const older = newer === a ? b : a;
    const turn = Buffer.from(String(turnOf(newer) + 1));
    older.clear();
    older.put(TURN, turn);
  }
}

/** When a table became the newer one. */
function turnOf(table: Table): number {
  return Number(table.get(TURN)?.toBuffer().toString() ?? 0);
}

function keyOf(name: string): Uint8Array {
  return Buffer.from(name, 'latin1');
}
