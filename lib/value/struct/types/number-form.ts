import { invalidValue } from '../../../base/errors.ts';
import { exactNumber, printedDouble } from '../../../base/exact-json.ts';
import { isWritten, numberToJson, numberToText } from '../../../base/number-text.ts';
import { type FieldText, notInferred } from '../field-text.ts';

/** A decimal, as a program prints it. */
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const INTEGER = /^[+-]?\d+$/;

/** What JSON and CSV write of numbers that they have no other form for. */
const SPECIAL: { readonly [text: string]: number } = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};

/** Integers up to 32 bits: their digits. */
export const integerText: FieldText = {
  toJson: String,
  toCell: String,
  fromJson: undefined,
  fromCell: numberFromCell,
  fromInferred: undefined,
  holdsEmpty: false,
};

/** The shortest digits that read back as the same double; `-0`; in JSON `"NaN"`, `"Infinity"` and `"-Infinity"`. */
export const floatText: FieldText = {
  toJson: (view) => numberToJson(view as number),
  toCell: (view) => numberToText(view as number),
  fromJson(value, path) {
    if (typeof value === 'string' && Object.hasOwn(SPECIAL, value)) return SPECIAL[value];
    return typeof value === 'bigint' ? asDouble(value, path) : value;
  },
  fromCell: numberFromCell,
  // '007' and '1e3' would have made it a column of texts.
  fromInferred(value, path) {
    if (isWritten(value as string)) return Number(value);
    throw notInferred(value, 'a number', 'written as one', path);
  },
  holdsEmpty: false,
};

/** Integers of 64 bits: a number of JSON up to 2 ** 53, beyond that their digits as a string. */
export const longText: FieldText = {
  toJson(view) {
    const number = Number(view);
    return Number.isSafeInteger(number) ? String(number) : `"${view}"`;
  },
  toCell: String,
  fromJson: integerFrom,
  fromCell: integerFrom,
  fromInferred: undefined,
  holdsEmpty: false,
};

function numberFromCell(value: unknown, path: string): number {
  const text = value as string;
  if (Object.hasOwn(SPECIAL, text)) return SPECIAL[text] as number;
  if (!DECIMAL.test(text)) throw invalidValue(`${path} must be a number, not ${JSON.stringify(text)}`);
  let number: number | bigint;
  try {
    number = exactNumber(text);
  } catch (cause) {
    throw invalidValue(`${path}: ${(cause as Error).message}`);
  }
  return typeof number === 'bigint' ? asDouble(number, path) : number;
}

/** The double that an integer's digits are printed from: any other is not what the file says. */
function asDouble(value: bigint, path: string): number {
  const number = printedDouble(value);
  if (number !== undefined) return number;
  throw invalidValue(`${path}: no double holds ${value} exactly; give the field the type u64 or i64`);
}

function integerFrom(value: unknown, path: string): unknown {
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  if (typeof value !== 'string') return value;
  if (!INTEGER.test(value)) throw invalidValue(`${path} must be an integer, not ${JSON.stringify(value)}`);
  return BigInt(value);
}
