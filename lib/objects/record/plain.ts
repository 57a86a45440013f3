import { types } from 'node:util';
import { LeaseholdError } from '../../base/errors.ts';
import { isStackOverflow } from '../../base/stack.ts';
import type { Writer } from '../../base/writer.ts';
import { ID_BYTES, idAt, putId } from '../../key/object-id.ts';
import { NUMBER_AT } from '../../native/constants.ts';
import { encodeAlone } from '../../value/msgpack/coding.ts';
import { StructureDecoder } from '../../value/msgpack/structures.ts';
import { type Path, pathText } from '../../value/struct/path.ts';
import { Value } from '../../value/value.ts';
import { notPersistent } from '../errors.ts';
import { handleOf } from '../handle.ts';
import type { References } from '../model.ts';

const { isArray } = Array;
const { freeze, getPrototypeOf, keys, getOwnPropertyDescriptor, getOwnPropertySymbols } = Object;

/** How deep a plain value may be nested. The bound exists since encoding is recursive. */
const DEEPEST = 500;

/** The first byte of an encoded value. */
const PLAIN = 1;
/** A pair: the value with null in the place of each persistent object, and the list of [path, id]. */
const WITH_REFERENCES = 2;
/** An id. */
const REFERENCE = 3;
/** A double, to which native code can add: see CHANGE_ADD. */
const NUMBER = 4;
const NUMBER_BYTES = 9;

/**
 * A frozen copy of a value: null, booleans, numbers, bigints, strings, Dates, bytes, arrays and plain objects, with persistent objects in it as
 * they are. `ERR_NOT_PERSISTENT` for anything else, naming the place by `path`: `d.stock.get("a").b[2]`.
 */
export function copyIn(value: unknown, path: string): unknown {
  return copyLevel(value, undefined, path, []);
}

/** Whether `copyIn` gives the value itself, whatever its place. */
export function needsNoCopy(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'boolean' || value === null || handleOf(value) !== undefined;
}

/** `step` of `parent` is where the value stands. `around`: the objects that it is a part of. */
function copyLevel(value: unknown, parent: Path | undefined, step: string | number, around: object[]): unknown {
  switch (typeof value) {
    case 'string':
      if (value.isWellFormed()) return value;
      throw notPersistent(pathText(parent, step), 'a string with a lone surrogate, which UTF-8 cannot hold');
    case 'number':
    case 'boolean':
      return value;
    case 'bigint':
      if (BigInt.asIntN(64, value) === value || BigInt.asUintN(64, value) === value) return value;
      throw notPersistent(pathText(parent, step), 'a bigint of more than 64 bits: store it as a string');
    case 'object':
      return value === null ? null : copyObject(value, parent, step, around);
    case 'undefined':
      throw notPersistent(pathText(parent, step), 'undefined: store null, or leave it out');
    default:
      throw notPersistent(pathText(parent, step), `a ${typeof value}, which cannot be stored`);
  }
}

function copyObject(value: object, parent: Path | undefined, step: string | number, around: object[]): unknown {
  if (handleOf(value) !== undefined) return value;
  if (types.isDate(value)) return new Date(Date.prototype.getTime.call(value));
  if (types.isUint8Array(value)) return Uint8Array.from(value);
  if (around.includes(value))
    throw notPersistent(
      pathText(parent, step),
      'the object itself that it is a part of: plain values cannot be cyclic, persistent objects can',
    );
  if (around.length >= DEEPEST)
    throw notPersistent(pathText(parent, step), `nested more than ${DEEPEST} levels deep: use persistent objects`);
  around.push(value);
  const here: Path = { parent, step };
  const copy = isArray(value) ? copyArray(value, here, around) : copyPlainObject(value, here, around);
  around.pop();
  return freeze(copy);
}

function copyArray(array: readonly unknown[], here: Path, around: object[]): unknown[] {
  const copy: unknown[] = [];
  for (let i = 0; i < array.length; i++) {
    if (!(i in array)) throw notPersistent(pathText(here, i), 'a hole of an array: store null');
    copy.push(copyLevel(array[i], here, i, around));
  }
  return copy;
}

