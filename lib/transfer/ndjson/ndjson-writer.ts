import { LeaseholdError } from '../../base/errors.ts';
import type { Entry } from '../../read/entry.ts';
import type { OpenCollection } from '../../read/open-collection.ts';
import type { ValueCodec } from '../../value/codec.ts';
import type { RecordWriter } from '../export/record-writer.ts';
import { structOf } from '../import/import-options.ts';
import { structWriter } from '../text/field-json.ts';
import { keyToJson } from '../text/key-json.ts';
import { strictJson } from '../text/strict-json.ts';

/** Writes one JSON text a line. */
export class NdjsonWriter implements RecordWriter {
  readonly #textOf: (entry: Entry<unknown, unknown>) => string;
  #text = '';

  constructor(collection: OpenCollection, pairs: boolean) {
    this.#textOf = recordText(collection, pairs);
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

/** A function that writes an entry as JSON: the record alone, or with `pairs` the key and the record. */
export function recordText(
  { key: { name: codec }, value }: OpenCollection,
  pairs: boolean,
): (entry: Entry<unknown, unknown>) => string {
  const write = valueWriter(value);
  return (entry) => {
    const { key } = entry;
    let json: string;
    try {
      json = write(entry.value);
    } catch (error) {
      throw atKey(error, key, codec);
    }
    return pairs ? `{"key":${keyToJson(key, codec)},"value":${json}}` : json;
  };
}

/** A function that writes the values of a codec as JSON, from which an import makes the same values. */
export function valueWriter(codec: ValueCodec<never, unknown>): (value: unknown) => string {
  const schema = structOf(codec);
  if (schema !== undefined) return structWriter(schema);
  return codec.name === 'tuple' ? (value) => keyToJson(value, 'tuple') : strictJson;
}

/** An error of the same code, whose message also names the key of the record that cannot be written. */
export function atKey(error: unknown, key: unknown, codec: string): unknown {
  if (!(error instanceof LeaseholdError)) return error;
  return new LeaseholdError(error.code, `the record of the key ${keyToJson(key, codec)}: ${error.message}`, {
    cause: error,
  });
}
