import { checkOptionNames, invalidType, invalidValue, LeaseholdError, withField } from '../base/errors.ts';
import { append } from '../base/primordials.ts';
import { writer } from '../base/writer.ts';
import { forgetImports, remembersImports } from '../catalog/catalog.ts';
import { checkKeySize } from '../catalog/key-size.ts';
import { appendBytes } from '../lease/bytes.ts';
import { CHANGE_CLEAR, CHANGE_DELETE, CHANGE_DELETE_VALUE, CHANGE_PUT, CHANGE_PUT_NEW } from '../native/constants.ts';
import { native } from '../native/native.ts';
import { Bounds, type RangeOptions } from '../read/bounds.ts';
import type { CollectionCore } from '../read/collection-core.ts';
import type { EnvironmentCore } from '../transaction/environment-state.ts';
import { inWrite } from '../transaction/in-write.ts';
import { checkChoice, checkObject } from '../transaction/options.ts';
import { readNewest } from '../transaction/read-newest.ts';
import { writeU32 } from '../value/struct/record.ts';
import { type Collection, collectionCoreOf } from './collection.ts';

type AnyCollection = Collection<never, never, unknown, unknown>;

/** One change of a batch. Key, value and range are what the calls of the collection take that are named as the type. */
export type BatchOperation =
  | { type: 'put' | 'putNew' | 'delValue'; collection: AnyCollection; key: unknown; value: unknown }
  | { type: 'del'; collection: AnyCollection; key: unknown }
  | { type: 'clear'; collection: AnyCollection; range?: RangeOptions<unknown> };

/**
 * What became of an operation: of `'put'` true, of `'putNew'`, `'del'` and `'delValue'` what the calls of a collection
 * give, of `'clear'` how many entries have gone.
 */
export type BatchAnswer = boolean | number;

const NAMES = ['type', 'collection', 'key', 'value', 'range'] as const;
const HEADER = 16;
const RANGE_HEADER = 12;

const KINDS = {
  put: CHANGE_PUT,
  putNew: CHANGE_PUT_NEW,
  del: CHANGE_DELETE,
  delValue: CHANGE_DELETE_VALUE,
  clear: CHANGE_CLEAR,
} as const;

type Type = keyof typeof KINDS;
const TYPES = Object.keys(KINDS);

/** See `Environment.batch`. */
export async function batch(core: EnvironmentCore, operations: unknown): Promise<BatchAnswer[]> {
  const types: Type[] = [];
  const answers = await add(core, operations, types);
  if (answers === undefined) {
    throw new LeaseholdError('ENOMEM', 'the batch was committed, but there was no memory to say what became of it', {
      path: core.path,
    });
  }
  const numbers = new Float64Array(answers);
  return types.map((type, i) => {
    const number = numbers[i] as number;
    return type === 'clear' ? number : type === 'put' || number > 0;
  });
}

/** Hands the operations to native code, and notes their types. */
function add(core: EnvironmentCore, operations: unknown, types: Type[]): Promise<ArrayBuffer | undefined> {
  const start = writer.position;
  try {
    core.checkOpen();
    checkIterable(operations);
    for (const operation of operations) {
      try {
        append(types, writeOperation(core, operation));
      } catch (error) {
        throw withIndex(error, types.length);
      }
    }
    // What ran while they were encoded may have closed it.
    core.checkOpen();
    return native.batch(core.native, start, writer.position - start);
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

/** Appends an operation to the writer as `native.batch` reads it; gives its type. */
function writeOperation(core: EnvironmentCore, operation: unknown): Type {
  checkObject(operation, 'an operation of a batch');
  checkOptionNames(operation, NAMES, 'an operation of a batch');
  const { type, collection, key, value, range } = operation as Record<(typeof NAMES)[number], unknown>;
  checkChoice(type, 'the type of an operation', TYPES);
  if (type === undefined) throw invalidType('the type of an operation', `one of ${TYPES.join(', ')}`, type);
  const kind = KINDS[type as Type];
  const target = collectionCoreOf(collection);
  if (target === undefined) throw invalidType('the collection of an operation', 'a Collection', collection);
  if (target.core !== core) throw invalidValue('the collection belongs to another environment than the batch');
  core.checkOpen();
  if (value !== undefined && (kind === CHANGE_DELETE || kind === CHANGE_CLEAR)) {
    throw invalidValue(`an operation '${type}' takes no value`);
  }
  if (range !== undefined && kind !== CHANGE_CLEAR) throw invalidValue(`an operation '${type}' takes no range`);
  if (key !== undefined && kind === CHANGE_CLEAR) throw invalidValue("an operation 'clear' takes a range, not a key");
  if (kind === CHANGE_DELETE_VALUE) target.checkDupSort("an operation 'delValue'");

  const header = writer.position;
  writer.reserve(HEADER);
  writer.position += HEADER;
  const keyLength = kind === CHANGE_CLEAR ? writeRange(core, target, range) : writePair(core, target, kind, key, value);
  writeU32(writer.bytes, header, kind);
  writeU32(writer.bytes, header + 4, target.id);
  writeU32(writer.bytes, header + 8, writer.position - header - HEADER - keyLength);
  writeU32(writer.bytes, header + 12, keyLength);
  return type as Type;
}

/** Appends the value, if there is one, and the key; gives the key's length. */
function writePair(core: EnvironmentCore, target: CollectionCore, kind: number, key: unknown, value: unknown): number {
  if (kind !== CHANGE_DELETE) {
    if (kind !== CHANGE_DELETE_VALUE && target.hasNews) inWrite(core, (scope) => target.tellCodecs(scope));
    const foreign = target.value.write(value as never, writer);
    if (foreign !== undefined) appendBytes(writer, foreign.bytes, foreign.offset, foreign.length);
  }
  const keyAt = writer.position;
  target.key.write(key as never, writer);
  const keyLength = writer.position - keyAt;
  checkKeySize(keyLength);
  return keyLength;
}

/** Appends what native code has to know of a range, and its bounds; gives the length of the upper one. */
function writeRange(core: EnvironmentCore, target: CollectionCore, range: unknown): number {
  const { name } = target;
  // First: an import that goes on from what is gone would leave that out, while one that is forgotten only begins anew.
  if (readNewest(core, (scope) => remembersImports(scope, name))) inWrite(core, (scope) => forgetImports(scope, name));
  const bounds = Bounds.of(range as RangeOptions<never> | undefined, target.key);
  const at = writer.position;
  writer.reserve(RANGE_HEADER);
  const { lowerLength, upperLength } = bounds.write(at + RANGE_HEADER);
  writeU32(writer.bytes, at, bounds.flags);
  writeU32(writer.bytes, at + 4, bounds.limit % 2 ** 32);
  writeU32(writer.bytes, at + 8, Math.floor(bounds.limit / 2 ** 32));
  writer.position = at + RANGE_HEADER + lowerLength + upperLength;
  return upperLength;
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
