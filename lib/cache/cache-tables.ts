import { writer } from '../base/writer.ts';
import { type Collection, openCollectionOf } from '../environment/collection.ts';
import { type Environment, environmentParts } from '../environment/environment.ts';
import { appendBytes } from '../lease/bytes.ts';
import type { Sink } from '../lease/sink.ts';
import type { OpenCollection } from '../read/open-collection.ts';
import { getPrivateBytes } from '../transaction/copied-reads.ts';
import type { EnvironmentState } from '../transaction/environment-state.ts';
import type { OpenRead } from '../transaction/open-read.ts';
import { bytes } from '../value/bytes.ts';
import { json } from '../value/json.ts';
import { utf8 } from '../value/utf8.ts';
import type { Value } from '../value/value.ts';
import type { Tid } from '../versions/engine/engine.ts';
import { keyOfState, MOST_CACHED_KEY, olderKey } from './cache-keys.ts';
import { CACHE_FORMAT, type CacheMeta, META, NUMBER_OF } from './cache-meta.ts';
import { Eviction } from './eviction.ts';
import { Spans } from './spans.ts';
import { u32, writeU64 } from './state-record.ts';

/** Before the first of the older states of a key, which stand in reverse. */
const OLDEST = Number.MAX_SAFE_INTEGER;
/** Of so many commits the nonces are known. A process that is further behind the others than that does without the cache. */
const MOST_NONCES = 10_000;
const META_BYTES = Buffer.from(META);

type Bytes = Collection<Uint8Array | Sink, Uint8Array | Sink, Value, Value>;

/** The collections of a cache. */
export class CacheTables {
  readonly env: Environment;
  readonly environment: EnvironmentState;
  readonly states: Bytes;
  readonly older: Bytes;
  readonly spans: Spans;
  readonly eviction: Eviction;
  /** The states that the present transaction has not let enter, or has let leave. */
  forgotten: Uint8Array[] = [];
  readonly openStates: OpenCollection;
  readonly openOlder: OpenCollection;
  readonly #openMeta: OpenCollection;
  readonly #meta: Collection<string, unknown, unknown, unknown>;
  readonly #openNonces: OpenCollection;
  readonly #nonces: Collection<Uint8Array, string, unknown, unknown>;
  /** What the store has said of itself: see `CacheFile.remember`. */
  readonly #answers: Collection<string, unknown, unknown, unknown>;
  /** The numbers of collections by their names. They stay as they are when everything is dropped. */
  readonly #numbers = new Map<string, number>();

