import { invalidType, invalidValue, LeaseholdError } from '../base/errors.ts';
import { utf8ByteLength } from '../base/platform.ts';
import { emptyRecord, isWellFormed } from '../base/primordials.ts';
import { catalogIn, forget, recall, remember } from '../catalog/catalog.ts';
import { MOST_KEY_BYTES } from '../catalog/key-size.ts';
import { isOwnCollection, MOST_EXPIRING_NAME_BYTES } from '../catalog/own-collections.ts';
import {
  type AnyKeyCodec,
  type AnyValueCodec,
  keyCodecFor,
  newsOf,
  REMEMBERED_FLAGS,
  valueCodecFor,
} from '../catalog/remembered-codecs.ts';
import { checkSideDataName } from '../catalog/side-data-name.ts';
import { keyBytes } from '../key/key-bytes.ts';
import { keyCodecNamed } from '../key/key-codecs.ts';
import {
  COLLECTION_ANY_KEYS,
  COLLECTION_DUPSORT,
  COLLECTION_EXPIRES,
  COLLECTION_VERSIONS,
} from '../native/constants.ts';
import type { CollectionId } from '../native/handles.ts';
import { answered, native } from '../native/native.ts';
import { OpenCollection } from '../read/open-collection.ts';
import type { EnvironmentState } from '../transaction/environment-state.ts';
import { inWrite } from '../transaction/in-write.ts';
import type { OpenTransaction } from '../transaction/open-transaction.ts';
import type { OpenWrite } from '../transaction/open-write.ts';
import { readNewest } from '../transaction/read-newest.ts';
import { checkShare, SharedStates } from '../versions/shared-states.ts';
import { sweepNowAndThen } from '../versions/sweeper.ts';
import { Collection } from './collection.ts';
import {
  checkAgreement,
  checkAnyKeys,
  checkDupSort,
  checkMade,
  checkOrder,
  readWanted,
  type Wanted,
} from './wanted.ts';

type AnyCollection = Collection<never, never, unknown, unknown>;

interface Opened {
  readonly open: OpenCollection;
  readonly collection: AnyCollection;
}

const LOST_FLAGS = 'lost flags';

/** The collections that an environment handle has opened: one object for each, dropped ones included. */
export class Collections {
  readonly #environment: EnvironmentState;
  /**
   * By native number. A collection that is dropped and made again gets another number; if that is rolled back, it has its old
   * number again. This is a record without a prototype, since a program can patch a Map's methods, and would get these objects.
   */
  readonly #open: Record<CollectionId, Opened | undefined> = emptyRecord();

  #sharing: SharedStates | undefined;
  #sweeps = false;

  constructor(environment: EnvironmentState) {
    this.#environment = environment;
  }

  /** See `Environment.collections`. */
  names(): string[] {
    const names = readNewest(this.#environment, (transaction) => answered(native.collections(transaction.handle)));
    return names.filter((name) => !isOwnCollection(name));
  }

  /** See `Environment.collection`. */
  open(name: unknown, options: unknown): AnyCollection {
    checkName(name);
    if (name !== null && isOwnCollection(name)) {
      throw invalidValue(`'${name}' is where leasehold keeps what it must remember`);
    }
    return this.openOwn(name, options);
  }

  /** The same for a collection of leasehold's own too. Programs must not get it: its codecs may give leases. */
  openOwn(name: string | null, options: unknown): AnyCollection {
    const wanted = readWanted(options);
    if (name === null && wanted.versions === true) throw invalidValue('the unnamed database cannot have versions');
    if (name === null && wanted.keys === 'any') throw invalidValue("the unnamed database cannot have keys: 'any'");
    if (name === null && wanted.expires === true) throw invalidValue('values of the unnamed database cannot expire');
    return this.#environment.retrying(() => {
      const there = readNewest(this.#environment, (transaction) => this.#find(transaction, name, wanted));
      if (there === undefined) return this.#make(name as string, wanted);
      if (there === LOST_FLAGS) return this.#restore(name as string, wanted);
      if (there.isStranger) this.#tellIfFree(there.open);
      return there.collection;
    });
  }

