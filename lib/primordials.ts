/**
 * The built-in functions that the read path hands a window to, captured when leasehold is loaded. A program that
 * patches a prototype afterwards is not called with memory that it was not lent.
 */
type AnyFunction = (...args: never[]) => unknown;

const { call } = Function.prototype;
const { getOwnPropertyDescriptor, getPrototypeOf } = Object;

/** `uncurryThis(f)(receiver, …args)` calls `f` on `receiver`, looking nothing up. */
function uncurryThis<T>(method: AnyFunction): T {
  return call.bind(method as never) as T;
}

function getterOf<T>(prototype: object, name: string | symbol): T {
  const getter = getOwnPropertyDescriptor(prototype, name)?.get;
  if (getter === undefined) throw new Error(`no getter ${String(name)}`);
  return uncurryThis<T>(getter as AnyFunction);
}

const TypedArrayPrototype = getPrototypeOf(Uint8Array.prototype) as Uint8Array;

export const PrimordialUint8Array: Uint8ArrayConstructor = Uint8Array;
export const PrimordialUint32Array: Uint32ArrayConstructor = Uint32Array;
export const PrimordialArrayBuffer: ArrayBufferConstructor = ArrayBuffer;
export const arrayIsArray: (value: unknown) => value is readonly unknown[] = Array.isArray;

export const typedArraySet: (target: Uint8Array, source: ArrayLike<number>, offset?: number) => void = uncurryThis(
  TypedArrayPrototype.set as AnyFunction,
);
export const typedArrayFill: (target: Uint8Array, value: number, start?: number, end?: number) => Uint8Array =
  uncurryThis(TypedArrayPrototype.fill as AnyFunction);
export const typedArrayLength: (array: Uint8Array) => number = getterOf(TypedArrayPrototype, 'length');
export const typedArrayBuffer: (array: Uint8Array) => ArrayBuffer = getterOf(TypedArrayPrototype, 'buffer');
export const typedArrayByteOffset: (array: Uint8Array) => number = getterOf(TypedArrayPrototype, 'byteOffset');
/** The class name of a typed array, undefined for anything else: a brand check that no object can fake. */
export const typedArrayTag: (value: unknown) => string | undefined = getterOf(TypedArrayPrototype, Symbol.toStringTag);

/** Node's own string conversions, on every Buffer's prototype but not in its types. */
interface BufferStrings {
  latin1Slice: AnyFunction;
  utf8Slice: AnyFunction;
  utf8Write: AnyFunction;
}
const strings = Buffer.prototype as unknown as BufferStrings;

export const latin1Slice: (bytes: Uint8Array, start: number, end: number) => string = uncurryThis(strings.latin1Slice);
export const utf8Slice: (bytes: Uint8Array, start: number, end: number) => string = uncurryThis(strings.utf8Slice);
export const utf8Write: (bytes: Uint8Array, text: string, offset: number, length: number) => number = uncurryThis(
  strings.utf8Write,
);
/** -1, 0 or 1 by the bytes of two whole arrays; looks no property up. */
export const bufferCompare: (a: Uint8Array, b: Uint8Array) => number = Buffer.compare;
export const bufferFrom: (memory: ArrayBuffer, offset?: number, length?: number) => Buffer<ArrayBuffer> =
  Buffer.from.bind(Buffer) as never;
export const utf8ByteLength: (text: string) => number = Buffer.byteLength.bind(Buffer) as never;

export const isWellFormed: (text: string) => boolean = uncurryThis(
  (String.prototype as unknown as { isWellFormed: AnyFunction }).isWellFormed,
);

export const stringIncludes: (text: string, part: string) => boolean = uncurryThis(
  String.prototype.includes as AnyFunction,
);
export const charCodeAt: (text: string, index: number) => number = uncurryThis(String.prototype.charCodeAt);
export const fromCharCode: (...codes: number[]) => string = String.fromCharCode;
export const apply: (target: AnyFunction, receiver: unknown, args: ArrayLike<unknown>) => unknown =
  Reflect.apply as never;
export const dateGetTime: (date: unknown) => number = uncurryThis(Date.prototype.getTime);

/** Whether `value` is a Uint8Array (a Buffer included), whatever its prototype says. */
export function isUint8Array(value: unknown): value is Uint8Array {
  return typeof value === 'object' && value !== null && typedArrayTag(value) === 'Uint8Array';
}

/** `registry.register(target, held)`. */
export const finalizationRegister: <T>(registry: FinalizationRegistry<T>, target: WeakKey, held: T) => void =
  uncurryThis(FinalizationRegistry.prototype.register as AnyFunction);
