import fc from 'fast-check';

/** How many code points there are, without the surrogates: well-formed text has no lone surrogate. */
const COUNT = 0x110000 - 0x800;
const codePoint = fc.nat(COUNT - 1).map((n) => String.fromCodePoint(n < 0xd800 ? n : n + 0x800));

/** Any well-formed text. It replaces `fc.string({ unit: 'binary' })`, which needs a second to map all code points back to numbers. */
export function anyText(maxLength: number): fc.Arbitrary<string> {
  return fc.string({ unit: codePoint, maxLength });
}
