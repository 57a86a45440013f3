import { LeaseholdError } from '../../base/errors.ts';
import type { Writer } from '../../base/writer.ts';
import { ID_BYTES, idAt, putId } from '../../key/object-id.ts';
import { u32At } from '../../lease/header.ts';
import type { Lease } from '../../lease/lease.ts';
import { bytesOf, lengthOf, startOf } from '../../lease/sink.ts';
import type { ValueCodec } from '../../value/codec.ts';
import { objectText } from '../../value/object-text.ts';
import { acceptSame, ownValueCodec } from '../../value/own-codecs.ts';
import type { Classes } from '../class/classes.ts';
import { readOnlyState } from '../errors.ts';
import { RECORD, type State, type StoredClass, type StructRecordView } from '../model.ts';
import { copyFields, writeFields } from './record-fields.ts';

/*
 * The value of an object: a struct record with its fields, then the number of its class (u32), the ids of the objects that it refers to (u64 each,
 * sorted), and how many they are (u32), all of these big-endian. What marks or checks references reads only the end of the value.
 */

/** The bytes of the number of the class, and of the count of references. */
const NUMBER_BYTES = 4;

/** What is to be stored of an object. */
export interface RecordInput {
  readonly stored: StoredClass;
  /** The fields in order, as the struct takes them. */
  readonly values: readonly unknown[];
  /** If it is given: what is stored, which is copied where `values` are UNSET, with its references. */
  readonly base?: State;
  /** Sorted, each once. */
  readonly references: readonly number[];
}

/** The codec of the objects of one store. */
export function recordCodec(classes: () => Classes): ValueCodec<RecordInput, State> {
  return ownValueCodec({
    name: 'object',
    description: { custom: 'leasehold:object' },
    aims: false,
    ordered: false,
    objects: true,
    text: objectText,
    write(input: RecordInput, writer: Writer): undefined {
      const { stored, values, base, references } = input;
      if (base !== undefined) {
        copyFields(stored.recordFields, writer, base[RECORD], values);
        return undefined;
      }
      writeFields(stored.recordFields, writer, values);
      writeNumber(writer, stored.id);
      writeReferences(writer, references);
    },
    view(lease: Lease, at: number): State {
      const id = classNumberAt(lease, at);
      const tid = tidOf(lease, bytesOf(lease, at), startOf(lease, at, null));
      // From here on user code can run, which may end the transaction: nothing is read of the bytes any more.
      const stored = classes().byId(id);
      return stateIn(lease, at, stored, tid);
    },
    accept: acceptSame({ custom: 'leasehold:object' }),
  });
}

/** The state of the record at a place of a lease. */
export function stateIn(lease: Lease, at: number, stored: StoredClass, tid: number): State {
  return stored.state(stored.codec.view(lease, at) as unknown as StructRecordView, tid);
}

/** A codec that only reads records: `view` gives what is read of one. */
export function readOnlyRecordCodec<T>(view: (lease: Lease, at: number) => T): ValueCodec<never, T> {
  return ownValueCodec({
    name: 'object',
    description: { custom: 'leasehold:object' },
    aims: false,
    ordered: false,
    objects: true,
    text: objectText,
    write(): never {
      throw readOnlyState('a record', 'it is only read here');
    },
    view,
    accept: acceptSame({ custom: 'leasehold:object' }),
  });
}

/** The number of the class in the record at a place of a lease. `ERR_CODEC`. */
export function classNumberAt(lease: Lease, at: number): number {
  const bytes = bytesOf(lease, at);
  const start = startOf(lease, at, null);
  const length = lengthOf(lease, at, null);
  const count = countOf(bytes, start, length, NUMBER_BYTES);
  return u32At(bytes, start + length - 2 * NUMBER_BYTES - count * ID_BYTES);
}

/** The commit that wrote a value, from the header before it; 0 if there is none: the running transaction has written it. */
function tidOf(lease: Lease, bytes: Uint8Array, start: number): number {
  return lease.state === 'private' || start < ID_BYTES ? 0 : idAt(bytes, start - ID_BYTES);
}

/** Appends ids and their count. */
export function writeReferences(writer: Writer, references: readonly number[]): void {
  writer.reserve(references.length * ID_BYTES);
  for (const id of references) {
    putId(writer.bytes, writer.position, id);
    writer.position += ID_BYTES;
  }
  writeNumber(writer, references.length);
}

/** Appends one id and the count of ids. */
export function writeOneReference(writer: Writer, id: number): void {
  writer.reserve(ID_BYTES);
  putId(writer.bytes, writer.position, id);
  writer.position += ID_BYTES;
  writeNumber(writer, 1);
}

function writeNumber(writer: Writer, number: number): void {
  writer.reserve(NUMBER_BYTES);
  const { bytes, position } = writer;
  bytes[position] = number >>> 24;
  bytes[position + 1] = number >>> 16;
  bytes[position + 2] = number >>> 8;
  bytes[position + 3] = number;
  writer.position = position + NUMBER_BYTES;
}

/** How many references stand at the end of a value, before which it has at least `before` bytes. `ERR_CODEC`. */
export function countOf(bytes: Uint8Array, start: number, length: number, before: number): number {
  const count = length < NUMBER_BYTES ? -1 : u32At(bytes, start + length - NUMBER_BYTES);
  if (count >= 0 && before + count * ID_BYTES + NUMBER_BYTES <= length) return count;
  throw new LeaseholdError('ERR_CODEC', `the record of an object is damaged: ${count} references in ${length} bytes`);
}

/** The ids at the end of a value. */
export function referencesOf(bytes: Uint8Array): number[] {
  const count = countOf(bytes, 0, bytes.length, 0);
  const ids: number[] = [];
  for (let at = bytes.length - NUMBER_BYTES - count * ID_BYTES; ids.length < count; at += ID_BYTES)
    ids.push(idAt(bytes, at));
  return ids;
}

/** How many ids stand at the end of a value. `ERR_CODEC`. */
export function referenceCount(bytes: Uint8Array): number {
  return countOf(bytes, 0, bytes.length, 0);
}

/** The number of the class in the record of an object that has so many references. `ERR_CODEC`. */
export function classNumberOf(bytes: Uint8Array, references: number): number {
  countOf(bytes, 0, bytes.length, NUMBER_BYTES);
  return u32At(bytes, bytes.length - 2 * NUMBER_BYTES - references * ID_BYTES);
}
