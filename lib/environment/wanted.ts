import { checkChoice, checkObject, checkOptionNames } from '../base/check-arguments.ts';
import { invalidType, invalidValue, LeaseholdError } from '../base/errors.ts';
import type { AnyKeyCodec, AnyValueCodec } from '../catalog/remembered-codecs.ts';
import { COLLECTION_EXPIRES, COLLECTION_VERSIONS } from '../native/constants.ts';
import { type OpenCollection, titleOf } from '../read/open-collection.ts';
import { readExpires } from '../read/put-time.ts';
import { checkLockTimeout } from '../transaction/open-options.ts';
import { descriptionText } from '../value/description-text.ts';
import { structOf } from '../value/struct/struct.ts';
import { givenKeyCodec, givenValueCodec } from './given-codecs.ts';

/** What a program asks of a collection: the options of `env.collection()`. What is undefined may be anything. */
export interface Wanted {
  key: AnyKeyCodec | undefined;
  value: AnyValueCodec | undefined;
  dupSort: boolean | undefined;
  versions: boolean | undefined;
  keys: 'any' | undefined;
  share: boolean | undefined;
  expires: boolean | undefined;
  /** In ms, Infinity for values that stay. */
  ttl: number | undefined;
  create: boolean;
  lockTimeout: number | undefined;
}

/** Checks what a program asks for. `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`, `ERR_OUT_OF_RANGE`. */
export function readWanted(options: unknown): Wanted {
  if (options === undefined)
    return {
      key: undefined,
      value: undefined,
      dupSort: undefined,
      versions: undefined,
      keys: undefined,
      share: undefined,
      expires: undefined,
      ttl: undefined,
      create: true,
      lockTimeout: undefined,
    };
  checkObject(options, 'options');
  checkOptionNames(
    options,
    ['key', 'value', 'dupSort', 'versions', 'keys', 'share', 'expires', 'create', 'lockTimeout'],
    'collection()',
  );
  const {
    key,
    value,
    dupSort,
    versions,
    keys,
    share,
    expires,
    create = true,
    lockTimeout,
  } = options as { [N in keyof Wanted]?: unknown };
  if (dupSort !== undefined && typeof dupSort !== 'boolean') throw invalidType('dupSort', 'a boolean', dupSort);
  if (versions !== undefined && typeof versions !== 'boolean') throw invalidType('versions', 'a boolean', versions);
  checkChoice(keys, 'keys', ['any']);
  if (share !== undefined && typeof share !== 'boolean') throw invalidType('share', 'a boolean', share);
  if (versions === true && dupSort === true) {
    throw invalidValue('a collection has versions or dupSort, not both: only a key with one value has a version');
  }
  if (keys === 'any' && dupSort === true) {
    throw invalidValue(
      "a collection has keys: 'any' or dupSort, not both: a long key stands in front of its one value",
    );
  }
  const expiring = readExpires(expires);
  if (expiring.expires === true && dupSort === true) {
    throw invalidValue('a collection has expires or dupSort, not both: only a key with one value can expire');
  }
  if (typeof create !== 'boolean') throw invalidType('create', 'a boolean', create);
  checkLockTimeout(lockTimeout);
  return {
    key: givenKeyCodec(key),
    value: givenValueCodec(value),
    dupSort,
    versions,
    keys: keys as 'any' | undefined,
    share,
    ...expiring,
    create,
    lockTimeout,
  };
}

/** Throws `ERR_INVALID_ARG_VALUE` if a collection is open here in another way than a program asks for. */
export function checkAgreement(known: OpenCollection, wanted: Wanted): void {
  const sameKey = wanted.key === undefined || wanted.key === known.key;
  const sameValue = wanted.value === undefined || sameCodec(wanted.value, known.value);
  const sameDupSort = wanted.dupSort === undefined || wanted.dupSort === known.dupSort;
  const shares = known.sharing !== undefined;
  const sameShare = wanted.share === undefined || wanted.share === shares;
  const sameTtl = wanted.ttl === undefined || wanted.ttl === known.expiry?.ttl;
  if (sameKey && sameValue && sameDupSort && sameShare && sameTtl) return;
  const differences: string[] = [];
  if (!sameKey) differences.push(`keys ${known.key.name} and not ${wanted.key?.name}`);
  if (!sameValue) differences.push(`values ${described(known.value)} and not ${described(wanted.value)}`);
  if (!sameDupSort) differences.push(`dupSort ${known.dupSort}`);
  if (!sameShare) differences.push(`share ${shares}`);
  if (!sameTtl) differences.push(`a ttl of ${known.expiry?.ttl} ms`);
  throw invalidValue(
    `${known.title} is open here with ${differences.join(', ')}: use that Collection, or read it with other codecs by as()`,
  );
}

function described(codec: AnyValueCodec | undefined): string {
  return descriptionText(codec?.description);
}

/** Throws `ERR_CODEC` if the program and the database do not agree on `dupSort`. */
export function checkDupSort(wanted: Wanted, dupSort: boolean, name: string): void {
  if (wanted.dupSort === undefined || wanted.dupSort === dupSort) return;
  const which = titleOf(name);
  const remedy = name === '' ? 'or give dupSort to a collection with a name' : 'or make another one';
  throw new LeaseholdError(
    'ERR_CODEC',
    dupSort
      ? `${which} was made with several values a key: open it with dupSort: true, or leave dupSort out`
      : `${which} was made with one value a key: open it without dupSort, ${remedy}`,
  );
}

/** Throws `ERR_CODEC` if the program and the database do not agree: the values of one form cannot be read as those of the other. */
export function checkMade(wanted: Wanted, flags: number, name: string): void {
  checkOption('versions', wanted.versions, (flags & COLLECTION_VERSIONS) !== 0, name);
  checkOption('expires', wanted.expires, (flags & COLLECTION_EXPIRES) !== 0, name);
}

function checkOption(option: string, wanted: boolean | undefined, made: boolean, name: string): void {
  if (wanted === undefined || wanted === made) return;
  const which = titleOf(name);
  throw new LeaseholdError(
    'ERR_CODEC',
    made
      ? `${which} was made with ${option}: true: open it with it, or leave ${option} out`
      : `${which} was made without ${option}, which cannot be changed: leave ${option} out, or make another one and put the entries there`,
  );
}

/** Throws `ERR_CODEC` if the program wants keys of any length and the collection was made without them. */
export function checkAnyKeys(wanted: Wanted, anyKeys: boolean, name: string): void {
  if (wanted.keys === undefined || anyKeys) return;
  throw new LeaseholdError(
    'ERR_CODEC',
    `${titleOf(name)} was made without keys: 'any', which cannot be changed: leave keys out, or make another one and put the entries there`,
  );
}

/** LMDB sorts the values of a key by their bytes. Throws `ERR_INVALID_ARG_VALUE` for a codec whose values sort otherwise. */
export function checkOrder(codec: AnyValueCodec, name: string): void {
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
