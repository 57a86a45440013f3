import { builtIn, invalidValue, type LeaseholdError } from '../../base/errors.ts';
import { arrayIsArray, emptyRecord } from '../../base/primordials.ts';
import { MARK } from '../../base/uncloneable.ts';
import { checkWriter, type Writer } from '../../base/writer.ts';
import { atField, type Path, pathText, wrongType } from './path.ts';
import { FORMAT_VERSION, HEADER_SIZE } from './record.ts';
import { type ReadFields, recordCode, type WriteRecord } from './record-code.ts';
import type { Field } from './schema.ts';
import { refuseViewCopy } from './struct-view.ts';

const { keys, values, getPrototypeOf, getOwnPropertyDescriptor, prototype: objectPrototype } = Object;

/** After so many records a schema gets code of its own. To make that takes some 0.2 ms. */
const RECORDS_BEFORE_CODE = 100;

/**
 * Makes what writes the records of one schema: it appends the record at `step` of `path`, and returns its length in bytes.
 * `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`, `ERR_OUT_OF_RANGE`, naming the field. `mayHaveCode`: whether the schema may get code of its own.
 */
export function recordWriter(fields: readonly Field[], mayHaveCode: boolean = true): WriteRecord {
  const write = fieldsWriter(fields);
  const names = emptyRecord<true>();
  for (let i = 0; i < fields.length; i++) names[(fields[i] as Field).name] = true;
  const read: ReadFields = (value, path, step) => readFields(value, fields, names, path, step);
  let own: WriteRecord | undefined;
  let records = 0;
  let isDecided = !mayHaveCode;

  return (writer, value, path, step) => {
    if (own !== undefined) return own(writer, value, path, step);
    if (!isDecided && ++records >= RECORDS_BEFORE_CODE) {
      own = recordCode(fields, names, read);
      isDecided = true;
    }
    // The user's own code (getters, proxies) runs in `read`, before the first byte of this record is written.
    return write(writer, read(value, path, step), { parent: path, step });
  };
}

/** The same for the values of the fields in order, of which there is one each. `here`: the path of the record. */
export function fieldsWriter(
  fields: readonly Field[],
): (writer: Writer, values: readonly unknown[], here: Path) => number {
  const size = fields.length === 0 ? 0 : (fields[fields.length - 1] as Field).end - HEADER_SIZE;
  return (writer, values, here) => {
    const record = writer.position;
    writer.reserve(HEADER_SIZE + size);
    writer.bytes[record] = FORMAT_VERSION;
    writer.bytes[record + 1] = 0;
    writer.bytes[record + 2] = size;
    writer.bytes[record + 3] = size >>> 8;
    writer.position = record + HEADER_SIZE + size;
    for (let i = 0; i < fields.length; i++) {
      const { type, end, name } = fields[i] as Field;
      type.write(writer, record, record + end - type.size, values[i], here, name);
    }
    return writer.position - record;
  };
}

/** Makes `write` of the codec of one schema. */
export function valueWriter(fields: readonly Field[]): (value: unknown, writer: Writer) => undefined {
  const write = recordWriter(fields);
  return (value, writer) => {
    checkWriter(writer);
    write(writer, value, undefined, 'value');
  };
}

/** How many fields an error lists. */
const MOST_NAMES = 20;

/** The values of a record's fields, in order. Refuses properties that are not fields. */
function readFields(
  given: unknown,
  fields: readonly Field[],
  names: Readonly<Record<string, true>>,
  path: Path | undefined,
  step: string | number,
): readonly unknown[] {
  if (typeof given !== 'object' || given === null || arrayIsArray(given)) {
    throw wrongType(path, step, 'an object with the fields of the struct', given);
  }
  const found = keys(given);
  if (inOrder(found, fields)) {
    const all = values(given);
    if (all.length === fields.length) return all;
  }
  let known = 0;
  for (const name of found) {
    if (names[name] === true) known++;
    else if (name !== MARK) throw unknownField(name, fields, path, step);
  }
  if (known < fields.length) refuseViewCopy(given, path === undefined ? 'the value' : pathText(path, step));
  const read: unknown[] = [];
  for (let i = 0; i < fields.length; i++) {
    read.push(readField(given as Record<string, unknown>, (fields[i] as Field).name));
  }
  // If all fields are optional, an empty record would be stored silently.
  if (known === 0 && builtIn(given) !== undefined && read.every((value) => value === undefined)) {
    throw wrongType(path, step, 'an object with the fields of the struct', given);
  }
  return read;
}

function unknownField(
  name: string,
  fields: readonly Field[],
  path: Path | undefined,
  step: string | number,
): LeaseholdError {
  const where = path === undefined ? '' : `${pathText(path, step)}: `;
  const error = invalidValue(`${where}the struct has no field ${JSON.stringify(name)}; it has ${fieldNames(fields)}`);
  return atField(error, { parent: path, step }, name);
}

/** The names of a struct's fields for a message, which lists a few of very many. */
function fieldNames(fields: readonly Field[]): string {
  if (fields.length === 0) return 'none';
  let text = '';
  for (let i = 0; i < fields.length && i < MOST_NAMES; i++)
    text += `${i === 0 ? '' : ', '}${(fields[i] as Field).name}`;
  return fields.length > MOST_NAMES ? `${text} and ${fields.length - MOST_NAMES} more` : text;
}

function inOrder(found: readonly string[], fields: readonly Field[]): boolean {
  if (found.length !== fields.length) return false;
  for (let i = 0; i < found.length; i++) {
    if (found[i] !== (fields[i] as Field).name) return false;
  }
  return true;
}

/** Reads a field, but not a property that every object inherits ('constructor', '__proto__', …). */
function readField(given: Record<string, unknown>, name: string): unknown {
  if (!(name in objectPrototype)) return given[name];
  const own = getOwnPropertyDescriptor(given, name);
  if (own !== undefined) return given[name];
  for (let holder: unknown = getPrototypeOf(given); holder !== null && holder !== objectPrototype; ) {
    if (getOwnPropertyDescriptor(holder, name)?.get !== undefined) return given[name];
    holder = getPrototypeOf(holder);
  }
  return undefined;
}
