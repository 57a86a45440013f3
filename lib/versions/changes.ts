import { checkOptionNames } from '../base/check-arguments.ts';
import { invalidType } from '../base/errors.ts';
import type { KeyCodec } from '../key/codec.ts';
import type { EnvironmentState } from '../transaction/environment-state.ts';
import { decodeRecord, type RecordedCommit } from './change-record.ts';
import { type FeedOptions, feedOptions } from './changes-options.ts';
import { Feed } from './feed.ts';
import { type KeyChange, keyChange } from './key-change.ts';

/** What the log of changes has of every commit. */
export interface CommitStamp {
  /** The number of the commit. */
  readonly tid: number;
  /** 64 random bits as 16 hexadecimal digits. Databases that agree on a tid and its nonce have the same history up to it. */
  readonly nonce: string;
  /** When it was committed, in ms since 1970, by the clock of the process that committed. Clocks can go back: only tids have an order. */
  readonly time: number;
  /** The ids that were given to the commit. Batches that were committed together have one each. */
  readonly ids: readonly Uint8Array[];
}

/** A commit that changed versioned collections. */
export interface Commit extends CommitStamp {
  /** By collection, in the order of the names. */
  readonly changes: readonly (KeyChange & { readonly collection: string })[];
}

/** The codec with which the keys of a collection are read: what it is open with, or what the database remembers, or bytes. */
export type KeyCodecOf = (name: string) => KeyCodec<never, unknown>;

/** See `Environment.changes`. `names`: of the collections that are wanted; undefined for all. */
export function changes(
  environment: EnvironmentState,
  options: FeedOptions,
  names: readonly string[] | undefined,
  codecOf: KeyCodecOf,
): Feed<Commit> {
  environment.checkOpen();
  const { place, signal } = feedOptions(options);
  checkOptionNames(options, ['after', 'collections', 'signal'], 'changes()');
  const isWanted = (name: string) => names === undefined || names.includes(name);
  const codecs = new RememberedCodecs(codecOf);
  const read = (record: Uint8Array, tid: number): Commit | undefined => {
    const commit = decodeRecord(record, tid, isWanted);
    return commit.changes.length === 0 ? undefined : commitOf(tid, commit, codecs);
  };
  return new Feed({ environment, read, place, signal });
}

function commitOf(tid: number, { nonce, time, ids, changes }: RecordedCommit, codecs: RememberedCodecs): Commit {
  const told = changes.map((change) => ({
    collection: change.collection,
    ...keyChange(change, codecs.of(change.collection)),
  }));
  for (const { collection, dropped } of changes) if (dropped) codecs.forget(collection);
  return { tid, nonce, time, ids, changes: told };
}

/** Asks once for the codec of a collection, and again when the collection was dropped. */
class RememberedCodecs {
  readonly #codecOf: KeyCodecOf;
  readonly #codecs = new Map<string, KeyCodec<never, unknown>>();

  constructor(codecOf: KeyCodecOf) {
    this.#codecOf = codecOf;
  }

  of(name: string): KeyCodec<never, unknown> {
    const known = this.#codecs.get(name);
    if (known !== undefined) return known;
    const codec = this.#codecOf(name);
    this.#codecs.set(name, codec);
    return codec;
  }

  forget(name: string): void {
    this.#codecs.delete(name);
  }
}

/** The names of the collections that `changes` is to give. `ERR_INVALID_ARG_TYPE`. */
export function wantedNames(
  collections: unknown,
  nameOf: (collection: unknown) => string | undefined,
): string[] | undefined {
  if (collections === undefined) return undefined;
  if (typeof collections !== 'object' || collections === null || !(Symbol.iterator in collections)) {
    throw invalidType('collections', 'an iterable of collections and names', collections);
  }
  return Array.from(collections as Iterable<unknown>, (collection) => {
    const name = typeof collection === 'string' ? collection : nameOf(collection);
    if (name === undefined) throw invalidType('collections', 'collections and names', collection);
    return name;
  });
}
