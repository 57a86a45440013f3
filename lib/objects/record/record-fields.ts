import { checkWriter, type Writer } from '../../base/writer.ts';
import { appendBytes } from '../../lease/bytes.ts';
import { bytesOf, lengthOf, startOf } from '../../lease/sink.ts';
import { recordAccess } from '../../value/struct/record-place.ts';
import type { Field } from '../../value/struct/schema.ts';
import { fieldsOf } from '../../value/struct/struct.ts';
import { fieldsWriter } from '../../value/struct/struct-write.ts';
import { type RecordFieldsWriter, type StructRecordView, UNSET } from '../model.ts';

/** The types whose values stand in the fixed part of a record and nowhere else. */
export const FIXED: readonly string[] = [
  'bool',
  'i8',
  'u8',
  'i16',
  'u16',
  'i32',
  'u32',
  'i64',
  'u64',
  'f32',
  'f64',
  'date',
];

type Write = (fields: RecordFieldsWriter, writer: Writer, values: readonly unknown[]) => void;
type Copy = (fields: RecordFieldsWriter, writer: Writer, record: StructRecordView, values: readonly unknown[]) => void;

// No methods: a program that gets a collection of the store would pass an object of its own, and be handed the writer. These throw a TypeError for that.
let write: Write;
let copy: Copy;

/** See RecordFieldsWriter. */
export class RecordFields implements RecordFieldsWriter {
  readonly #fields: readonly Field[];
  readonly #isFixed: readonly boolean[];
  readonly #write: ReturnType<typeof fieldsWriter>;

  /** `codec`: a struct. */
  constructor(codec: object) {
    this.#fields = fieldsOf(codec) as readonly Field[];
    this.#isFixed = this.#fields.map(({ type }) => FIXED.some((name) => name === type.description));
    this.#write = fieldsWriter(this.#fields);
  }

  canCopy(values: readonly unknown[]): boolean {
    for (let i = 0; i < values.length; i++) if (values[i] !== UNSET && !this.#isFixed[i]) return false;
    return true;
  }

  static {
    write = (fields, writer, values) => {
      checkWriter(writer);
      (fields as RecordFields).#write(writer, values, NOWHERE);
    };
    copy = (fields, writer, record, values) => {
      checkWriter(writer);
      const own = (fields as RecordFields).#fields;
      const { lease, at, span } = recordAccess.place(record);
      const start = writer.position;
      const length = lengthOf(lease, at, span);
      appendBytes(writer, bytesOf(lease, at), startOf(lease, at, span), length);
      for (let i = 0; i < values.length; i++) {
        if (values[i] === UNSET) continue;
        const { type, end, name } = own[i] as Field;
        type.write(writer, start, start + end - type.size, values[i], NOWHERE, name);
      }
    };
  }
}

const NOWHERE = { parent: undefined, step: 'value' };

/** Writes a record of the values of its fields, in order. Throws what encoding them throws. */
export const writeFields: Write = write;

/**
 * Writes a copy of a stored value, which begins with a record, with what is assigned in it: no other field is decoded and encoded again, and
 * what follows the record is the same.
 */
export const copyFields: Copy = copy;
