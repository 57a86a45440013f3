import { checkChoice, checkObject, checkOptionNames } from '../base/check-arguments.ts';
import { invalidType, invalidValue, LeaseholdError, withField } from '../base/errors.ts';
import { append, appendBare, bareArray, PrimordialFloat64Array } from '../base/primordials.ts';
import { writer } from '../base/writer.ts';
import {
  CHANGE_CLEAR,
  CHANGE_DELETE,
  CHANGE_DELETE_IF,
  CHANGE_DELETE_VALUE,
  CHANGE_PUT,
  CHANGE_PUT_IF,
  CHANGE_PUT_NEW,
} from '../native/constants.ts';
import { Bounds } from '../read/bounds.ts';
import type { OpenCollection } from '../read/open-collection.ts';
import type { PutTime } from '../read/put-time.ts';
import type { ClearOptions } from '../read/range-options.ts';
import type { EnvironmentState } from '../transaction/environment-state.ts';
import { checkVersion } from '../versions/conditional.ts';
import { untilOf } from '../versions/expiring.ts';
import { checkNotInTransact } from '../versions/transact.ts';
import { EncodedBatch } from '../write/encoded-batch.ts';
import { type Collection, openCollectionOf } from './collection.ts';

export type AnyCollection = Collection<never, never, unknown, unknown>;

/** What a collection takes; anything for one whose types are not known. */
type Taken<T> = [T] extends [never] ? unknown : T;

/**
 * One change of a batch. With `ifVersion` it is made only if the key has that version (`collection.version()`, 0 if it is absent): if
 * not, the batch fails with `ERR_CONFLICT`. Its key, value and range are those of the collection's call of the same name: `BatchOperation<typeof
 * cities>` takes those of `cities`, and `BatchOperation` any.
 */
export type BatchOperation<C extends AnyCollection = AnyCollection> =
  C extends Collection<infer K, infer V, infer _KView, infer _VView>
    ?
        | ({ type: 'put'; collection: C; key: Taken<K>; value: Taken<V>; ifVersion?: number } & Until)
        | ({ type: 'putNew'; collection: C; key: Taken<K>; value: Taken<V> } & Until)
        | { type: 'delValue'; collection: C; key: Taken<K>; value: Taken<V> }
        | { type: 'del'; collection: C; key: Taken<K>; ifVersion?: number }
        | { type: 'clear'; collection: C; range?: ClearOptions<Taken<K>> }
    : never;

/** For a collection with `expires`: when the value is absent. At most one of both; if there is none, it has the collection's default. */
export interface Until {
  /** The time from which on the value is absent: a Date or ms since 1970, Infinity for a value that stays. */
  expires?: Date | number;
  /** Milliseconds from the put until the value is absent; above 0, Infinity for a value that stays. */
  ttl?: number;
}

/** Operations of these collections, one each. */
export type BatchOperations<C extends readonly AnyCollection[]> = { readonly [I in keyof C]: BatchOperation<C[I]> };

/**
 * The answer of an operation: for `'put'` true; for `'putNew'`, `'del'` and `'delValue'` what the collection's calls
 * return; for `'clear'` how many entries were deleted.
 */
export type BatchAnswer = boolean | number;

const NAMES = ['type', 'collection', 'key', 'value', 'range', 'ifVersion', 'expires', 'ttl'] as const;

const KINDS = {
  put: CHANGE_PUT,
  putNew: CHANGE_PUT_NEW,
  del: CHANGE_DELETE,
  delValue: CHANGE_DELETE_VALUE,
  clear: CHANGE_CLEAR,
} as const;

type Type = keyof typeof KINDS;
const TYPES = Object.keys(KINDS);

/** See `Environment.idle`. */
export async function idle(environment: EnvironmentState): Promise<void> {
  await add(environment, [], bareArray());
}

/** See `Environment.batch`. */
export async function batch(environment: EnvironmentState, operations: unknown): Promise<BatchAnswer[]> {
  checkNotInTransact(environment, 'env.batch()');
  const types: Type[] = bareArray();
  const found = await add(environment, operations, types);
  if (typeof found === 'number') return [answerOf(types[0] as Type, found)];
  const numbers = new PrimordialFloat64Array(found);
  const answers: BatchAnswer[] = [];
  for (let i = 0; i < types.length; i++) append(answers, answerOf(types[i] as Type, numbers[i] as number));
  return answers;
}

