import { invalidValue } from '../../base/errors.ts';

/** First bytes of inputs that are not UTF-8. No text in UTF-8 begins with them. */
const SIGNATURES: readonly (readonly [first: readonly number[], what: string])[] = [
  [[0x1f, 0x8b], 'is compressed with gzip: decompress it first, or give a file whose name ends with .gz'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'is compressed with zstd: decompress it first, or give a file whose name ends with .zst'],
  [[0xff, 0xfe], "is not UTF-8 but UTF-16: give `encoding` 'utf-16le'"],
  [[0xfe, 0xff], "is not UTF-8 but UTF-16: give `encoding` 'utf-16be'"],
];

/** Throws `ERR_INVALID_ARG_VALUE` if the first bytes of an input show that it is compressed or in UTF-16. */
export function checkSignature(chunk: Uint8Array, name: string): void {
  for (const [first, what] of SIGNATURES) {
    if (first.every((byte, i) => chunk[i] === byte)) throw invalidValue(`${name} ${what}`);
  }
}
