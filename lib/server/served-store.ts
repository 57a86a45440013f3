import { microtask } from '../base/clock.ts';
import { LeaseholdError } from '../base/errors.ts';
import { OwnMap } from '../base/own-map.ts';
import type { TraceWriter } from '../cache/trace/trace-writer.ts';
import { recall } from '../catalog/catalog.ts';
import { COPYING } from '../catalog/own-collections.ts';
import { type Environment, environmentParts } from '../environment/environment.ts';
import { keyCodecNamed } from '../key/key-codecs.ts';
import { rememberedValueCodec } from '../key/remembered.ts';
import { COLLECTION_VERSIONS } from '../native/constants.ts';
import { readNewest } from '../transaction/read-newest.ts';
import type { Change, Tid } from '../versions/engine/engine.ts';
import { EnvironmentEngine } from '../versions/engine/environment-engine.ts';
import { changeFrame } from '../wire/change-message.ts';
import type { ClientHello, ServerHello } from '../wire/hello.ts';
import type { WireLimits } from '../wire/protocol.ts';
import { DEFAULT_CREDIT } from '../wire/protocol.ts';
import { FairCommits } from './commits/fair-commits.ts';
import { TurnCommits } from './commits/turn-commits.ts';
import { LearnedLinks } from './follow/learned-links.ts';
import { ServedCodecs } from './follow/served-codecs.ts';
import { ServedLinks } from './follow/served-links.ts';
import type { Rights, Tokens } from './rights/rights.ts';

/** How many commits a client that was away is told one by one. */
const MOST_MISSED = 100_000;

/** What a server has counted since it began. */
export interface ServerCounters {
  /** Connections that have begun, and those that are open. */
  connections: number;
  open: number;
  /** Clients that were not accepted, or were sent away: for their certificate, their token, or what they sent. */
  refused: number;
  requests: number;
  /** Requests that were answered with an error. */
  errors: number;
  commits: number;
  conflicts: number;
  /** Bytes of frames. */
  received: number;
  sent: number;
  /** Answers in several frames that are under way now, and snapshots that clients hold. */
  streams: number;
  holds: number;
  /** Objects that were sent to clients with `prefetch` before they were asked for, those of them that were used, and those that were of no use. */
  prefetched: number;
  prefetchUsed: number;
  prefetchWasted: number;
}

/** What `onError` gets: why a client was refused, or an error that its answer does not tell. */
export type OnError = (error: Error) => void;

/** An environment that a server serves: what all sessions share. */
export class ServedStore {
  readonly environment: Environment;
  readonly engine: EnvironmentEngine;
  readonly commits: FairCommits;
  readonly limits: WireLimits;
  readonly tokens: Tokens | undefined;
  readonly isReadOnly: boolean;
  /** Records what is read and written, if that was asked for. */
  readonly trace: TraceWriter | undefined;
  readonly counters: ServerCounters = {
    connections: 0,
    open: 0,
    refused: 0,
    requests: 0,
    errors: 0,
    commits: 0,
    conflicts: 0,
    received: 0,
    sent: 0,
    streams: 0,
    holds: 0,
    prefetched: 0,
    prefetchUsed: 0,
    prefetchWasted: 0,
  };
  /** How many bytes of an answer in several frames are on the way, unless the client says otherwise. */
  readonly window: number = DEFAULT_CREDIT;
  readonly codecs: ServedCodecs = new ServedCodecs((name) => this.describe(name));
  readonly links: ServedLinks;
  readonly learned: LearnedLinks = new LearnedLinks();
  readonly #moved = new OwnMap<() => void, true>();
  /** The commit that was told last, and its frame. */
  #told: { readonly change: Change; readonly frame: Uint8Array } | undefined;
  readonly #onError: OnError;

  constructor(
    environment: Environment,
    {
      limits,
      tokens,
      readOnly,
      onError,
      trace,
    }: {
      readonly limits: WireLimits;
      readonly tokens: Tokens | undefined;
      readonly readOnly: boolean;
      readonly onError: OnError | undefined;
      readonly trace?: TraceWriter | undefined;
    },
  ) {
    const { state } = environmentParts(environment);
    this.environment = environment;
    this.links = new ServedLinks(environment);
    this.engine = new EnvironmentEngine(state);
    this.commits = new FairCommits(new TurnCommits(state, this.engine), this.engine);
    this.limits = limits;
    this.tokens = tokens;
    this.isReadOnly = readOnly || state.readOnly;
    this.#onError = onError ?? (() => {});
    this.trace = trace;
  }

