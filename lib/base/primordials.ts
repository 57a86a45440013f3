/*
 * Built-in functions, captured when leasehold is loaded. They handle lent memory, or run while it is read. A program that
 * patches a prototype later gets neither a window nor a call in the middle of a read.
 */
export type AnyFunction = (...args: never[]) => unknown;

const { call } = Function.prototype;
const { create, defineProperty, freeze, getOwnPropertyDescriptor, getPrototypeOf, setPrototypeOf } = Object;

/** `uncurryThis(f)(receiver, …args)` calls `f` on `receiver`, looking nothing up. */
export function uncurryThis<T>(method: AnyFunction): T {
  return call.bind(method as never) as T;
}

/** `getterOf(prototype, name)(receiver)` reads a property by the getter that it has now. */
export function getterOf<T>(prototype: object, name: string | symbol): T {
  const getter = getOwnPropertyDescriptor(prototype, name)?.get;
  if (getter === undefined) throw new Error(`no getter ${String(name)}`);
  return uncurryThis<T>(getter as AnyFunction);
}

const TypedArrayPrototype = getPrototypeOf(Uint8Array.prototype) as Uint8Array;

export const PrimordialUint8Array: Uint8ArrayConstructor = Uint8Array;
export const PrimordialUint32Array: Uint32ArrayConstructor = Uint32Array;
export const PrimordialFloat64Array: Float64ArrayConstructor = Float64Array;
export const PrimordialArrayBuffer: ArrayBufferConstructor = ArrayBuffer;
const PrimordialArray = Array;
export const arrayIsArray: (value: unknown) => value is readonly unknown[] = Array.isArray;

export const typedArraySet: (target: Uint8Array | Uint32Array, source: ArrayLike<number>, offset?: number) => void =
  uncurryThis(TypedArrayPrototype.set as AnyFunction);
export const typedArrayFill: (
  target: Uint8Array | Uint32Array,
  value: number,
  start?: number,
  end?: number,
) => unknown = uncurryThis(TypedArrayPrototype.fill as AnyFunction);
export const typedArrayLength: (array: Uint8Array | Uint32Array) => number = getterOf(TypedArrayPrototype, 'length');
export const typedArrayBuffer: (array: Uint8Array) => ArrayBuffer = getterOf(TypedArrayPrototype, 'buffer');
export const typedArrayByteOffset: (array: Uint8Array) => number = getterOf(TypedArrayPrototype, 'byteOffset');
/** The class name of a typed array, undefined for anything else. No other object can fake it. */
export const typedArrayTag: (value: unknown) => string | undefined = getterOf(TypedArrayPrototype, Symbol.toStringTag);

export const arrayBufferByteLength: (buffer: ArrayBuffer) => number = getterOf(ArrayBuffer.prototype, 'byteLength');
const { structuredClone } = globalThis;
const { transfer } = ArrayBuffer.prototype as unknown as { transfer?: AnyFunction };
/** `buffer.transfer()`, if the runtime has it (Node 22). Throws for an ArrayBuffer that cannot be transferred. */
export const nativeTransfer: ((buffer: ArrayBuffer) => ArrayBuffer) | undefined =
  transfer === undefined ? undefined : uncurryThis(transfer);
/** The same memory in another ArrayBuffer; the one given is detached. */
export const transferArrayBuffer: (buffer: ArrayBuffer) => ArrayBuffer =
  nativeTransfer ?? ((buffer) => structuredClone(buffer, { transfer: [buffer] }));
