import { checkOptionNames, invalidType, invalidValue, LeaseholdError } from '../errors.ts';
import { keepsOrder, keyCodecAsValue, keyCodecAsValueNamed } from '../key/as-value.ts';
import type { KeyCodec } from '../key/codec.ts';
import { keyCodecNamed, toKeyCodec } from '../key/to-key-codec.ts';
import { finishAllDrains } from '../lease/drain.ts';
import { COLLECTION_CREATE, COLLECTION_DUPSORT, native } from '../native.ts';
import { emptyRecord, isWellFormed, utf8ByteLength } from '../primordials.ts';
import { bytes } from '../value/bytes.ts';
import type { ValueCodec } from '../value/codec.ts';
import { toValueCodec } from '../value/custom.ts';
import { rememberedValueCodec } from '../value/remembered.ts';
import { CATALOG, prepareToKeep, type Remembered, recall, remember } from './catalog.ts';
import { Collection } from './collection.ts';
import { CollectionCore, titleOf } from './collection-core.ts';
import type { EnvironmentCore } from './core.ts';
import { MOST_KEY_BYTES } from './key-size.ts';
import { checkObject } from './options.ts';

type AnyKeyCodec = KeyCodec<never, unknown>;
type AnyCodec = ValueCodec<never, unknown>;
type AnyCollection = Collection<never, never, unknown, unknown>;

interface Wanted {
  key: AnyKeyCodec | undefined;
  value: AnyCodec | undefined;
  dupSort: boolean | undefined;
  create: boolean;
}

/** The collections that an environment handle has open: one object for each name. */
export class Collections {
  readonly #core: EnvironmentCore;
  /** By name, without a prototype: a Map's methods can be patched, and would be handed the environment's own objects. */
  readonly #open: Record<string, { core: CollectionCore; collection: AnyCollection } | undefined> = emptyRecord();

  constructor(core: EnvironmentCore) {
    this.#core = core;
  }

