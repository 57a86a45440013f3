import { checkObject, checkOptionNames } from '../base/check-arguments.ts';
import { invalidType, invalidValue, LeaseholdError } from '../base/errors.ts';
import { emptyRecord, isWellFormed, utf8ByteLength } from '../base/primordials.ts';
import { catalogIn, checkSideDataName, forget, recall, remember } from '../catalog/catalog.ts';
import { MOST_KEY_BYTES } from '../catalog/key-size.ts';
import { isOwnCollection } from '../catalog/own-collections.ts';
import {
  type AnyKeyCodec,
  type AnyValueCodec,
  keyCodecFor,
  newsOf,
  REMEMBERED_FLAGS,
  valueCodecFor,
} from '../catalog/remembered-codecs.ts';
import { COLLECTION_DUPSORT, COLLECTION_VERSIONS } from '../native/constants.ts';
import type { CollectionId } from '../native/handles.ts';
import { answered, native } from '../native/native.ts';
import { OpenCollection, titleOf } from '../read/open-collection.ts';
import type { EnvironmentState } from '../transaction/environment-state.ts';
import { inWrite } from '../transaction/in-write.ts';
import { checkLockTimeout } from '../transaction/open-options.ts';
import type { OpenTransaction } from '../transaction/open-transaction.ts';
import type { OpenWrite } from '../transaction/open-write.ts';
import { readNewest } from '../transaction/read-newest.ts';
import { descriptionText } from '../value/description-text.ts';
import { structOf } from '../value/struct/struct.ts';
import { Collection } from './collection.ts';
import { givenKeyCodec, givenValueCodec } from './given-codecs.ts';

type AnyCollection = Collection<never, never, unknown, unknown>;

