import { writer } from '../../base/writer.ts';
import type { KeyCodec } from '../../key/codec.ts';
import { compareBytes } from '../../lease/bytes.ts';
import { keyMaker } from '../import/key-of.ts';

type ReadField = (value: object, name: string) => unknown;

/** Makes a key, or an element of a key, from some fields of a record. */
interface Maker {
  readonly names: readonly string[];
  readonly make: (record: unknown) => unknown;
}

/**
 * Finds the fields of which the keys of some records are made. A field matches an element of a tuple, or a key that is not a tuple, if in
 * every record the field's value is encoded to the same bytes. Keys are made in the same way as for an import's option `key`.
 */
export class KeyFields {
  readonly #codec: KeyCodec<never, unknown>;
  readonly #fromText: boolean;
  readonly #read: ReadField;
  readonly #makers = new Map<string, Maker>();
  /** For each part of the key, the fields that have matched it so far. Undefined before the first record. */
  #candidates: string[][] | undefined;
  /** Makes the whole key. Set once only one field is left for each part. */
  #whole: Maker | undefined;
  #fail = false;

  /** `read` returns a field of a record as an import would find it. With `fromText`, fields are text, as in CSV without a schema. */
  constructor(codec: KeyCodec<never, unknown>, fromText: boolean, read: ReadField, wanted?: readonly string[]) {
    this.#codec = codec;
    this.#fromText = fromText;
    this.#read = read;
    if (wanted === undefined) return;
    this.#candidates = wanted.map((name) => [name]);
    // Throws if several fields are given for a key that is not a tuple.
    this.#whole = this.#makerOf(wanted);
  }

  /** The fields that were found, one for each part of the key. Undefined if there are none, or if no record has been added. */
  get names(): readonly string[] | undefined {
    return this.#fail ? undefined : this.#candidates?.map(([name]) => name as string);
  }

  /** Adds a record with the fields `names`. Returns false once no fields can make the keys of all records so far. */
  add(key: unknown, value: unknown, names: readonly string[] | undefined): boolean {
    if (!this.#fail) this.#fail = names === undefined || !this.#narrow(key, value as object, names);
    return !this.#fail;
  }

  #narrow(key: unknown, value: object, names: readonly string[]): boolean {
    const start = writer.position;
    try {
      this.#codec.write(key as never, writer);
      const { position } = writer;
      if (this.#whole !== undefined) return this.#makes(this.#whole, value, start, position);
      const ends = this.#partsUpTo(start, position);
      const candidates = this.#candidates ?? ends.map(() => [...names]);
      if (candidates.length !== ends.length || ends.length === 0) return false;
      this.#candidates = candidates.map((some, i) =>
        some.filter((name) => this.#makes(this.#partMaker(name), value, ends[i - 1] ?? start, ends[i] as number)),
      );
      if (this.#candidates.some((some) => some.length === 0)) return false;
      if (this.#candidates.every((some) => some.length === 1)) {
        this.#whole = this.#makerOf(this.names as readonly string[]);
      }
      return true;
    } finally {
      writer.position = start;
    }
  }

  /** The ends of the parts of the key that is in the writer from `start` to `end`. */
  #partsUpTo(start: number, end: number): number[] {
    const { skipElement } = this.#codec;
    if (skipElement === undefined) return [end];
    const ends: number[] = [];
    for (let at = start; at < end; ) {
      at = skipElement(writer.bytes, 0, at, end);
      ends.push(at);
    }
    return ends;
  }

  #partMaker(name: string): Maker {
    let maker = this.#makers.get(name);
    if (maker === undefined) {
      maker = this.#makerOf([name]);
      this.#makers.set(name, maker);
    }
    return maker;
  }

  #makerOf(names: readonly string[]): Maker {
    return { names, make: keyMaker(names, this.#codec, this.#fromText) };
  }

  /** Whether a maker makes the bytes that are in the writer from `start` to `end`. */
  #makes({ names, make }: Maker, value: object, start: number, end: number): boolean {
    const at = writer.position;
    try {
      const record: Record<string, unknown> = {};
      for (const name of names) record[name] = this.#read(value, name);
      this.#codec.write(make(record) as never, writer);
      const { bytes, position } = writer;
      return compareBytes(bytes, start, end - start, bytes, at, position - at) === 0;
    } catch {
      // An import could not make a key of these fields.
      return false;
    } finally {
      writer.position = at;
    }
  }
}
