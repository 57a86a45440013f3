import { invalidType, LeaseholdError } from '../base/errors.ts';
import { append, emptyRecord } from '../base/primordials.ts';
import { writer } from '../base/writer.ts';
import { checkKeySize } from '../catalog/key-size.ts';
import { checkEntry, type EntrySource } from '../read/entry-source.ts';
import type { OpenCollection } from '../read/open-collection.ts';
import { HEADER_SIZE } from '../value/struct/record.ts';
import type { Field } from '../value/struct/schema.ts';
import { recordWriter } from '../value/struct/struct-write.ts';
import type { OnPart } from './join-on.ts';

/**
 * The form in which native code gets the entries that functions in JavaScript have made. It is the key as the collection's codec encodes
 * it, and then a struct record that has only the fields that are joined on. So native code compares them as it compares stored entries.
 */
export class GivenForm {
  readonly source: EntrySource;
  /** The parts of `on`, with the places that the fields have in these records. */
  readonly on: readonly OnPart[];
  /** The name of the side's range in errors. */
  readonly #name: string;
  readonly #collection: OpenCollection;
  readonly #fields: readonly Field[];
  readonly #writeRecord: ReturnType<typeof recordWriter>;

  constructor(source: EntrySource, on: readonly OnPart[], name: string) {
    this.source = source;
    this.#name = name;
    this.#collection = source.rangeState.collection;
    const fields: Field[] = [];
    const moved: OnPart[] = [];
    for (let i = 0; i < on.length; i++) append(moved, movePart(on[i] as OnPart, fields));
    this.on = moved;
    this.#fields = fields;
    this.#writeRecord = recordWriter(fields);
  }

  /**
   * Writes an item in this form to the writer. Returns the length of the key, in bytes. User code can run. Throws for an item that is not
   * an entry, or that lacks a value to join on.
   */
  write(item: unknown): number {
    checkEntry(item, this.#name);
    // Read the value before writing anything: its getters are user code, which may use the writer itself.
    const record = this.#fields.length === 0 ? undefined : this.#recordOf(item.value);
    const start = writer.position;
    this.#collection.key.write(item.key as never, writer);
    const keyLength = writer.position - start;
    if (!this.#collection.anyKeys) checkKeySize(keyLength);
    if (record !== undefined) this.#writeRecord(writer, record, undefined, 'value');
    return keyLength;
  }

  #recordOf(value: unknown): object {
    if (typeof value !== 'object' || value === null) {
      throw invalidType(`the value of an item of ${this.#name}`, 'an object with the fields that are joined on', value);
    }
    const record = emptyRecord<unknown>();
    for (let i = 0; i < this.#fields.length; i++) {
      const { name } = this.#fields[i] as Field;
      record[name] = (value as Record<string, unknown>)[name];
    }
    return record;
  }
}

/** Moves a part of `on` to a record that has only `fields`. Adds the part's field to `fields` if it is not among them. */
function movePart(part: OnPart, fields: Field[]): OnPart {
  const { field } = part;
  if (field === undefined) return part;
  let end = HEADER_SIZE;
  for (let i = 0; i < fields.length; i++) {
    const known = fields[i] as Field;
    end = known.end;
    if (known.name === field.name) return endingAt(part, end);
  }
  end += field.type.size;
  append(fields, { name: field.name, type: field.type, end });
  return endingAt(part, end);
}

function endingAt(part: OnPart, end: number): OnPart {
  const [source, element, type, optional] = part.numbers;
  return { ...part, numbers: [source, element, type, optional, end] };
}

/** Throws `ERR_JOIN_MEMORY` if the entries that a side was given take more than `most` bytes. */
export function checkGivenBytes(bytes: number, most: number, name: string): void {
  if (bytes <= most) return;
  throw new LeaseholdError(
    'ERR_JOIN_MEMORY',
    `what filter(), take() or map() have made of ${name} takes more than maxTableBytes, which is ${most}: bound the range, or raise ` +
      'maxTableBytes',
  );
}