  /** `capacity`: how many bytes the states may take. */
  constructor(env: Environment, capacity: number) {
    this.env = env;
    this.environment = environmentParts(env).state;
    this.states = env.collection('c.states', { key: bytes, value: bytes }) as Bytes;
    this.older = env.collection('c.older', { key: bytes, value: bytes }) as Bytes;
    this.spans = new Spans(env.collection('c.spans', { key: bytes, value: bytes }) as Bytes);
    this.#nonces = env.collection('c.nonces', { key: bytes, value: utf8 }) as never;
    this.#openNonces = openCollectionOf(this.#nonces) as OpenCollection;
    this.#answers = env.collection('c.answers', { key: utf8, value: json }) as never;
    const queues = env.collection('c.queue', { key: bytes, value: bytes }) as Bytes;
    this.eviction = new Eviction(queues, capacity, (at) => this.#evict(at));
    this.openStates = openCollectionOf(this.states) as OpenCollection;
    this.openOlder = openCollectionOf(this.older) as OpenCollection;
    this.#meta = env.collection('c.meta', { key: utf8, value: json }) as never;
    this.#openMeta = openCollectionOf(this.#meta) as OpenCollection;
  }

  /** Undefined: nothing was ever cached here, or what was is of another format. Inside a write transaction, as that one sees it. */
  meta(): CacheMeta | undefined {
    return ofThisFormat(this.#meta.get(META) as CacheMeta | undefined);
  }

  /** The same, in a read transaction. */
  metaIn({ handle }: OpenRead): CacheMeta | undefined {
    const start = writer.position;
    try {
      appendBytes(writer, META_BYTES, 0, META_BYTES.length);
      const found = getPrivateBytes(handle, this.#openMeta.id, start, META_BYTES.length);
      return found === undefined ? undefined : ofThisFormat(JSON.parse(Buffer.from(found).toString()) as CacheMeta);
    } finally {
      writer.position = start;
    }
  }

  setMeta(meta: Omit<CacheMeta, 'format'>): void {
    this.#meta.put(META, { ...meta, format: CACHE_FORMAT });
  }

  /** The nonce of a commit that was applied here; undefined if that is too long ago. */
  nonce(tid: Tid): string | undefined {
    return this.#nonces.get(nonceKey(tid)) as string | undefined;
  }

  /** The same, in a read transaction. */
  nonceIn({ handle }: OpenRead, tid: Tid): string | undefined {
    const start = writer.position;
    try {
      const key = nonceKey(tid);
      appendBytes(writer, key, 0, key.length);
      const found = getPrivateBytes(handle, this.#openNonces.id, start, key.length);
      return found === undefined ? undefined : Buffer.from(found).toString();
    } finally {
      writer.position = start;
    }
  }

  /** Another history begins. */
  clearNonces(): void {
    this.#nonces.clear();
  }

  addNonce(tid: Tid, nonce: string): void {
    this.#nonces.put(nonceKey(tid), nonce);
    if (tid > MOST_NONCES) this.#nonces.del(nonceKey(tid - MOST_NONCES));
  }

  /** What the store has said under a name; undefined if nothing. */
  answer(name: string): unknown {
    return this.#answers.get(name);
  }

  setAnswer(name: string, value: unknown): void {
    this.#answers.put(name, value);
  }

  /** The number of a collection; undefined if nothing of it was ever cached. */
  number(name: string): number | undefined {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const found = this.#meta.get(NUMBER_OF + name) as number | undefined;
    if (found !== undefined) this.#numbers.set(name, found);
    return found;
  }

  /** The same; gives it one if it has none. To be called in a write transaction. */
  makeNumber(name: string): number {
    const found = this.#numbers.get(name) ?? (this.#meta.get(NUMBER_OF + name) as number | undefined);
    if (found !== undefined) return found;
    // The record of the cache is the only other one. The number is not remembered here: the transaction may be rolled back.
    const number = this.#meta.count();
    this.#meta.put(NUMBER_OF + name, number);
    return number;
  }

  /** Stores the first state of a key, if it may enter. Others may leave to make room. */
  insert(at: Uint8Array, record: Uint8Array): void {
    if (this.eviction.admit(at, record.length)) this.states.put(at, record);
    else this.#forget(at);
  }

  /** The first state of a key was put, and its record has so many bytes. It leaves again if it may not enter; others may leave to make room. */
  entered(at: Uint8Array, length: number): void {
    if (this.eviction.admit(at, length)) return;
    this.states.del(at);
    this.#forget(at);
  }

  /** Drops all states, and what the store has said. */
  clear(): void {
    this.states.clear();
    this.older.clear();
    this.spans.clear();
    this.eviction.clear();
    this.#answers.clear();
  }

  /** The same, as if it had never seen a store. */
  forgetStore(): void {
    this.clear();
    this.clearNonces();
    this.#meta.del(META);
  }

  /** A key whose record is missing would be absent in a span. */
  #forget(at: Uint8Array): void {
    this.forgotten.push(at);
    if (this.spans.count() === 0) return;
    const number = u32(at, 0);
    const over = this.spans.before(number, keyOfState(at));
    if (over !== undefined) this.spans.delete(number, over);
  }

  #evict(at: Uint8Array): void {
    this.states.del(at);
    const key = keyOfState(at);
    const number = u32(at, 0);
    if (key.length <= MOST_CACHED_KEY && this.older.count() > 0) {
      this.older.clear({ gte: olderKey(number, key, OLDEST), lte: olderKey(number, key, 0) });
    }
    this.#forget(at);
  }

  /** How many bytes the pages take that have states in them. */
  bytes(): number {
    let size = 0;
    for (const table of [this.states, this.older]) {
      const { pageSize, branchPages, leafPages, overflowPages } = table.stat();
      size += pageSize * (branchPages + leafPages + overflowPages);
    }
    return size;
  }
}

function ofThisFormat(meta: CacheMeta | undefined): CacheMeta | undefined {
  return meta?.format === CACHE_FORMAT ? meta : undefined;
}

function nonceKey(tid: Tid): Uint8Array {
  const key = new Uint8Array(8);
  writeU64(key, 0, tid);
  return key;
}
