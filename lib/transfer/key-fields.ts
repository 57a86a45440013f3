import type { KeyCodec } from '../key/codec.ts';
import { skipElement } from '../key/tuple-format.ts';
import { compareBytes } from '../lease/bytes.ts';
import { writer } from '../writer.ts';
import { keyMaker } from './key-of.ts';

type ReadField = (value: object, name: string) => unknown;

/**
 * Finds the fields of which the keys of some records are made: for each element of a tuple, and for a key that is no tuple, those
 * whose value is encoded to the same bytes in every record. It makes keys as an import does by its option `key`.
 */
export class KeyFields {
  readonly #codec: KeyCodec<never, unknown>;
  readonly #fromText: boolean;
  readonly #read: ReadField;
  readonly #makers = new Map<string, (record: unknown) => unknown>();
  /** For each part of the key, the fields that it may be made of. Undefined before the first record. */
  #candidates: string[][] | undefined;
  #fail = false;

  /** `read` gives a field as an import would find it; `fromText`: as a text, as in CSV without a schema. */
  constructor(codec: KeyCodec<never, unknown>, fromText: boolean, read: ReadField, wanted?: readonly string[]) {
    this.#codec = codec;
    this.#fromText = fromText;
    this.#read = read;
    if (wanted === undefined) return;
    // Refuses several fields for a key that is no tuple.
    keyMaker(wanted, codec, fromText);
    this.#candidates = wanted.map((name) => [name]);
  }

  /** The fields, one for each part of the key; undefined if there are none, or no record has been added. */
  get names(): readonly string[] | undefined {
    return this.#fail ? undefined : this.#candidates?.map(([name]) => name as string);
  }

  /** Adds a record with fields `names`; false from the first one on whose key is not made of the same fields as those before. */
  add(key: unknown, value: unknown, names: readonly string[] | undefined): boolean {
    if (!this.#fail) this.#fail = names === undefined || !this.#narrow(key, value as object, names);
    return !this.#fail;
  }

  #narrow(key: unknown, value: object, names: readonly string[]): boolean {
    const start = writer.position;
    try {
      this.#codec.write(key as never, writer);
      const ends = this.#partsUpTo(start, writer.position);
      const candidates = this.#candidates ?? ends.map(() => [...names]);
      if (candidates.length !== ends.length || ends.length === 0) return false;
      this.#candidates = candidates.map((some, i) =>
        some.filter((name) => this.#isMadeOf(name, value, ends[i - 1] ?? start, ends[i] as number)),
      );
      return this.#candidates.every((some) => some.length > 0);
    } finally {
      writer.position = start;
    }
  }

  /** Where the parts of the key end that stands in the writer. */
  #partsUpTo(start: number, end: number): number[] {
    if (this.#codec.name !== 'tuple') return [end];
    const ends: number[] = [];
    for (let at = start; at < end; ) {
      at = skipElement(writer.bytes, 0, at, end);
      ends.push(at);
    }
    return ends;
  }

  #isMadeOf(name: string, value: object, start: number, end: number): boolean {
    let make = this.#makers.get(name);
    if (make === undefined) {
      make = keyMaker(name, this.#codec, this.#fromText);
      this.#makers.set(name, make);
    }
    const at = writer.position;
    try {
      this.#codec.write(make({ [name]: this.#read(value, name) }) as never, writer);
      const { bytes, position } = writer;
      return compareBytes(bytes, start, end - start, bytes, at, position - at) === 0;
    } catch {
      // An import could make no key of it.
      return false;
    } finally {
      writer.position = at;
    }
  }
}