function copyPlainObject(object: object, here: Path, around: object[]): object {
  const prototype = getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null)
    throw notPersistent(pathText(here.parent, here.step), describeInstance(object));
  if (getOwnPropertySymbols(object).length > 0)
    throw notPersistent(
      pathText(here.parent, here.step),
      'an object with symbols as names of properties, which cannot be stored',
    );
  const copy: Record<string, unknown> = {};
  for (const name of keys(object)) {
    if (name === '__proto__' || !name.isWellFormed())
      throw notPersistent(pathText(here, name), 'a property that cannot be stored: give it another name');
    const descriptor = getOwnPropertyDescriptor(object, name);
    const value =
      descriptor !== undefined && 'value' in descriptor ? descriptor.value : (object as Record<string, unknown>)[name];
    // What is undefined is left out, as JSON does.
    if (value !== undefined) put(copy, name, copyLevel(value, here, name, around));
  }
  return copy;
}

/** Sets a property of an object of our own. An assignment would call a setter of that name that a program has put on Object.prototype. */
function put(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name in object)
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  else object[name] = value;
}

function describeInstance(object: object): string {
  if (object instanceof UnsharedPlain)
    return 'a stored value with persistent objects in it, which upgrade() can only hand on as the whole value of a field';
  if (types.isProxy(object)) return 'a Proxy, which cannot be stored';
  if (types.isMap(object)) return 'a Map: use a PersistentMap, or an array of pairs';
  if (types.isSet(object)) return 'a Set: use a PersistentSet, or an array';
  if (types.isPromise(object)) return 'a Promise: await it';
  const of: unknown = object.constructor;
  const name = typeof of === 'function' && of.name !== '' ? of.name : 'a class';
  return `an instance of ${name}, which is no persistent class: register it with persistent(), or store a plain object`;
}

/** Whether a copied value has persistent objects in it. */
function hasReferences(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (handleOf(value) !== undefined) return true;
  if (types.isDate(value) || types.isUint8Array(value)) return false;
  return (isArray(value) ? value : Object.values(value)).some(hasReferences);
}

/** Calls `take` with each persistent object in a copied value. */
export function forEachReference(value: unknown, take: (object: object) => void): void {
  if (typeof value !== 'object' || value === null || types.isDate(value) || types.isUint8Array(value)) return;
  if (handleOf(value) !== undefined) take(value);
  else for (const inner of isArray(value) ? value : Object.values(value)) forEachReference(inner, take);
}

/** Encodes a copied value. */
export function encodePlain(value: unknown, references: References): Uint8Array {
  if (handleOf(value) !== undefined) {
    const bytes = new Uint8Array(1 + ID_BYTES);
    bytes[0] = REFERENCE;
    putId(bytes, 1, references.idOf(value as object));
    return bytes;
  }
  if (!hasReferences(value)) return withKind(PLAIN, encodeAlone(value));
  const places: [path: (string | number)[], id: number][] = [];
  const emptied = withoutReferences(value, [], places, references);
  return withKind(WITH_REFERENCES, encodeAlone([emptied, places]));
}

/** Appends what `encodePlain` gives for the object with an id. */
export function writeReference(writer: Writer, id: number): void {
  writer.reserve(1 + ID_BYTES);
  writer.bytes[writer.position] = REFERENCE;
  putId(writer.bytes, writer.position + 1, id);
  writer.position += 1 + ID_BYTES;
}

/** Encodes a number that others can be added to. */
export function encodeNumber(number: number): Uint8Array {
  const bytes = new Uint8Array(NUMBER_BYTES);
  bytes[0] = NUMBER;
  numberView(bytes).setFloat64(NUMBER_AT, number);
  return bytes;
}

function numberView({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}

function withKind(kind: number, encoded: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + encoded.length);
  bytes[0] = kind;
  bytes.set(encoded, 1);
  return bytes;
}