  /** A client was not accepted, or was sent away. */
  refused(error: LeaseholdError): void {
    this.counters.refused++;
    this.tell(error);
  }

  /** Tells the program of an error. What the program throws then is an uncaught exception: it must not end a session. */
  tell(error: Error): void {
    microtask(() => this.#onError(error));
  }

  hello(): ServerHello {
    const tid = this.engine.processed();
    return {
      storeId: this.engine.storeId,
      tid,
      nonce: this.engine.nonceOf(tid) ?? '',
      limits: this.limits,
      ...(this.isReadOnly && { readOnly: true }),
    };
  }

  /** The commit up to which a client has been told everything, or why it cannot go on after the one that it has seen. */
  since({ storeId, after }: ClientHello): { told: Tid; reset?: 'too-old' | 'other-history' } {
    if (after === undefined) return { told: this.engine.processed() };
    const { tid } = after;
    // Another process that serves the store may have told the client more than this one knows.
    if (tid > this.engine.processed()) this.engine.catchUp();
    const newest: Tid = this.engine.processed();
    if ((storeId !== undefined && storeId !== this.engine.storeId) || tid > newest) {
      return { told: newest, reset: 'other-history' };
    }
    const nonce = tid > 0 ? this.engine.nonceOf(tid) : after.nonce;
    if (nonce === undefined) return { told: newest, reset: 'too-old' };
    if (nonce !== after.nonce) return { told: newest, reset: 'other-history' };
    if (newest - tid > MOST_MISSED) return { told: newest, reset: 'too-old' };
    const isKnown = tid === newest || this.engine.changesBetween(tid, tid + 1) !== undefined;
    return isKnown ? { told: tid } : { told: newest, reset: 'too-old' };
  }

  /** Calls `fn` after each commit that the engine has told. Returns a function that ends this. */
  onMoved(fn: () => void): () => void {
    this.#moved.set(fn, true);
    return () => this.#moved.delete(fn);
  }

  moved(): void {
    this.#moved.forEach((_, fn) => {
      fn();
    });
  }

  /** The frame CHANGED, with the id 0, for a client. All that may know of everything get the same bytes. */
  toldTo(rights: Rights, change: Change): Uint8Array {
    if (!rights.isAll) return changeFrame(rights.seen(change));
    if (this.#told?.change !== change) this.#told = { change, frame: changeFrame(change) };
    return this.#told.frame;
  }

  /** The commit after this one; undefined if the log of changes does not have it any more. */
  changeAfter(tid: Tid): Change | undefined {
    const told = this.#told?.change;
    return told?.tid === tid + 1 ? told : this.engine.changesBetween(tid, tid + 1)?.[0];
  }

  /** The names of the codecs of a collection, and what it was made with; undefined if there is none, or it has no versions. */
  describe(name: string): { name: string; key: string; value: unknown; flags: number } | undefined {
    const { state } = environmentParts(this.environment);
    const remembered = readNewest(state, (transaction) => recall(transaction, name));
    if (remembered === undefined || (remembered.flags & COLLECTION_VERSIONS) === 0) return undefined;
    return { name, ...remembered };
  }

  /** Makes a collection with the codecs of these descriptions. `ERR_CODEC`, `ERR_READ_ONLY`. */
  make(name: string, { key, value }: { readonly [field: string]: unknown }): void {
    const keyCodec = typeof key === 'string' ? keyCodecNamed(key) : undefined;
    const valueCodec = rememberedValueCodec(value);
    if (keyCodec === undefined || valueCodec === undefined) {
      throw new LeaseholdError(
        'ERR_CODEC',
        `the server does not know these codecs: make the collection '${name}' there`,
      );
    }
    if (this.isReadOnly) throw new LeaseholdError('ERR_READ_ONLY', 'the server serves this store for reading only');
    const { collections } = environmentParts(this.environment);
    const options = { key: keyCodec, value: valueCodec, versions: true };
    if (name === COPYING) collections.openOwn(name, options);
    else collections.open(name, options);
  }

  statOf(name: string): object {
    const { collections } = environmentParts(this.environment);
    return collections.openOwn(name, { create: false }).stat();
  }
}
