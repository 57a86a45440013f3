import { bytesToHex } from '../../base/hex.ts';
import { writer } from '../../base/writer.ts';
import type { KeyCodec } from '../../key/codec.ts';
import type { RangeOptions } from '../../read/range-options.ts';

type AnyKeyCodec = KeyCodec<never, unknown>;

/** A part of a collection, as `range` of a Collection takes it. */
export type RowsOptions = RangeOptions<unknown>;

/** The bytes of a key in hexadecimal: they sort as the keys do. Throws what the codec throws. */
export function keyText(codec: AnyKeyCodec, key: unknown): string {
  const start = writer.position;
  try {
    codec.write(key as never, writer);
    return bytesToHex(writer.bytes, start, writer.position - start);
  } finally {
    writer.position = start;
  }
}

/** The entries of a collection that is not stored yet, sorted when they are read. */
export class PendingRows {
  readonly #codec: AnyKeyCodec;
  readonly #entries = new Map<string, [key: unknown, value: unknown]>();

  constructor(codec: AnyKeyCodec) {
    this.#codec = codec;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: unknown): unknown {
    return this.#entries.get(keyText(this.#codec, key))?.[1];
  }

  has(key: unknown): boolean {
    return this.#entries.has(keyText(this.#codec, key));
  }

  set(key: unknown, value: unknown): void {
    this.#entries.set(keyText(this.#codec, key), [key, value]);
  }

  delete(key: unknown): boolean {
    return this.#entries.delete(keyText(this.#codec, key));
  }

  clear(): void {
    this.#entries.clear();
  }

  /** The entries of a range, in the order of the keys. */
  entries({ gt, gte, lt, lte, prefix, reverse, limit, offset = 0 }: RowsOptions): [key: unknown, value: unknown][] {
    const text = (key: unknown): string => keyText(this.#codec, key);
    const inRange = (key: string): boolean =>
      (gt === undefined || key > text(gt)) &&
      (gte === undefined || key >= text(gte)) &&
      (lt === undefined || key < text(lt)) &&
      (lte === undefined || key <= text(lte)) &&
      (prefix === undefined || key.startsWith(text(prefix)));
    const found = [...this.#entries].filter(([key]) => inRange(key)).sort(([a], [b]) => (a < b ? -1 : 1));
    if (reverse) found.reverse();
    return found.slice(offset, limit === undefined ? undefined : offset + limit).map(([, entry]) => entry);
  }
}
