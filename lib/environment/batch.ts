import { allocate } from '../base/allocate.ts';
import { checkChoice, checkObject } from '../base/check-arguments.ts';
import { checkOptionNames, invalidType, invalidValue, LeaseholdError, withField } from '../base/errors.ts';
import { append, emptyRecord, mathTrunc, PrimordialFloat64Array } from '../base/primordials.ts';
import { writer } from '../base/writer.ts';
import { catalogIn, importPrefix, remembersImports } from '../catalog/catalog.ts';
import { checkKeySize } from '../catalog/key-size.ts';
import { appendBytes } from '../lease/bytes.ts';
import { CHANGE_CLEAR, CHANGE_DELETE, CHANGE_DELETE_VALUE, CHANGE_PUT, CHANGE_PUT_NEW } from '../native/constants.ts';
import { native } from '../native/native.ts';
import { Bounds, type RangeOptions } from '../read/bounds.ts';
import type { OpenCollection } from '../read/open-collection.ts';
import type { EnvironmentState } from '../transaction/environment-state.ts';
import { inWrite } from '../transaction/in-write.ts';
import { writingOf } from '../transaction/open-write.ts';
import { readNewest } from '../transaction/read-newest.ts';
import { writeU32 } from '../value/struct/record.ts';
import { type Collection, openCollectionOf } from './collection.ts';

type AnyCollection = Collection<never, never, unknown, unknown>;

/** One change of a batch. Its key, value and range are those of the collection's call of the same name. */
export type BatchOperation =
  | { type: 'put' | 'putNew' | 'delValue'; collection: AnyCollection; key: unknown; value: unknown }
  | { type: 'del'; collection: AnyCollection; key: unknown }
  | { type: 'clear'; collection: AnyCollection; range?: RangeOptions<unknown> };

/**
 * The answer of an operation: for `'put'` true; for `'putNew'`, `'del'` and `'delValue'` what the collection's calls
 * return; for `'clear'` how many entries were deleted.
 */
export type BatchAnswer = boolean | number;

const NAMES = ['type', 'collection', 'key', 'value', 'range'] as const;
const HEADER = 16;
const RANGE_HEADER = 12;
const ANSWER_BYTES = 8;

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
export async function batch(environment: EnvironmentState, operations: unknown): Promise<BatchAnswer[]> {
  const types: Type[] = [];
  const numbers = new PrimordialFloat64Array(await add(environment, operations, types));
  const answers: BatchAnswer[] = [];
  for (let i = 0; i < types.length; i++) {
    const type = types[i];
    const number = numbers[i] as number;
    append(answers, type === 'clear' ? number : type === 'put' || number > 0);
  }
  return answers;
}

/** Hands the operations to native code, and notes their types. Gives their answers, and behind those what is of no interest. */
function add(environment: EnvironmentState, operations: unknown, types: Type[]): Promise<ArrayBuffer> {
  const start = writer.position;
  const cleared = emptyRecord<true>();
  try {
    environment.checkOpen();
    checkIterable(operations);
    for (const operation of operations) {
      try {
        append(types, writeOperation(environment, operation, cleared));
      } catch (error) {
        throw withIndex(error, types.length);
      }
    }
    // What ran while they were encoded may have closed it.
    environment.checkOpen();
    // Behind the others, so that errors name those by their numbers.
    const count = types.length + forgetImports(environment, cleared);
    const answers = allocate(count * ANSWER_BYTES);
    return native.batch(environment.native, start, writer.position - start, answers);
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

/** Appends an operation to the writer as `native.batch` reads it; gives its type. Notes in `cleared` what it clears. */
function writeOperation(environment: EnvironmentState, operation: unknown, cleared: Record<string, true>): Type {
  checkObject(operation, 'an operation of a batch');
  checkOptionNames(operation, NAMES, 'an operation of a batch');
  const { type, collection, key, value, range } = operation as Record<(typeof NAMES)[number], unknown>;
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
  if (kind === CHANGE_DELETE_VALUE) target.checkDupSort("an operation 'delValue'");
  if (kind === CHANGE_CLEAR) {
    writeRange(target.id, Bounds.ofDeletion(range as RangeOptions<never> | undefined, target.key));
    cleared[target.name] = true;
  } else {
    writePair(environment, target, kind, key, value);
  }
  return type as Type;
}

/** Appends what stands before an operation, `write` its value and key (of which `write` gives the length). */
function writeHeaded(kind: number, id: number, write: () => number): void {
  const header = writer.position;
  writer.reserve(HEADER);
  writer.position += HEADER;
  const keyLength = write();
  writeU32(writer.bytes, header, kind);
  writeU32(writer.bytes, header + 4, id);
  writeU32(writer.bytes, header + 8, writer.position - header - HEADER - keyLength);
  writeU32(writer.bytes, header + 12, keyLength);
}

function writePair(
  environment: EnvironmentState,
  target: OpenCollection,
  kind: number,
  key: unknown,
  value: unknown,
): void {
  if ((kind === CHANGE_PUT || kind === CHANGE_PUT_NEW) && target.hasNews) tellCodecs(environment, target);
  writeHeaded(kind, target.id, () => {
    if (kind !== CHANGE_DELETE) {
      const foreign = target.value.write(value as never, writer);
      if (foreign !== undefined) appendBytes(writer, foreign.bytes, foreign.offset, foreign.length);
    }
    const keyAt = writer.position;
    target.key.write(key as never, writer);
    const keyLength = writer.position - keyAt;
    checkKeySize(keyLength);
    return keyLength;
  });
}

/** Remembers the codecs of a collection before the batch that stores values by them, and again if that is rolled back. */
function tellCodecs(environment: EnvironmentState, target: OpenCollection): void {
  inWrite(environment, (transaction) => target.tellCodecs(transaction));
  writingOf(environment)?.ifRolledBack(() => tellCodecs(environment, target));
}

function writeRange(id: number, bounds: Bounds): void {
  writeHeaded(CHANGE_CLEAR, id, () => {
    const at = writer.position;
    writer.reserve(RANGE_HEADER);
    const { lowerLength, upperLength } = bounds.write(at + RANGE_HEADER);
    writeU32(writer.bytes, at, bounds.flags);
    writeU32(writer.bytes, at + 4, bounds.limit % 2 ** 32);
    writeU32(writer.bytes, at + 8, mathTrunc(bounds.limit / 2 ** 32));
    writer.position = at + RANGE_HEADER + lowerLength + upperLength;
    return upperLength;
  });
}

/**
 * Appends the deletion of what is remembered of imports into the collections of these names, and gives how many operations that are: a
 * resumed import would go on behind what is gone.
 */
function forgetImports(environment: EnvironmentState, names: Record<string, true>): number {
  let count = 0;
  for (const name in names) {
    const catalog = readNewest(environment, (transaction) =>
      remembersImports(transaction, name) ? catalogIn(transaction) : -1,
    );
    if (catalog < 0) continue;
    writeRange(catalog, Bounds.ofPrefix(importPrefix(name)));
    count++;
  }
  return count;
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