function withoutReferences(
  value: unknown,
  path: readonly (string | number)[],
  places: [(string | number)[], number][],
  references: References,
): unknown {
  if (typeof value !== 'object' || value === null || types.isDate(value) || types.isUint8Array(value)) return value;
  if (handleOf(value) !== undefined) {
    places.push([[...path], references.idOf(value)]);
    return null;
  }
  if (isArray(value)) return value.map((inner, i) => withoutReferences(inner, [...path, i], places, references));
  const emptied: Record<string, unknown> = {};
  for (const name of keys(value)) {
    const inner = withoutReferences((value as Record<string, unknown>)[name], [...path, name], places, references);
    Object.defineProperty(emptied, name, { value: inner, enumerable: true, configurable: true, writable: true });
  }
  return emptied;
}

let decoder: StructureDecoder | undefined;

function decode(bytes: Uint8Array): unknown {
  decoder ??= new StructureDecoder([]);
  try {
    // A copy, since msgpackr keeps references to the bytes that it gets.
    return decoder.decode(Buffer.from(bytes.subarray(1)));
  } catch (cause) {
    if (isStackOverflow(cause)) throw cause;
    throw new LeaseholdError('ERR_CODEC', `the stored value cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/** For values without persistent objects in them. */
export const NO_REFERENCES: References = {
  object(): never {
    throw new LeaseholdError('ERR_NOT_PERSISTENT', 'what upgrade() returns cannot have persistent objects in it');
  },
  idOf(): never {
    return NO_REFERENCES.object(0) as never;
  },
};

/** A stored value that each reader decodes: it has persistent objects in it, or Dates or bytes, which freezing does not protect. */
export class UnsharedPlain {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The bytes that are stored. */
  get encoded(): Uint8Array {
    return this.#bytes;
  }

  /** The ids of the objects in it. */
  get ids(): number[] {
    if (this.#bytes[0] === REFERENCE) return [idAt(this.#bytes, 1)];
    if (this.#bytes[0] === PLAIN) return [];
    return (decode(this.#bytes) as [unknown, [unknown, number][]])[1].map(([, id]) => id);
  }

  read(references: References): unknown {
    const bytes = this.#bytes;
    if (bytes[0] === REFERENCE) return references.object(idAt(bytes, 1));
    if (bytes[0] === PLAIN) return freezeLevels(decode(bytes)) as unknown;
    const [value, places] = decode(bytes) as [unknown, [(string | number)[], number][]];
    for (const [path, id] of places) putAt(value, path, references.object(id));
    return freezeLevels(value);
  }
}

function putAt(value: unknown, path: readonly (string | number)[], object: object): void {
  let holder = value as Record<string | number, unknown>;
  for (let i = 0; i < path.length - 1; i++) holder = holder[path[i] as string] as typeof holder;
  Object.defineProperty(holder, path.at(-1) as string, {
    value: object,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

/** A stored value: frozen, or an UnsharedPlain. `bytes` must not change later. `ERR_CODEC`. */
export function decodePlain(bytes: Uint8Array): unknown {
  if (bytes[0] === REFERENCE && bytes.length === 1 + ID_BYTES) return new UnsharedPlain(bytes);
  if (bytes[0] === WITH_REFERENCES) return new UnsharedPlain(bytes);
  if (bytes[0] === NUMBER && bytes.length === NUMBER_BYTES) return numberView(bytes).getFloat64(NUMBER_AT);
  if (bytes[0] !== PLAIN) throw new LeaseholdError('ERR_CODEC', `the stored value is damaged: its kind is ${bytes[0]}`);
  const value = decode(bytes);
  return isProtected(value) ? freezeLevels(value) : new UnsharedPlain(bytes);
}

/** What a plain field of a record holds: `stored` is its bytes; a value that an upgrade has made is what it is. */
export function decodeField(stored: unknown): unknown {
  return stored instanceof Value ? decodePlain(stored.toBuffer()) : stored;
}

/** Whether freezing protects all of a decoded value. */
function isProtected(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (types.isDate(value) || ArrayBuffer.isView(value)) return false;
  return (isArray(value) ? value : Object.values(value)).every(isProtected);
}

function freezeLevels<T>(value: T): T {
  if (typeof value !== 'object' || value === null || types.isDate(value) || ArrayBuffer.isView(value)) return value;
  if (handleOf(value) !== undefined) return value;
  for (const inner of isArray(value) ? value : Object.values(value)) freezeLevels(inner);
  return freeze(value);
}
