import { invalidValue } from '../../base/errors.ts';

/** What is no text in UTF-8, by its first bytes: none of these can begin such a text. */
const SIGNATURES: readonly (readonly [first: readonly number[], what: string])[] = [
  [[0x1f, 0x8b], 'is packed with gzip: unpack it first, or give a file whose name ends with .gz'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'is packed with zstd: unpack it first, or give a file whose name ends with .zst'],
  [[0xff, 0xfe], "is not UTF-8 but UTF-16: give `encoding` 'utf-16le'"],
  [[0xfe, 0xff], "is not UTF-8 but UTF-16: give `encoding` 'utf-16be'"],
];

/** `ERR_INVALID_ARG_VALUE` for the first bytes of an input, called `name` in errors, that is packed or in UTF-16. */
export function checkSignature(chunk: Uint8Array, name: string): void {
  for (const [first, what] of SIGNATURES) {
    if (first.every((byte, i) => chunk[i] === byte)) throw invalidValue(`${name} ${what}`);
  }
}