  /** The codec with which the keys of a collection are read: what it is open with, or what the database remembers, or bytes. */
  keyCodec(name: string): AnyKeyCodec {
    return this.#environment.retrying(() =>
      readNewest(this.#environment, (transaction) => {
        const id = answered(native.findCollection(transaction.handle, name));
        // If it was dropped, its last keys are of the last one that was open.
        const isOf = (each: Opened | undefined) => each?.open.name === name;
        const known = id < 0 ? Object.values(this.#open).findLast(isOf) : this.#open[id];
        return known?.open.key ?? keyCodecNamed(recall(transaction, name)?.key ?? '') ?? keyBytes;
      }),
    );
  }

  /** What is behind a collection that was opened here, by its native number. */
  byId(id: CollectionId): OpenCollection | undefined {
    return this.#open[id]?.open;
  }

  /**
   * The collection that a transaction sees under a name, undefined if there is none. A stranger is a collection whose codecs are
   * not remembered, in a database that remembers those of others: another program has made it. LOST_FLAGS in a read transaction, if the
   * collection has lost flags that the database remembers; a write transaction restores them.
   */
  #find(
    transaction: OpenTransaction,
    name: string | null,
    wanted: Wanted,
  ): (Opened & { isStranger: boolean }) | typeof LOST_FLAGS | undefined {
    let id = answered(native.findCollection(transaction.handle, name));
    if (id < 0) return undefined;
    const title = name ?? '';
    const known = this.#open[id];
    if (known !== undefined) {
      checkMade(wanted, known.open.flags, title);
      checkAnyKeys(wanted, known.open.anyKeys, title);
      checkAgreement(known.open, wanted);
      return { ...known, isStranger: false };
    }
    const remembered = name === null ? undefined : recall(transaction, name);
    const key = keyCodecFor(wanted.key, remembered, title);
    const value = valueCodecFor(wanted.value, remembered, title);
    let flags = answered(native.collectionFlags(this.#environment.native, id));
    const lost = (remembered?.flags ?? 0) & ~flags;
    if (lost !== 0) {
      if (!transaction.writes) return LOST_FLAGS;
      id = answered(native.restoreFlags(transaction.handle, id, lost));
      flags |= lost;
    }
    const news = newsOf(key, value, flags, remembered, title);
    if (value.bind !== undefined) checkSideDataName(title);
    const dupSort = (flags & COLLECTION_DUPSORT) !== 0;
    checkDupSort(wanted, dupSort, title);
    checkMade(wanted, flags, title);
    checkAnyKeys(wanted, (flags & COLLECTION_ANY_KEYS) !== 0, title);
    if (dupSort) checkOrder(value, title);
    const sharing = this.#sharingFor(wanted, value, flags, title);
    // Codecs that the program did not name are not remembered.
    const isNamed = name !== null && (wanted.key !== undefined || wanted.value !== undefined);
    const hasNews = isNamed && news !== undefined;
    const opened = this.#add(
      new OpenCollection(this.#environment, title, id, key, value, flags, hasNews, sharing, wanted.ttl),
    );
    return { ...opened, isStranger: hasNews && remembered === undefined && catalogIn(transaction) >= 0 };
  }

  /** Makes a collection and remembers its codecs, in one transaction: a child if one is open here. */
  #make(name: string, wanted: Wanted): AnyCollection {
    if (!wanted.create || this.#environment.readOnly) {
      throw new LeaseholdError(
        'ERR_NO_COLLECTION',
        `there is no collection '${name}' in '${this.#environment.path}': ` +
          (wanted.create ? 'it cannot be made, since the environment is read-only' : 'open it without `create: false`'),
        { path: this.#environment.path },
      );
    }
    const key = keyCodecFor(wanted.key, undefined, name);
    const value = valueCodecFor(wanted.value, undefined, name);
    if (value.bind !== undefined) checkSideDataName(name);
    if (wanted.dupSort === true) checkOrder(value, name);
    const flags =
      (wanted.dupSort === true ? COLLECTION_DUPSORT : 0) |
      (wanted.versions === true ? COLLECTION_VERSIONS : 0) |
      (wanted.expires === true ? COLLECTION_EXPIRES : 0) |
      (wanted.keys === 'any' ? COLLECTION_ANY_KEYS : 0);
    if (wanted.expires === true) checkExpiringName(name);
    const sharing = this.#sharingFor(wanted, value, flags, name);
    const make = (transaction: OpenWrite): Opened => {
      // Another thread or process may have made it meanwhile.
      const there = this.#find(transaction, name, wanted);
      if (there !== undefined) return there as Opened;
      const id = answered(native.makeCollection(transaction.handle, name, flags));
      // Another program may have dropped a collection of that name, and left what was remembered of it.
      forget(transaction, name);
      remember(transaction, name, { key: key.name, value: value.description, flags: flags & REMEMBERED_FLAGS });
      return this.#add(new OpenCollection(this.#environment, name, id, key, value, flags, false, sharing, wanted.ttl));
    };
    return inWrite(this.#environment, make, wanted.lockTimeout).collection;
  }

  /** Opens a collection that has lost its flags: mdb_dump and mdb_load have kept the headers of its values, but not the flags. */
  #restore(name: string, wanted: Wanted): AnyCollection {
    const { path, readOnly } = this.#environment;
    if (readOnly) {
      throw new LeaseholdError(
        'ERR_CODEC',
        `the collection '${name}' has lost its flags, which mdb_load does not keep: open it once in an environment that is not ` +
          'read-only, which restores them',
        { path },
      );
    }
    const restore = (transaction: OpenWrite): Opened => this.#find(transaction, name, wanted) as Opened;
    return inWrite(this.#environment, restore, wanted.lockTimeout).collection;
  }

  /** What shares the values of a collection; undefined if they are not to be shared. `ERR_INVALID_ARG_VALUE` if they cannot be. */
  #sharingFor(wanted: Wanted, value: AnyValueCodec, flags: number, name: string): SharedStates | undefined {
    if (wanted.share !== true) return undefined;
    checkShare(value, (flags & COLLECTION_VERSIONS) !== 0, name);
    this.#sharing ??= new SharedStates(this.#environment);
    return this.#sharing;
  }

  /** The shared states of this handle, if one of its collections shares any. */
  get sharing(): SharedStates | undefined {
    return this.#sharing;
  }

  #add(open: OpenCollection): Opened {
    const opened = { open, collection: new Collection(open) as AnyCollection };
    this.#open[open.id] = opened;
    if (open.expiry !== undefined && this.#environment.sweeps && !this.#sweeps) sweepNowAndThen(this.#environment);
    this.#sweeps ||= open.expiry !== undefined;
    return opened;
  }

  /** Remembers codecs now, unless somebody else is writing. Then the first transaction that stores values does it. */
  #tellIfFree(collection: OpenCollection): void {
    if (this.#environment.readOnly) return;
    try {
      inWrite(this.#environment, (transaction) => collection.tellCodecs(transaction), 0);
    } catch (error) {
      if (!(error instanceof LeaseholdError)) throw error;
    }
  }
}

/** The index by time has a longer name. */
function checkExpiringName(name: string): void {
  const length = utf8ByteLength(name);
  if (length <= MOST_EXPIRING_NAME_BYTES) return;
  throw invalidValue(
    `a collection whose values expire must have a name of at most ${MOST_EXPIRING_NAME_BYTES} bytes; this one has ${length}`,
  );
}

function checkName(name: unknown): asserts name is string | null {
  if (name === null) return;
  if (typeof name !== 'string') throw invalidType('name', 'a string, or null for the unnamed database', name);
  const length = utf8ByteLength(name);
  if (length === 0 || length > MOST_KEY_BYTES || name.includes('\0') || !isWellFormed(name)) {
    throw invalidValue(
      `a collection's name must have from 1 to ${MOST_KEY_BYTES} bytes, no NUL and no lone surrogate; this one has ${length} bytes`,
    );
  }
}
