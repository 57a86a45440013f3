import { apply, fromCharCode } from './primordials.ts';

/** Texts up to this length are made from char codes in JavaScript. For longer ones a call into the runtime is faster. */
export const SHORT = 24;

/** Arrays for the char codes of a text, one for each length. */
const codes: number[][] = [];
for (let length = 0; length <= SHORT; length++) codes.push(new Array<number>(length).fill(0));

/**
 * The text of `length` bytes of ASCII, at most SHORT; undefined if one of them is not ASCII. Measured on Node 20 for
 * 8 to 16 letters: 17 ns by the cases of `byLength`, 31 by `apply` on an array, and 47 (up to 90 from a window) by any call into
 * the runtime, however short the text is.
 */
export function shortAscii(bytes: Uint8Array, start: number, length: number): string | undefined {
  return length <= 16 ? byLength(bytes, start, length) : applied(bytes, start, length);
}

function applied(bytes: Uint8Array, start: number, length: number): string | undefined {
  const short = codes[length] as number[];
  let all = 0;
  for (let i = 0; i < length; i++) {
    const code = bytes[start + i] as number;
    all |= code;
    short[i] = code;
  }
  return all < 0x80 ? (apply(fromCharCode, undefined, short) as string) : undefined;
}

/** A constant of this module, which V8 need not look up. */
const char = fromCharCode;

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a case for each length
function byLength(b: Uint8Array, i: number, length: number): string | undefined {
  // biome-ignore format: a case for each length, which a line for each byte would hide
  switch (length) {
    case 1: {
      const c0 = b[i]!;
      return c0 < 0x80 ? char(c0) : undefined;
    }
    case 2: {
      const c0 = b[i]!, c1 = b[i + 1]!;
      return (c0 | c1) < 0x80 ? char(c0, c1) : undefined;
    }
    case 3: {
      const c0 = b[i]!, c1 = b[i + 1]!, c2 = b[i + 2]!;
      return (c0 | c1 | c2) < 0x80 ? char(c0, c1, c2) : undefined;
    }
    case 4: {
      const c0 = b[i]!, c1 = b[i + 1]!, c2 = b[i + 2]!, c3 = b[i + 3]!;
      return (c0 | c1 | c2 | c3) < 0x80 ? char(c0, c1, c2, c3) : undefined;
    }
    case 5: {
      const c0 = b[i]!, c1 = b[i + 1]!, c2 = b[i + 2]!, c3 = b[i + 3]!, c4 = b[i + 4]!;
      return (c0 | c1 | c2 | c3 | c4) < 0x80 ? char(c0, c1, c2, c3, c4) : undefined;
    }
    case 6: {
      const c0 = b[i]!, c1 = b[i + 1]!, c2 = b[i + 2]!, c3 = b[i + 3]!, c4 = b[i + 4]!, c5 = b[i + 5]!;
      return (c0 | c1 | c2 | c3 | c4 | c5) < 0x80 ? char(c0, c1, c2, c3, c4, c5) : undefined;
    }
    case 7: {
      const c0 = b[i]!, c1 = b[i + 1]!, c2 = b[i + 2]!, c3 = b[i + 3]!, c4 = b[i + 4]!, c5 = b[i + 5]!,
        c6 = b[i + 6]!;
      return (c0 | c1 | c2 | c3 | c4 | c5 | c6) < 0x80 ? char(c0, c1, c2, c3, c4, c5, c6) : undefined;
    }
    case 8: {
      const c0 = b[i]!, c1 = b[i + 1]!, c2 = b[i + 2]!, c3 = b[i + 3]!, c4 = b[i + 4]!, c5 = b[i + 5]!,
        c6 = b[i + 6]!, c7 = b[i + 7]!;
      return (c0 | c1 | c2 | c3 | c4 | c5 | c6 | c7) < 0x80 ? char(c0, c1, c2, c3, c4, c5, c6, c7) : undefined;
    }
    case 9: {
      const c0 = b[i]!, c1 = b[i + 1]!, c2 = b[i + 2]!, c3 = b[i + 3]!, c4 = b[i + 4]!, c5 = b[i + 5]!,
        c6 = b[i + 6]!, c7 = b[i + 7]!, c8 = b[i + 8]!;
      return (c0 | c1 | c2 | c3 | c4 | c5 | c6 | c7 | c8) < 0x80 ? char(c0, c1, c2, c3, c4, c5, c6, c7, c8) : undefined;
    }
    case 10: {
      const c0 = b[i]!, c1 = b[i + 1]!, c2 = b[i + 2]!, c3 = b[i + 3]!, c4 = b[i + 4]!, c5 = b[i + 5]!,
        c6 = b[i + 6]!, c7 = b[i + 7]!, c8 = b[i + 8]!, c9 = b[i + 9]!;
      return (c0 | c1 | c2 | c3 | c4 | c5 | c6 | c7 | c8 | c9) < 0x80
        ? char(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9)
        : undefined;
    }
    case 11: {
      const c0 = b[i]!, c1 = b[i + 1]!, c2 = b[i + 2]!, c3 = b[i + 3]!, c4 = b[i + 4]!, c5 = b[i + 5]!,
        c6 = b[i + 6]!, c7 = b[i + 7]!, c8 = b[i + 8]!, c9 = b[i + 9]!, c10 = b[i + 10]!;
      return (c0 | c1 | c2 | c3 | c4 | c5 | c6 | c7 | c8 | c9 | c10) < 0x80
        ? char(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10)
        : undefined;
    }
    case 12: {
      const c0 = b[i]!, c1 = b[i + 1]!, c2 = b[i + 2]!, c3 = b[i + 3]!, c4 = b[i + 4]!, c5 = b[i + 5]!,
        c6 = b[i + 6]!, c7 = b[i + 7]!, c8 = b[i + 8]!, c9 = b[i + 9]!, c10 = b[i + 10]!, c11 = b[i + 11]!;
      return (c0 | c1 | c2 | c3 | c4 | c5 | c6 | c7 | c8 | c9 | c10 | c11) < 0x80
        ? char(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11)
        : undefined;
    }
    case 13: {
      const c0 = b[i]!, c1 = b[i + 1]!, c2 = b[i + 2]!, c3 = b[i + 3]!, c4 = b[i + 4]!, c5 = b[i + 5]!,
        c6 = b[i + 6]!, c7 = b[i + 7]!, c8 = b[i + 8]!, c9 = b[i + 9]!, c10 = b[i + 10]!, c11 = b[i + 11]!,
        c12 = b[i + 12]!;
      return (c0 | c1 | c2 | c3 | c4 | c5 | c6 | c7 | c8 | c9 | c10 | c11 | c12) < 0x80
        ? char(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12)
        : undefined;
    }
    case 14: {
      const c0 = b[i]!, c1 = b[i + 1]!, c2 = b[i + 2]!, c3 = b[i + 3]!, c4 = b[i + 4]!, c5 = b[i + 5]!,
        c6 = b[i + 6]!, c7 = b[i + 7]!, c8 = b[i + 8]!, c9 = b[i + 9]!, c10 = b[i + 10]!, c11 = b[i + 11]!,
        c12 = b[i + 12]!, c13 = b[i + 13]!;
      return (c0 | c1 | c2 | c3 | c4 | c5 | c6 | c7 | c8 | c9 | c10 | c11 | c12 | c13) < 0x80
        ? char(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13)
        : undefined;
    }
    case 15: {
      const c0 = b[i]!, c1 = b[i + 1]!, c2 = b[i + 2]!, c3 = b[i + 3]!, c4 = b[i + 4]!, c5 = b[i + 5]!,
        c6 = b[i + 6]!, c7 = b[i + 7]!, c8 = b[i + 8]!, c9 = b[i + 9]!, c10 = b[i + 10]!, c11 = b[i + 11]!,
        c12 = b[i + 12]!, c13 = b[i + 13]!, c14 = b[i + 14]!;
      return (c0 | c1 | c2 | c3 | c4 | c5 | c6 | c7 | c8 | c9 | c10 | c11 | c12 | c13 | c14) < 0x80
        ? char(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14)
        : undefined;
    }
    case 16: {
      const c0 = b[i]!, c1 = b[i + 1]!, c2 = b[i + 2]!, c3 = b[i + 3]!, c4 = b[i + 4]!, c5 = b[i + 5]!,
        c6 = b[i + 6]!, c7 = b[i + 7]!, c8 = b[i + 8]!, c9 = b[i + 9]!, c10 = b[i + 10]!, c11 = b[i + 11]!,
        c12 = b[i + 12]!, c13 = b[i + 13]!, c14 = b[i + 14]!, c15 = b[i + 15]!;
      return (c0 | c1 | c2 | c3 | c4 | c5 | c6 | c7 | c8 | c9 | c10 | c11 | c12 | c13 | c14 | c15) < 0x80
        ? char(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15)
        : undefined;
    }
    default: return '';
  }
}
