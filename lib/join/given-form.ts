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
 * What native code is given of the entries that functions in JavaScript have made: the key as its codec encodes it, and of the value
 * a record of the fields alone that are joined on. So what is joined on is compared as in a range of the collection.
 */
export class GivenForm {
  readonly source: EntrySource;
  /** What `on` names, where it stands in such entries. */
  readonly on: readonly OnPart[];
  /** How errors name the side's items. */
  readonly #name: string;
  readonly #collection: OpenCollection;
  readonly #fields: readonly Field[];
  readonly #writeRecord: ReturnType<typeof recordWriter>;

  constructor(source: EntrySource, on: readonly OnPart[], name: string) {
    this.source = source;
    this.#name = name;
    this.#collection = source.parts.collection;
    const fields: Field[] = [];
    const moved: OnPart[] = [];
    for (let i = 0; i < on.length; i++) append(moved, movePart(on[i] as OnPart, fields));
    this.on = moved;
    this.#fields = fields;
    this.#writeRecord = recordWriter(fields);
  }

  /**
   * Writes what native code is given of an item to the writer, the key and then the record; gives how many bytes the key has. User code
   * can run. Throws for an item that is no entry, or has not what is joined on.
   */
  write(item: unknown): number {
    checkEntry(item, this.#name);
    // What is read of the value comes first: the program's functions may write to the writer, but not while this does.
    const record = this.#fields.length === 0 ? undefined : this.#recordOf(item.value);
    const start = writer.position;
    this.#collection.key.write(item.key as never, writer);
    const keyLength = writer.position - start;
    checkKeySize(keyLength);
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

/** The same part in a record of `fields` alone, to which its field is added. */
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

/** Throws `ERR_JOIN_MEMORY` if what a side is given takes more than `maxTableBytes`. */
export function checkGivenBytes(bytes: number, most: number, name: string): void {
  if (bytes <= most) return;
  throw new LeaseholdError(
    'ERR_JOIN_MEMORY',
    `what filter(), take() or map() have made of ${name} takes more than maxTableBytes, which is ${most}: bound the range, or raise ` +
      'maxTableBytes',
  );
}