/** Whether an ArrayBuffer is detached. */
export function isDetached(buffer: ArrayBuffer): boolean {
  try {
    new PrimordialUint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

const encoder = new TextEncoder();
const encodeInto: (encoder: object, text: string, target: Uint8Array) => { written: number } = uncurryThis(
  TextEncoder.prototype.encodeInto as AnyFunction,
);
/**
 * Writes a text as UTF-8 and returns the number of bytes. Buffer's `utf8Write` is not used, because on Node 22 it is JavaScript
 * that reads properties of its arguments.
 */
export function utf8Write(bytes: Uint8Array, text: string, offset: number, length: number): number {
  const target = new PrimordialUint8Array(typedArrayBuffer(bytes), typedArrayByteOffset(bytes) + offset, length);
  return encodeInto(encoder, text, target).written;
}
export const isWellFormed: (text: string) => boolean = uncurryThis(
  (String.prototype as unknown as { isWellFormed: AnyFunction }).isWellFormed,
);

export const stringIncludes: (text: string, part: string) => boolean = uncurryThis(
  String.prototype.includes as AnyFunction,
);
/** If a program could patch these, its code would run between two reads or writes of a number's bytes. */
export const PrimordialBigInt: BigIntConstructor = BigInt;
export const PrimordialNumber: NumberConstructor = Number;
export const isInteger: (value: unknown) => boolean = Number.isInteger;
export const isSafeInteger: (value: unknown) => boolean = Number.isSafeInteger;
export const isNotANumber: (value: unknown) => boolean = Number.isNaN;
export const parseInteger: (text: string, radix: number) => number = Number.parseInt;
export const bigIntToString: (integer: bigint, radix: number) => string = uncurryThis(
  BigInt.prototype.toString as AnyFunction,
);
export const stringSlice: (text: string, start: number, end: number) => string = uncurryThis(String.prototype.slice);
export const mathAbs: (number: number) => number = Math.abs;
export const mathClz32: (number: number) => number = Math.clz32;
export const mathFround: (number: number) => number = Math.fround;
export const mathImul: (a: number, b: number) => number = Math.imul;
export const mathMax: (a: number, b: number) => number = Math.max;
export const mathTrunc: (number: number) => number = Math.trunc;
export const charCodeAt: (text: string, index: number) => number = uncurryThis(String.prototype.charCodeAt);
export const fromCharCode: (...codes: number[]) => string = String.fromCharCode;
export const apply: (target: AnyFunction, receiver: unknown, args: ArrayLike<unknown>) => unknown =
  Reflect.apply as never;
export const PrimordialDate: DateConstructor = Date;
export const dateGetTime: (date: unknown) => number = uncurryThis(Date.prototype.getTime);

export const objectFreeze: <T>(value: T) => T = freeze;
export const objectDefineProperty: (target: object, name: PropertyKey, descriptor: PropertyDescriptor) => unknown =
  defineProperty;
export const objectGetPrototypeOf: (value: object) => object | null = getPrototypeOf;
export const objectSetPrototypeOf: (value: object, prototype: object) => unknown = setPrototypeOf;

/** An empty object to use as a map. It inherits nothing, so a program cannot patch a prototype to get what is put into it. */
export function emptyRecord<T>(): Record<PropertyKey, T> {
  return create(null) as Record<PropertyKey, T>;
}

/**
 * An array of `length` times undefined that inherits nothing, for use by index and `length` alone. No setter that a program
 * has put on a prototype is called with it.
 */
export function bareArray<T>(length: number = 0): T[] {
  const array = setPrototypeOf(new PrimordialArray(length), null) as unknown[];
  for (let i = 0; i < length; i++) array[i] = undefined;
  return array as T[];
}

/** Freezes an internal class, so that a program cannot replace its methods to get its instances. */
export function freezeClass(internal: { readonly prototype: object }): void {
  freeze(internal);
  freeze(internal.prototype);
}

/**
 * Says that instances of an internal class are no promises. Without it, a promise that is fulfilled with one looks up `then` on Object.prototype, where a program could
 * have put a getter that gets it.
 */
export function notThenable(internal: { readonly prototype: object }): void {
  defineProperty(internal.prototype, 'then', { value: undefined });
}

/** `array.push(value)`, but calls neither a patched `push` nor a setter on Array.prototype. */
export function append<T>(array: T[], value: T): void {
  defineProperty(array, array.length, { value, enumerable: true, configurable: true, writable: true });
}

/** The same for an array of `bareArray`, whose prototype can have no setter: 4 ns in place of 250. */
export function appendBare<T>(array: T[], value: T): void {
  array[array.length] = value;
}

export const weakSetAdd: <T extends WeakKey>(set: WeakSet<T>, value: T) => void = uncurryThis(
  WeakSet.prototype.add as AnyFunction,
);
export const weakSetHas: (set: WeakSet<WeakKey>, value: object) => boolean = uncurryThis(
  WeakSet.prototype.has as AnyFunction,
);
export const weakMapGet: <K extends WeakKey, V>(map: WeakMap<K, V>, key: K) => V | undefined = uncurryThis(
  WeakMap.prototype.get as AnyFunction,
);
export const weakMapSet: <K extends WeakKey, V>(map: WeakMap<K, V>, key: K, value: V) => void = uncurryThis(
  WeakMap.prototype.set as AnyFunction,
);

export const PrimordialMap: MapConstructor = Map;
export const mapGet: <K, V>(map: Map<K, V>, key: K) => V | undefined = uncurryThis(Map.prototype.get as AnyFunction);
export const mapSet: <K, V>(map: Map<K, V>, key: K, value: V) => void = uncurryThis(Map.prototype.set as AnyFunction);
export const mapDelete: <K, V>(map: Map<K, V>, key: K) => boolean = uncurryThis(Map.prototype.delete as AnyFunction);

/** Whether `value` is a Uint8Array (a Buffer included), whatever its prototype says. */
export function isUint8Array(value: unknown): value is Uint8Array {
  return typeof value === 'object' && value !== null && typedArrayTag(value) === 'Uint8Array';
}

/** `registry.register(target, held)`. */
export const finalizationRegister: <T>(registry: FinalizationRegistry<T>, target: WeakKey, held: T) => void =
  uncurryThis(FinalizationRegistry.prototype.register as AnyFunction);

export const PrimordialWeakRef: WeakRefConstructor = WeakRef;
export const weakRefDeref: <T extends WeakKey>(ref: WeakRef<T>) => T | undefined = uncurryThis(
  WeakRef.prototype.deref as AnyFunction,
);
export const PrimordialFunction: FunctionConstructor = Function;
export const functionToString: (fn: AnyFunction) => string = uncurryThis(Function.prototype.toString);
