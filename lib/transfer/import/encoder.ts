import { invalidType } from '../../base/errors.ts';
import { writer } from '../../base/writer.ts';
import { appendBytes } from '../../lease/bytes.ts';
import { CHANGE_PUT } from '../../native/constants.ts';
import type { OpenCollection } from '../../read/open-collection.ts';
import { appendTime, timeOf } from '../../read/put-time.ts';
import type { ValueCodec } from '../../value/codec.ts';
import { JsonLineWriter } from '../../value/struct/json-lines/json-line-writer.ts';
import { describe, type Field } from '../../value/struct/schema.ts';
import { fieldsOf } from '../../value/struct/struct.ts';
import { recordConverter, structText } from '../../value/struct/struct-text.ts';
import type { TextForm } from '../../value/text-form.ts';
import { checkSizes, encodePair } from '../../write/encode.ts';
import type { RecordConsumer } from '../reader.ts';
import { type KeyOption, keyMaker, pairOf } from './key-of.ts';
import type { Rejects } from './rejects.ts';
import type { Rows } from './rows.ts';

interface EncoderOptions {
  readonly collection: OpenCollection;
  readonly key: KeyOption | undefined;
  /** The fields of a record and their types; undefined if fields have the types that they have in the file. */
  readonly fields: readonly Field[] | undefined;
  /** Whether all fields are texts, as in CSV. */
  readonly fromText: boolean;
  /** The fields whose types were inferred. */
  readonly inferred: readonly string[];
  readonly rejects: Rejects;
  readonly raw: () => Buffer;
}

/**
 * Encodes records as they are read. The rows of one piece of the input are in the writer until `end` moves them to a
 * batch. User code in a codec or a key function may use the writer behind them.
 */
export class Encoder implements RecordConsumer {
  readonly #collection: OpenCollection;
  readonly #value: ValueCodec<never, unknown>;
  readonly #key: OpenCollection['key'];
  readonly #makeKey: ((record: unknown) => unknown) | undefined;
  readonly #convert: ((record: Record<string, unknown>) => void) | undefined;
  /** The form of a value in a pair of a key and a value. */
  readonly #text: TextForm;
  readonly #fromText: boolean;
  readonly #rejects: Rejects;
  readonly #raw: () => Buffer;
  /** Undefined unless records have a struct's schema and keys are made of their fields. */
  readonly json: ((source: Uint8Array, start: number) => number) | undefined;
  #start = 0;
  #places: number[] = [];

  constructor({ collection, key, fields, fromText, inferred, rejects, raw }: EncoderOptions) {
    this.#collection = collection;
    this.#key = collection.key;
    this.#value = collection.value;
    this.#makeKey = key === undefined ? undefined : keyMaker(key, collection.key, fromText && fields === undefined);
    this.#convert = fields === undefined ? undefined : recordConverter(fields, fromText ? 'text' : 'json', inferred);
    this.#text = fields === undefined ? collection.value.text : structText(fields);
    this.#fromText = fromText;
    this.#rejects = rejects;
    this.#raw = raw;
    this.json = fromText ? undefined : this.#directly(fields, key);
  }

  /** To be called before a piece of the input. Nothing may be awaited until `end`. */
  begin(): void {
    this.#start = writer.position;
    this.#places = [];
  }