interface Wanted {
  key: AnyKeyCodec | undefined;
  value: AnyValueCodec | undefined;
  dupSort: boolean | undefined;
  versions: boolean | undefined;
  create: boolean;
  lockTimeout: number | undefined;
}

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

  constructor(environment: EnvironmentState) {
    this.#environment = environment;
  }

  /** See `Environment.collection`. */
  open(name: unknown, options: unknown): AnyCollection {
    checkName(name);
    const wanted = readWanted(options);
    if (name === null && wanted.versions === true) throw invalidValue('the unnamed database cannot have versions');
    return this.#environment.retrying(() => {
      const there = readNewest(this.#environment, (transaction) => this.#find(transaction, name, wanted));
      if (there === undefined) return this.#make(name as string, wanted);
      if (there === LOST_FLAGS) return this.#restore(name as string, wanted);
      if (there.isStranger) this.#tellIfFree(there.open);
      return there.collection;
    });
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
      checkVersions(wanted, known.open.versions, title);
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
    checkVersions(wanted, (flags & COLLECTION_VERSIONS) !== 0, title);
    if (dupSort) checkOrder(value, title);
    // Codecs that the program did not name are not remembered.
    const isNamed = name !== null && (wanted.key !== undefined || wanted.value !== undefined);
    const hasNews = isNamed && news !== undefined;
    const opened = this.#add(new OpenCollection(this.#environment, title, id, key, value, flags, hasNews));
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
      (wanted.dupSort === true ? COLLECTION_DUPSORT : 0) | (wanted.versions === true ? COLLECTION_VERSIONS : 0);
    const make = (transaction: OpenWrite): Opened => {
      // Another thread or process may have made it meanwhile.
      const there = this.#find(transaction, name, wanted);
      if (there !== undefined) return there as Opened;
      const id = answered(native.makeCollection(transaction.handle, name, flags));
      // Another program may have dropped a collection of that name, and left what was remembered of it.
      forget(transaction, name);
      remember(transaction, name, { key: key.name, value: value.description, flags: flags & REMEMBERED_FLAGS });
      return this.#add(new OpenCollection(this.#environment, name, id, key, value, flags));
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

  #add(open: OpenCollection): Opened {
    const opened = { open, collection: new Collection(open) as AnyCollection };
    this.#open[open.id] = opened;
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

function checkName(name: unknown): asserts name is string | null {
  if (name === null) return;
  if (typeof name !== 'string') throw invalidType('name', 'a string, or null for the unnamed database', name);
  const length = utf8ByteLength(name);
  if (length === 0 || length > MOST_KEY_BYTES || name.includes('\0') || !isWellFormed(name)) {
    throw invalidValue(
      `a collection's name must have from 1 to ${MOST_KEY_BYTES} bytes, no NUL and no lone surrogate; this one has ${length} bytes`,
    );
  }
  if (isOwnCollection(name)) throw invalidValue(`'${name}' is where leasehold keeps what it must remember`);
}

function readWanted(options: unknown): Wanted {
  if (options === undefined)
    return {
      key: undefined,
      value: undefined,
      dupSort: undefined,
      versions: undefined,
      create: true,
      lockTimeout: undefined,
    };
  checkObject(options, 'options');
  checkOptionNames(options, ['key', 'value', 'dupSort', 'versions', 'create', 'lockTimeout'], 'collection()');
  const { key, value, dupSort, versions, create = true, lockTimeout } = options as { [N in keyof Wanted]?: unknown };
  if (dupSort !== undefined && typeof dupSort !== 'boolean') throw invalidType('dupSort', 'a boolean', dupSort);
  if (versions !== undefined && typeof versions !== 'boolean') throw invalidType('versions', 'a boolean', versions);
  if (versions === true && dupSort === true) {
    throw invalidValue('a collection has versions or dupSort, not both: only a key with one value has a version');
  }
  if (typeof create !== 'boolean') throw invalidType('create', 'a boolean', create);
  checkLockTimeout(lockTimeout);
  return {
    key: givenKeyCodec(key),
    value: givenValueCodec(value),
    dupSort,
    versions,
    create,
    lockTimeout,
  };
}

function checkAgreement(known: OpenCollection, wanted: Wanted): void {
  const sameKey = wanted.key === undefined || wanted.key === known.key;
  const sameValue = wanted.value === undefined || sameCodec(wanted.value, known.value);
  const sameDupSort = wanted.dupSort === undefined || wanted.dupSort === known.dupSort;
  if (sameKey && sameValue && sameDupSort) return;
  const differences: string[] = [];
  if (!sameKey) differences.push(`keys ${known.key.name} and not ${wanted.key?.name}`);
  if (!sameValue) differences.push(`values ${described(known.value)} and not ${described(wanted.value)}`);
  if (!sameDupSort) differences.push(`dupSort ${known.dupSort}`);
  throw invalidValue(
    `${known.title} is open here with ${differences.join(', ')}: use that Collection, or read it with other codecs by as()`,
  );
}

function described(codec: AnyValueCodec | undefined): string {
  return descriptionText(codec?.description);
}

function checkDupSort(wanted: Wanted, dupSort: boolean, name: string): void {
  if (wanted.dupSort === undefined || wanted.dupSort === dupSort) return;
  const which = titleOf(name);
  throw new LeaseholdError(
    'ERR_CODEC',
    dupSort
      ? `${which} was made with several values a key: open it with dupSort: true, or leave dupSort out`
      : `${which} was made with one value a key: open it without dupSort, or make another one`,
  );
}

/** Throws `ERR_CODEC` if the program and the database do not agree: the values of one form cannot be read as those of the other. */
function checkVersions(wanted: Wanted, versions: boolean, name: string): void {
  if (wanted.versions === undefined || wanted.versions === versions) return;
  const which = titleOf(name);
  throw new LeaseholdError(
    'ERR_CODEC',
    versions
      ? `${which} was made with versions: true: open it with it, or leave versions out`
      : `${which} was made without versions, which cannot be changed: leave versions out, or make another one and put the entries there`,
  );
}

/** LMDB sorts the values of a key by their bytes. Throws `ERR_INVALID_ARG_VALUE` for a codec whose values sort otherwise. */
function checkOrder(codec: AnyValueCodec, name: string): void {
  if (codec.ordered) return;
  throw invalidValue(
    `the values of ${titleOf(name)}, which has dupSort, must sort as their bytes do. Those of the codec ` +
      `'${codec.name}' do not: use bytes, utf8, uint32, tuple or tupleOf()`,
  );
}

/** Two structs are the same if their schemas are; other codecs if they are one object. */
function sameCodec(a: AnyValueCodec, b: AnyValueCodec): boolean {
  if (a === b) return true;
  const schema = structOf(a);
  return schema !== undefined && JSON.stringify(schema) === JSON.stringify(structOf(b));
}
