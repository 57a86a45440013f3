import type { Entry } from '../../read/entry.ts';
import type { OpenCollection } from '../../read/open-collection.ts';
import type { RecordWriter } from '../export/record-writer.ts';
import { recordText } from './ndjson-writer.ts';

/** Writes a JSON array. Each element is on a line of its own, as in NDJSON. */
export class JsonWriter implements RecordWriter {
  readonly #textOf: (entry: Entry<unknown, unknown>) => string;
  #text = '[';
  #hasAny = false;

  constructor(collection: OpenCollection, pairs: boolean, times: boolean) {
    this.#textOf = recordText(collection, pairs, times);
  }

  add(entry: Entry<unknown, unknown>): number {
    this.#text += `${this.#hasAny ? ',' : ''}\n${this.#textOf(entry)}`;
    this.#hasAny = true;
    return this.#text.length;
  }

  take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }

  end(): string {
    return this.#hasAny ? '\n]\n' : ']\n';
  }
}
