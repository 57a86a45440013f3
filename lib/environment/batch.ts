import { checkOptionNames, invalidType, invalidValue, LeaseholdError, withField } from '../base/errors.ts';
import { writer } from '../base/writer.ts';
import { checkKeySize } from '../catalog/key-size.ts';
import { appendBytes } from '../lease/bytes.ts';
import { BATCH_DELETE, native } from '../native/native.ts';
import type { EnvironmentCore } from '../transaction/environment-state.ts';
import { inWrite } from '../transaction/in-write.ts';
import { checkObject } from '../transaction/options.ts';
import { writeU32 } from '../value/struct/record.ts';
import { type Collection, collectionCoreOf } from './collection.ts';

/** One change of a batch. Key and value are what the codecs of the collection take. */
export interface BatchOperation {
  type: 'put' | 'del';
  collection: Collection<never, never, unknown, unknown>;
  key: unknown;
  /** Of a `'put'`. */
  value?: unknown;
}

const NAMES = ['type', 'collection', 'key', 'value'] as const;
const HEADER = 12;

/** See `Environment.batch`. */
export function batch(core: EnvironmentCore, operations: unknown): Promise<void> {
  const start = writer.position;
  try {
    core.checkOpen();
    checkIterable(operations);
    let index = 0;
    for (const operation of operations) {
      try {
        writeOperation(core, operation);
      } catch (error) {
        throw withIndex(error, index);
      }
      index++;
    }
    // What ran while they were encoded may have closed it.
    core.checkOpen();
    return native.batch(core.native, start, writer.position - start);
  } catch (error) {
    return Promise.reject(error);
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

/** Appends an operation to the writer as `native.batch` reads it: a header, the value, the key. */
function writeOperation(core: EnvironmentCore, operation: unknown): void {
  checkObject(operation, 'an operation of a batch');
  checkOptionNames(operation, NAMES, 'an operation of a batch');
  const { type, collection, key, value } = operation as Record<(typeof NAMES)[number], unknown>;
  if (type !== 'put' && type !== 'del') {
    throw typeof type === 'string'
      ? invalidValue(`the type of an operation must be 'put' or 'del', not '${type}'`)
      : invalidType('the type of an operation', "'put' or 'del'", type);
  }
  const target = collectionCoreOf(collection);
  if (target === undefined) throw invalidType('the collection of an operation', 'a Collection', collection);
  if (target.core !== core) throw invalidValue('the collection belongs to another environment than the batch');
  core.checkOpen();
  if (type === 'del' && value !== undefined) throw invalidValue("an operation 'del' takes no value");

  const header = writer.position;
  writer.reserve(HEADER);
  writer.position += HEADER;
  if (type === 'put') {
    if (target.hasNews) inWrite(core, (scope) => target.tellCodecs(scope));
    const foreign = target.value.write(value as never, writer);
    if (foreign !== undefined) appendBytes(writer, foreign.bytes, foreign.offset, foreign.length);
  }
  const keyAt = writer.position;
  target.key.write(key as never, writer);
  const keyLength = writer.position - keyAt;
  checkKeySize(keyLength);
  writeU32(writer.bytes, header, type === 'del' ? BATCH_DELETE + target.id : target.id);
  writeU32(writer.bytes, header + 4, keyAt - header - HEADER);
  writeU32(writer.bytes, header + 8, keyLength);
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
