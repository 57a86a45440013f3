import fc from 'fast-check';

/** As many code points as there are, without the surrogates, which no text that is well-formed has alone. */
const COUNT = 0x110000 - 0x800;
const codePoint = fc.nat(COUNT - 1).map((n) => String.fromCodePoint(n < 0xd800 ? n : n + 0x800));

/** Any well-formed text: as `fc.string({ unit: 'binary' })`, which takes a second to map every code point back to its number. */
export function anyText(maxLength: number): fc.Arbitrary<string> {
  return fc.string({ unit: codePoint, maxLength });
}
