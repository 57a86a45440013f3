import { SHORT } from '../../base/ascii.ts';
import { DOUBLE_ORDER, doubleBytes, doubles, longs, SINGLE_ORDER, singleBytes, singles } from '../../base/float.ts';
import {
  appendBare,
  arrayIsArray,
  bareArray,
  charCodeAt,
  dateGetTime,
  PrimordialFunction,
} from '../../base/primordials.ts';
import { isStackOverflow } from '../../base/stack.ts';
import { writeAscii } from '../../base/text.ts';
import type { Writer } from '../../base/writer.ts';
import type { WriteField } from './field-coder.ts';
import { type FieldForm, FORM_BOOL, FORM_DATE, FORM_FLOAT, FORM_INTEGER, FORM_LONG, FORM_TEXT } from './field-form.ts';
import type { Path } from './path.ts';
import { FORMAT_VERSION, HEADER_SIZE } from './record.ts';
import type { Field } from './schema.ts';

/*
 * Code that writes the records of one schema, made from text. Without it, each field takes a call of which V8 does not know what it calls, and each
 * record two arrays: a record of ten fields takes 320 ns in place of 100 (Node 20).
 *
 * The text has nothing in it but numbers, the names of fields as literals of letters, digits and escapes, and what stands in this file. It writes what
 * most values are. Any other value, right or wrong, it leaves to `write` of the field's type: so what is stored and what is thrown is the same without it.
 */

/** The values of the fields of any object, in order. Refuses what is no record. */
export type ReadFields = (given: unknown, path: Path | undefined, step: string | number) => readonly unknown[];
export type WriteRecord = (writer: Writer, given: unknown, path: Path | undefined, step: string | number) => number;
type MakeWrite = (used: Used, areFields: AreFields, read: ReadFields, writes: readonly WriteField[]) => WriteRecord;
/** Whether all these names are those of fields. The array is not changed afterwards. */
type AreFields = (names: readonly string[]) => boolean;

/** How many schemas have code of their own. */
const MOST_SCHEMAS = 100;
/** V8 does not compile functions of any size. */
const MOST_FIELDS = 100;

const { keys, prototype: objectPrototype } = Object;

/** What the texts use: they can use nothing but this. */
const used = {
  keys,
  objectPrototype,
  arrayIsArray,
  timeOf,
  writeAscii,
  doubles,
  doubleBytes,
  longs,
  singles,
  singleBytes,
} as const;
type Used = typeof used;

/** The texts that were compiled: equal schemas share one. */
const compiled: { readonly text: string; readonly make: MakeWrite }[] = bareArray();
let mayCompile = true;

/** The milliseconds of a Date, NaN for anything else. */
function timeOf(value: unknown): number {
  try {
    return dateGetTime(value);
  } catch {
    return Number.NaN;
  }
}

/**
 * What writes the records of one schema; undefined if it has no code of its own: where a program forbids that texts are compiled
 * (`--disallow-code-generation-from-strings`), and if there are too many schemas or fields. `names` are those of the fields.
 */
export function recordCode(
  fields: readonly Field[],
  names: Readonly<Record<string, true>>,
  read: ReadFields,
): WriteRecord | undefined {
  if (!mayCompile || fields.length === 0 || fields.length > MOST_FIELDS) return undefined;
  const writes: WriteField[] = bareArray();
  for (let i = 0; i < fields.length; i++) {
    writes[i] = (fields[i] as Field).type.write;
  }
  return codeOf(textOf(fields))?.(used, fieldNames(names), read, writes);
}

/** Remembers the last names that it was given: objects that are made in one place have their properties in one order. */
function fieldNames(names: Readonly<Record<string, true>>): AreFields {
  let last: readonly string[] = bareArray();
  return (found) => {
    let same = found.length === last.length;
    for (let i = 0; same && i < found.length; i++) same = found[i] === last[i];
    if (same) return true;
    for (let i = 0; i < found.length; i++) if (names[found[i] as string] !== true) return false;
    last = found;
    return true;
  };
}

function codeOf(text: string): MakeWrite | undefined {
  for (let i = 0; i < compiled.length; i++) {
    const known = compiled[i] as (typeof compiled)[number];
    if (known.text === text) return known.make;
  }
  if (compiled.length >= MOST_SCHEMAS) return undefined;
  try {
    const make = new PrimordialFunction('used', 'areFields', 'read', 'writes', text) as MakeWrite;
    appendBare(compiled, { text, make });
    return make;
  } catch (error) {
    if (isStackOverflow(error)) throw error;
    mayCompile = false;
    return undefined;
  }
}

/** The text of a function that returns what writes a record. `v0`, `v1`, … are the values of the fields, `w0`, `w1`, … the functions of their types. */
function textOf(fields: readonly Field[]): string {
  let functions = '';
  let variables = '';
  let inOrder = '';
  let byName = '';
  let fromArray = '';
  for (let i = 0; i < fields.length; i++) {
    const literal = literalOf((fields[i] as Field).name);
    functions += `const w${i} = writes[${i}];\n`;
    variables += `, v${i}`;
    inOrder += `    if (k < n && names[k] === ${literal}) k++; else if (${literal} in objectPrototype) isOdd = true;\n`;
    byName += `    v${i} = given[${literal}];\n`;
    fromArray += `    v${i} = all[${i}];\n`;
  }
  return `'use strict';
const { keys, objectPrototype, arrayIsArray, timeOf, writeAscii, doubles, doubleBytes, longs, singles, singleBytes } = used;
${functions}return (writer, given, path, step) => {
  let isPlain = false, isOdd = false, n = 0, k = 0${variables};
  if (typeof given === 'object' && given !== null && !arrayIsArray(given)) {
    const names = keys(given);
    n = names.length;
${inOrder}    isPlain = n > 0 && !isOdd && (k === n || areFields(names));
  }
  if (isPlain) {
${byName}  } else {
    const all = read(given, path, step);
${fromArray}  }
${textOfWriting(fields)}};`;
}