  /** See `Environment.collection`. */
  open(name: unknown, options: unknown): AnyCollection {
    checkName(name);
    const wanted = readWanted(options);
    const environment = this.#core.native;
    let id = this.#core.retrying(() => native.openCollection(environment, name, 0));
    const key = name ?? '';
    const known = this.#open[key];
    // Another process may have dropped it and made it anew.
    const isKnown = id >= 0 && known !== undefined && known.core.dupSort === native.hasDuplicates(environment, id);
    if (isKnown) {
      checkAgreement(known.core, wanted);
      return known.collection;
    }
    const isNew = id < 0;
    if (isNew && (!wanted.create || this.#core.readOnly)) {
      throw new LeaseholdError(
        'ERR_NO_COLLECTION',
        `there is no collection '${name}' in '${this.#core.path}': ` +
          (wanted.create ? 'it cannot be made, since the environment is read-only' : 'open it without `create: false`'),
        { path: this.#core.path },
      );
    }
    const remembered = isNew || name === null ? undefined : recall(this.#core, name);
    const core = { key: keyCodec(wanted, remembered, key), value: valueCodec(wanted, remembered, key) };
    const description = remembered === undefined ? core.value.description : accepted(core.value, remembered, key);
    if (core.value.bind !== undefined) prepareToKeep(this.#core, key);
    if (isNew) {
      if (wanted.dupSort === true) checkOrder(core.value, key);
      // The snapshots that only drain may hold a dropped collection of that name.
      finishAllDrains();
      id = native.openCollection(environment, name, COLLECTION_CREATE | (wanted.dupSort ? COLLECTION_DUPSORT : 0));
    }
    const dupSort = native.hasDuplicates(environment, id);
    checkDupSort(wanted, dupSort, key);
    if (dupSort) checkOrder(core.value, key);
    if (known !== undefined) known.core.replaced = true;
    if (isNew || hasGrown(description, remembered)) {
      if (!this.#core.readOnly) remember(this.#core, key, core.key.name, description);
    }
    const opened = new CollectionCore(this.#core, key, id, core.key, core.value, dupSort);
    const collection: AnyCollection = new Collection(opened);
    this.#open[key] = { core: opened, collection };
    return collection;
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
  if (name === CATALOG) throw invalidValue(`'${CATALOG}' is where leasehold keeps what it must remember`);
}

function readWanted(options: unknown): Wanted {
  if (options === undefined) return { key: undefined, value: undefined, dupSort: undefined, create: true };
  checkObject(options, 'options');
  checkOptionNames(options, ['key', 'value', 'dupSort', 'create'], 'collection()');
  const {
    key,
    value,
    dupSort,
    create = true,
  } = options as { key?: never; value?: never; dupSort?: unknown; create?: unknown };
  if (dupSort !== undefined && typeof dupSort !== 'boolean') throw invalidType('dupSort', 'a boolean', dupSort);
  if (typeof create !== 'boolean') throw invalidType('create', 'a boolean', create);
  return {
    key: key === undefined ? undefined : (toKeyCodec(key) as AnyKeyCodec),
    value: value === undefined ? undefined : (keyCodecAsValue(value) ?? (toValueCodec(value) as AnyCodec)),
    dupSort,
    create,
  };
}

function checkAgreement(known: CollectionCore, wanted: Wanted): void {
  const sameKey = wanted.key === undefined || wanted.key === known.key;
  const sameValue = wanted.value === undefined || sameCodec(wanted.value, known.value);
  const sameDupSort = wanted.dupSort === undefined || wanted.dupSort === known.dupSort;
  if (sameKey && sameValue && sameDupSort) return;
  throw invalidValue(
    `${known.title} is open here with ${sameDupSort ? 'other codecs' : 'another dupSort'} ` +
      `(key: ${known.key.name}, value: ${known.value.name}, dupSort: ${known.dupSort}): use that Collection`,
  );
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

/** LMDB sorts the values of a key by their bytes. */
function checkOrder(codec: AnyCodec, name: string): void {
  if (keepsOrder(codec)) return;
  throw invalidValue(
    `the values of ${titleOf(name)}, which has dupSort, must sort as their bytes do, which those of the codec ` +
      `'${codec.name}' do not: use bytes, utf8, uint32, tuple or tupleOf()`,
  );
}

/** Two structs are the same if their schemas are; other codecs if they are one object. */
function sameCodec(a: AnyCodec, b: AnyCodec): boolean {
  if (a === b) return true;
  return a.name === 'struct' && b.name === 'struct' && JSON.stringify(a.description) === JSON.stringify(b.description);
}

/** Whether the schema of a struct has more fields than what is remembered of it. */
function hasGrown(description: unknown, remembered: Remembered | undefined): boolean {
  return remembered !== undefined && JSON.stringify(description) !== JSON.stringify(remembered.value);
}

function keyCodec(wanted: Wanted, remembered: Remembered | undefined, name: string): AnyKeyCodec {
  if (remembered === undefined) return wanted.key ?? (toKeyCodec(bytes as never) as AnyKeyCodec);
  const codec = keyCodecNamed(remembered.key);
  if (codec === undefined || (wanted.key !== undefined && wanted.key !== codec)) {
    throw new LeaseholdError(
      'ERR_CODEC',
      `the keys of the collection '${name}' were written with the codec '${remembered.key}'` +
        (codec === undefined ? ', which this version does not know' : `, not '${wanted.key?.name}'`),
    );
  }
  return codec;
}

function valueCodec(wanted: Wanted, remembered: Remembered | undefined, name: string): AnyCodec {
  if (remembered === undefined) return wanted.value ?? bytes;
  if (wanted.value !== undefined) return wanted.value;
  const codec = rememberedValueCodec(remembered.value) ?? keyCodecAsValueNamed(remembered.value);
  if (codec === undefined) {
    throw new LeaseholdError(
      'ERR_CODEC',
      `the values of the collection '${name}' were written with a codec of the program's own ` +
        `(${JSON.stringify(remembered.value)}): give it as \`value\``,
    );
  }
  return codec;
}

/** What is to be remembered of a collection whose values were written by the codec that is remembered. `ERR_CODEC`. */
function accepted(codec: AnyCodec, remembered: Remembered, name: string): unknown {
  try {
    return codec.accept(remembered.value);
  } catch (cause) {
    if (!(cause instanceof LeaseholdError)) throw cause;
    throw new LeaseholdError('ERR_CODEC', `the collection '${name}': ${cause.message}`, { cause });
  }
}
