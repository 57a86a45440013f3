import { LeaseholdError } from '../../base/errors.ts';
import type { KeyCodec } from '../../key/codec.ts';
import type { Entry } from '../../read/entry.ts';
import type { OpenCollection } from '../../read/open-collection.ts';
import { exportedTime, type RecordWriter } from '../export/record-writer.ts';

/** Writes one JSON text a line. */
export class NdjsonWriter implements RecordWriter {
  readonly #textOf: (entry: Entry<unknown, unknown>) => string;
  #text = '';

  constructor(collection: OpenCollection, pairs: boolean, times: boolean) {
    this.#textOf = recordText(collection, pairs, times);
  }

  add(entry: Entry<unknown, unknown>): number {
    this.#text += `${this.#textOf(entry)}\n`;
    return this.#text.length;
  }

  take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }

  end(): string {
    return '';
  }
}

/** A function that writes an entry as JSON: the record alone, or with `pairs` the key and the record, and with `times` also its time. */
export function recordText(
  { key: codec, value: { text } }: OpenCollection,
  pairs: boolean,
  times: boolean,
): (entry: Entry<unknown, unknown>) => string {
  return (entry) => {
    const { key } = entry;
    let json: string;
    try {
      json = text.toJson(entry.value);
    } catch (error) {
      throw atKey(error, key, codec);
    }
    if (!pairs) return json;
    const time = times ? `"expires":${exportedTime(entry)},` : '';
    return `{"key":${codec.text.toJson(key)},${time}"value":${json}}`;
  };
}

/** An error of the same code, whose message also names the key of the record that cannot be written. */
export function atKey(error: unknown, key: unknown, codec: KeyCodec<never, unknown>): unknown {
  if (!(error instanceof LeaseholdError)) return error;
  return new LeaseholdError(error.code, `the record of the key ${codec.text.toJson(key)}: ${error.message}`, {
    cause: error,
  });
}