/** The text that writes the values. `b` are the bytes of the writer, `r` where the record begins, `p` where the next text goes. */
function textOfWriting(fields: readonly Field[]): string {
  const size = (fields[fields.length - 1] as Field).end;
  let room = 0;
  let text = '';
  // From the last field on, so that for each it is known how much room the texts behind it need.
  for (let i = fields.length - 1; i >= 0; i--) {
    const field = fields[i] as Field;
    text = textOfField(field, i, room) + text;
    if (field.type.form?.kind === FORM_TEXT) room += SHORT;
  }
  return `  const r = writer.position;
  writer.reserve(${size + room});
  let b = writer.bytes, p = r + ${size}, here;
  b[r] = ${FORMAT_VERSION}; b[r + 1] = 0; b[r + 2] = ${(size - HEADER_SIZE) & 0xff}; b[r + 3] = ${(size - HEADER_SIZE) >>> 8};
${text}  writer.position = p;
  return p - r;
`;
}

/** The text that writes a field. The function of its type may run user code, which uses the writer; it may need the room that the texts after it have. */
function textOfField({ name, type, end }: Field, index: number, room: number): string {
  const { form, optional, size } = type;
  const value = `v${index}`;
  const place = end - size;
  const other = `{
    writer.position = p;
    w${index}(writer, r, r + ${place}, ${value}, here ??= { parent: path, step }, ${literalOf(name)});
    writer.reserve(${room});
    b = writer.bytes; p = writer.position;
  }
`;
  if (form === undefined) return `  ${other}`;
  const absent = optional ? `if (${value} === undefined) { ${zeros(place, size)} }\n  else ` : '';
  if (form.kind === FORM_TEXT) {
    return `  ${absent}if (typeof ${value} === 'string' && ${value}.length <= ${SHORT} && (k = writeAscii(b, p, ${value})) >= 0) {
    ${word(place, 'p - r')} b[r + ${place + 4}] = k; b[r + ${place + 5}] = 0; b[r + ${place + 6}] = 0; b[r + ${place + 7}] = 0x80;
    p += k;
  } else ${other}`;
  }
  const [check, store] = textOfScalar(form, value, optional ? place + 1 : place, optional ? size - 1 : size);
  return `  ${absent}if (${check}) { ${optional ? `b[r + ${place}] = 1; ` : ''}${store} }\n  else ${other}`;
}

/** What a value must be to be written here, and the text that writes it. Neither must run user code: an operator would, if the type were not checked first. */
function textOfScalar(form: FieldForm, v: string, place: number, size: number): [check: string, store: string] {
  switch (form.kind) {
    case FORM_INTEGER: {
      const rest = 32 - 8 * size;
      const whole = form.least < 0 ? `${v} << ${rest} >> ${rest}` : `${v} << ${rest} >>> ${rest}`;
      let store = '';
      for (let i = 0; i < size; i++) store += `b[r + ${place + i}] = ${v} >>> ${8 * i}; `;
      return [`typeof ${v} === 'number' && ${v} === (${whole})`, store];
    }
    case FORM_LONG: {
      const [least, most] = form.least < 0 ? [-(2n ** 63n), 2n ** 63n - 1n] : [0n, 2n ** 64n - 1n];
      return [
        `typeof ${v} === 'bigint' && ${v} >= ${least}n && ${v} <= ${most}n`,
        `longs[0] = ${v}; ${bytes('doubleBytes', place, 8, DOUBLE_ORDER)}`,
      ];
    }
    case FORM_FLOAT:
      return [
        `typeof ${v} === 'number' && (singles[0] = ${v}, singles[0] - singles[0] === 0)`,
        bytes('singleBytes', place, 4, SINGLE_ORDER),
      ];
    case FORM_DATE:
      return [`(doubles[0] = timeOf(${v})) === doubles[0]`, bytes('doubleBytes', place, 8, DOUBLE_ORDER)];
    case FORM_BOOL:
      return [`typeof ${v} === 'boolean'`, `b[r + ${place}] = ${v} ? 1 : 0;`];
    default:
      return [`typeof ${v} === 'number'`, `doubles[0] = ${v}; ${bytes('doubleBytes', place, 8, DOUBLE_ORDER)}`];
  }
}

/** The text that copies the bytes of a number. */
function bytes(source: string, place: number, size: number, order: number): string {
  let text = '';
  for (let i = 0; i < size; i++) text += `b[r + ${place + i}] = ${source}[${i ^ order}]; `;
  return text;
}

function word(place: number, value: string): string {
  return `n = ${value}; b[r + ${place}] = n; b[r + ${place + 1}] = n >>> 8; b[r + ${place + 2}] = n >>> 16; b[r + ${place + 3}] = n >>> 24;`;
}

function zeros(place: number, size: number): string {
  let text = '';
  for (let i = 0; i < size; i++) text += `b[r + ${place + i}] = 0; `;
  return text;
}

const HEX = '0123456789abcdef';

/** A name as the literal of a string: letters and digits as they are, everything else as an escape. So no name can be anything but a string. */
function literalOf(name: string): string {
  let literal = '"';
  for (let i = 0; i < name.length; i++) {
    const code = charCodeAt(name, i);
    const isPlain = (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || (code >= 0x30 && code <= 0x39);
    literal += isPlain
      ? (name[i] as string)
      : `\\u${HEX[code >>> 12]}${HEX[(code >>> 8) & 15]}${HEX[(code >>> 4) & 15]}${HEX[code & 15]}`;
  }
  return `${literal}"`;
}