  /** Moves the encoded rows to `rows`, and returns how many. To be called after each `begin`, whatever happened. */
  end(rows: Rows): number {
    rows.addAll(writer.bytes, this.#start, writer.position, this.#places);
    writer.position = this.#start;
    writer.trim();
    return this.#places.length / 4;
  }

  record(record: unknown, line: number): void {
    const start = writer.position;
    try {
      if (this.#makeKey === undefined) this.#encodePair(record);
      else this.#encodeRecord(record, this.#makeKey);
    } catch (error) {
      writer.position = start;
      this.#rejects.add(error, line, this.#raw);
    }
  }

  entry(key: Uint8Array, value: Uint8Array, line: number, time: number | undefined): void {
    const start = writer.position;
    try {
      this.#addTime(time);
      appendBytes(writer, value, 0, value.length);
      const keyAt = writer.position;
      appendBytes(writer, key, 0, key.length);
      this.#placeWritten(start, keyAt);
    } catch (error) {
      writer.position = start;
      this.#rejects.add(error, line, this.#raw);
    }
  }

  reject(error: unknown, line: number): void {
    this.#rejects.add(error, line, this.#raw);
  }

  #encodeRecord(record: unknown, makeKey: (record: unknown) => unknown): void {
    this.#convert?.(objectOf(record));
    const key = makeKey(record);
    this.#encode(key, record, undefined);
  }

  #encodePair(record: unknown): void {
    const expire = this.#collection.expiry !== undefined;
    const { key, value, time } = pairOf(record, this.#key, this.#fromText, expire);
    this.#encode(key, this.#valueOf(value), time);
  }

  /** The value of a pair, in the form that the codec takes. */
  #valueOf(value: unknown): unknown {
    if (typeof value === 'string' && this.#fromText) return this.#text.fromCell(value, 'value');
    if (this.#convert === undefined) return this.#fromText ? value : this.#text.fromJson(value, 'value');
    this.#convert(objectOf(value));
    return value;
  }

  /** A function that encodes lines of JSON without making objects of them; undefined unless values are structs and keys are made of their fields. */
  #directly(
    fields: readonly Field[] | undefined,
    key: KeyOption | undefined,
  ): ((source: Uint8Array, start: number) => number) | undefined {
    if (fields === undefined || key === undefined || typeof key === 'function') return undefined;
    const own = fieldsOf(this.#value);
    if (own === undefined || JSON.stringify(describe(fields)) !== JSON.stringify(describe(own))) return undefined;
    const lines = JsonLineWriter.of(own);
    const names = typeof key === 'string' ? [key] : key;
    const indices = names.map((name) => lines?.indexOf(name) ?? -1);
    if (lines === undefined || indices.some((index) => index < 0)) return undefined;
    const only = indices[0] as number;
    // Such a key is the bytes of the text.
    const isText = this.#key.join.kind === 'string' && lines.isText(only);
    const made: Record<string, unknown> = {};
    return (source, start) => {
      const record = writer.position;
      this.#addTime(undefined);
      const next = lines.write(writer, source, start, source.length);
      if (next < 0) {
        writer.position = record;
        return next;
      }
      const keyAt = writer.position;
      try {
        if (isText) {
          if (lines.appendText(writer, only)) {
            this.#placeWritten(record, keyAt);
            return next;
          }
        } else {
          for (let i = 0; i < names.length; i++) {
            made[names[i] as string] = lines.valueOf(writer, indices[i] as number);
          }
          this.#key.write((this.#makeKey as (record: unknown) => unknown)(made) as never, writer);
          this.#placeWritten(record, keyAt);
          return next;
        }
      } catch {
        // Then the line is parsed, which gives the same error with its place.
      }
      writer.position = record;
      return -1;
    };
  }

  /** Where values expire, the time of a row stands before its value: the default one if `time` is undefined. See store.ts. */
  #addTime(time: number | undefined): void {
    const { expiry } = this.#collection;
    if (expiry === undefined) return;
    appendTime(time === undefined ? expiry.put : timeOf(time === 0 ? Number.POSITIVE_INFINITY : time));
  }

  #encode(key: unknown, value: unknown, time: number | undefined): void {
    const valueAt = writer.position;
    this.#addTime(time);
    try {
      this.#place(valueAt, encodePair(this.#collection, CHANGE_PUT, key, value));
    } catch (error) {
      this.#value.text.explain?.(value);
      throw error;
    }
  }

  /** Takes note of where an encoded pair is: its value from `valueAt`, its key from `keyAt` to the position of the writer. */
  #place(valueAt: number, keyAt: number): void {
    this.#places.push(keyAt - this.#start, writer.position - keyAt, valueAt - this.#start, keyAt - valueAt);
  }

  /** The same for a pair whose bytes were written to the writer without `encodePair`. */
  #placeWritten(valueAt: number, keyAt: number): void {
    checkSizes(this.#collection, CHANGE_PUT, keyAt - valueAt, writer.position - keyAt);
    this.#place(valueAt, keyAt);
  }
}

function objectOf(record: unknown): Record<string, unknown> {
  if (typeof record === 'object' && record !== null && !Array.isArray(record)) return record as Record<string, unknown>;
  throw invalidType('a record', 'an object with the fields of the struct', record);
}