function answerOf(type: Type, number: number): BatchAnswer {
  return type === 'clear' ? number : type === 'put' || number > 0;
}

/** Hands the operations to native code, and notes their types. Gives their answers, and behind those what is of no interest; a single answer alone. */
function add(environment: EnvironmentState, operations: unknown, types: Type[]): Promise<ArrayBuffer | number> {
  const start = writer.position;
  try {
    environment.checkOpen();
    checkIterable(operations);
    const encoded = new EncodedBatch(environment);
    for (const operation of operations) {
      try {
        appendBare(types, addOperation(encoded, environment, operation));
      } catch (error) {
        throw withIndex(error, types.length);
      }
    }
    // What ran while they were encoded may have closed it.
    environment.checkOpen();
    encoded.addForgetting();
    return encoded.count === 1 ? encoded.submitOne() : encoded.submit();
  } finally {
    writer.position = start;
    writer.trim();
  }
}

function checkIterable(operations: unknown): asserts operations is Iterable<unknown> {
  checkObject(operations, 'operations');
  if (typeof (operations as Partial<Iterable<unknown>>)[Symbol.iterator] !== 'function') {
    throw invalidType('operations', 'an array or another iterable', operations);
  }
}

/** Checks an operation and encodes it; gives its type. */
function addOperation(batch: EncodedBatch, environment: EnvironmentState, operation: unknown): Type {
  checkObject(operation, 'an operation of a batch');
  checkOptionNames(operation, NAMES, 'an operation of a batch');
  const { type, collection, key, value, range, ifVersion, expires, ttl } = operation as Record<
    (typeof NAMES)[number],
    unknown
  >;
  if (type === undefined) throw invalidType('the type of an operation', `one of ${TYPES.join(', ')}`, type);
  checkChoice(type, 'the type of an operation', TYPES);
  const kind = KINDS[type as Type];
  const target = openCollectionOf(collection);
  if (target === undefined) throw invalidType('the collection of an operation', 'a Collection', collection);
  if (target.environment !== environment)
    throw invalidValue('the collection belongs to another environment than the batch');
  environment.checkOpen();
  if (value !== undefined && (kind === CHANGE_DELETE || kind === CHANGE_CLEAR)) {
    throw invalidValue(`an operation '${type}' takes no value`);
  }
  if (range !== undefined && kind !== CHANGE_CLEAR) throw invalidValue(`an operation '${type}' takes no range`);
  if (key !== undefined && kind === CHANGE_CLEAR) throw invalidValue("an operation 'clear' takes a range, not a key");
  if (ifVersion !== undefined && kind !== CHANGE_PUT && kind !== CHANGE_DELETE) {
    throw invalidValue(`an operation '${type}' takes no ifVersion`);
  }
  if (kind === CHANGE_CLEAR) {
    batch.addClear(target, Bounds.ofDeletion(range as ClearOptions<never> | undefined, target));
  } else {
    const time = expires === undefined && ttl === undefined ? undefined : untilOf(target, kind, expires, ttl);
    if (ifVersion !== undefined) addPairIf(batch, target, kind, key, value, ifVersion, time);
    else batch.addPair(target, kind, key, value, time);
  }
  return type as Type;
}

function addPairIf(
  batch: EncodedBatch,
  collection: OpenCollection,
  kind: number,
  key: unknown,
  value: unknown,
  version: unknown,
  time: PutTime | undefined,
): void {
  collection.checkVersions('ifVersion');
  checkVersion(version, 'ifVersion');
  batch.addPairIf(collection, kind === CHANGE_PUT ? CHANGE_PUT_IF : CHANGE_DELETE_IF, key, value, version, time);
}

/** The error with the number of the operation at fault; one of its own if what was thrown cannot carry it. */
function withIndex(error: unknown, index: number): unknown {
  try {
    if (error instanceof Error) return withField(error, 'index', index);
  } catch {
    // It is frozen.
  }
  const wrapped = new LeaseholdError('ERR_INVALID_ARG_VALUE', `operation ${index} of the batch cannot be encoded`, {
    cause: error,
  });
  return withField(wrapped, 'index', index);
}
