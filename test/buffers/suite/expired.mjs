// Under `invalidate`, after the end, nothing that reads shows a byte: every method of Buffer, Uint8Array, DataView and
// ArrayBuffer gives length 0, undefined or an error. A method that is not known here fails until it has been given its
// arguments.
import { inspect } from 'node:util';
import { check, content, isNode, lease, lends, makeBlobs, same, thrown } from './world.mjs';

const SIZES = [100, 32 * 1024 + 1];
const TypedArrayPrototype = Object.getPrototypeOf(Uint8Array.prototype);
const nothing = () => {};
const other = Buffer.from(content(100));

/** Arguments for each method, with which it reads something while the Buffer is alive. */
const known = [
  [/^(constructor|BYTES_PER_ELEMENT|Symbol\(Symbol.toStringTag\)|Symbol\(nodejs.util.inspect.custom\)|inspect)$/, []],
  [/^(buffer|byteLength|byteOffset|length|parent|offset|detached|maxByteLength|resizable|immutable)$/, []],
  [/^read(U?[Ii]nt8|U?[Ii]nt(16|32)[BL]E|Float[BL]E|Double[BL]E|BigU?[Ii]nt64[BL]E)$/, [0]],
  [/^readU?[Ii]nt[BL]E$/, [0, 3]],
  [/^write(U?[Ii]nt8|U?[Ii]nt(16|32)[BL]E|Float[BL]E|Double[BL]E)$/, [5, 0]],
  [/^writeBigU?[Ii]nt64[BL]E$/, [5n, 0]],
  [/^writeU?[Ii]nt[BL]E$/, [5, 0, 3]],
  [/^write$/, ['text', 0]],
  [/^(utf8|latin1|ascii|ucs2|utf16le|hex|base64|base64url)Slice$/, [0, 10]],
  [/^(utf8|latin1|ascii|ucs2|utf16le|hex|base64|base64url)Write$/, ['abcd', 0, 4]],
  [/^get(Float16|Float32|Float64|BigU?[Ii]nt64|U?[Ii]nt(8|16|32))$/, [0]],
  [/^set(Float16|Float32|Float64|U?[Ii]nt(8|16|32))$/, [0, 3]],
  [/^setBigU?[Ii]nt64$/, [0, 3n]],
  [/^swap(16|32|64)$/, []],
  [/^(toString|toLocaleString|toLocalString|toJSON|toHex|toBase64)$/, []],
  [/^setFromHex$/, ['0102']],
  [/^setFromBase64$/, ['AQID']],
  [/^(entries|keys|values|Symbol\(Symbol.iterator\)|reverse|toReversed|sort|toSorted|join)$/, []],
  [/^(every|some)$/, [(byte) => byte > 0]],
  [/^(filter|find|findLast)$/, [() => true]],
  [/^(findIndex|findLastIndex)$/, [() => true]],
  [/^(forEach|map)$/, [nothing]],
  [/^(reduce|reduceRight)$/, [(sum, byte) => sum + byte, 0]],
  [/^(equals|compare)$/, [other]],
  [/^(includes|indexOf|lastIndexOf)$/, [content(100)[0]]],
  [/^(at|slice|subarray|copyWithin|fill)$/, [0, 10]],
  [/^with$/, [0, 1]],
  [/^set$/, [[1, 2]]],
  [/^copy$/, [Buffer.alloc(100)]],
  [/^(asciiWriteStatic|latin1WriteStatic|utf8WriteStatic)$/, ['ab', 0, 2]],
  [/^(resize|transfer|transferToFixedLength|transferToImmutable|sliceToImmutable)$/, []],
];
/** Properties whose result is never data, whatever it is. */
const constants = /^(constructor|BYTES_PER_ELEMENT|Symbol\(Symbol.toStringTag\)|detached|resizable|immutable)$/;
/** Methods that may throw even while the Buffer is alive. */
const impossible = /^resize$|^swap/;

/** Whether the result of a call shows no byte of the Buffer. No byte is 0. -1 means "not found" or an order, and 1 means an order. */
function showsNothing(result) {
  switch (typeof result) {
    case 'undefined':
    case 'boolean':
      return true;
    case 'number':
      return result === 0 || result === -1 || result === 1 || Number.isNaN(result);
    case 'bigint':
      return result === 0n;
    case 'string':
      return result === '' || /^<(Slow)?Buffer\s*>$/.test(result);
    case 'object':
      return result === null || holdsNothing(result);
    default:
      return false;
  }
}

function holdsNothing(object) {
  if (typeof object.next === 'function') {
    let step;
    return (
      thrown(() => {
        step = object.next();
      }) !== undefined || step.done === true
    );
  }
  if (object.type === 'Buffer') return object.data.length === 0;
  if (object instanceof DataView) return thrown(() => object.byteLength) !== undefined || object.byteLength === 0;
  if (Array.isArray(object)) return object.length === 0;
  return object.byteLength === 0;
}

/** Every property of a prototype, as a function of the object. */
function* readersOf(prototype, title) {
  for (const key of Reflect.ownKeys(prototype)) {
    const name = String(key);
    const descriptor = Object.getOwnPropertyDescriptor(prototype, key);
    const found = known.find(([pattern]) => pattern.test(name));
    yield {
      name: `${title}.prototype.${name}`,
      found,
      key: name,
      read(object) {
        if (descriptor.get !== undefined) return descriptor.get.call(object);
        if (typeof descriptor.value !== 'function' || name === 'constructor') return descriptor.value;
        return descriptor.value.apply(object, found?.[1] ?? []);
      },
    };
  }
}

const classes = [
  ['Buffer', Buffer.prototype, (buffer) => buffer],
  ['TypedArray', TypedArrayPrototype, (buffer) => new Uint8Array(buffer.buffer)],
  [
    'TypedArray',
    TypedArrayPrototype,
    (buffer) => new BigInt64Array(buffer.buffer, 0, 1),
    /[Bb]ig|^(every|some|reduce|reduceRight|fill|with|set|includes|indexOf|lastIndexOf|map)$/,
  ],
  ['Uint8Array', Uint8Array.prototype, (buffer) => new Uint8Array(buffer.buffer, 0, 32)],
  ['DataView', DataView.prototype, (buffer) => new DataView(buffer.buffer)],
  ['ArrayBuffer', ArrayBuffer.prototype, (buffer) => buffer.buffer],
];

const cases = [];
for (const size of lends ? SIZES : []) {
  for (const [title, prototype, make, skipped] of classes) {
    for (const { name, key, found, read } of readersOf(prototype, title)) {
      if (skipped?.test(key)) continue;
      const kind = skipped === undefined ? '' : ' of BigInt64Array';
      cases.push({
        name: `${name}${kind} of ${size} bytes after the end`,
        run: () => tryOne(size, key, found, make, read),
      });
    }
  }
  for (const [name, read] of Object.entries(others())) {
    cases.push({ name: `${name} of ${size} bytes after the end`, run: () => tryOther(size, read) });
  }
}

let world;
function leased(size) {
  world ??= makeBlobs(SIZES);
  return lease(world, size, 'invalidate');
}

function tryOne(size, key, found, make, read) {
  check(found !== undefined, `what ${key} reads is not known here: give it its arguments in \`known\``);
  const alive = leased(size);
  if (!impossible.test(key)) {
    const object = make(alive.buffer);
    const error = thrown(() => read(object));
    // Node's Buffers inherit the methods named `…Immutable`, and these may refuse a Buffer.
    check(error === undefined || key.endsWith('Immutable'), `${key} throws before the end: ${error}`);
  }
  alive.txn.end();
  const { txn, buffer } = leased(size);
  const object = make(buffer);
  txn.end();
  let result;
  if (
    thrown(() => {
      result = read(object);
    }) !== undefined ||
    constants.test(key)
  )
    return;
  check(showsNothing(result), `${key} shows ${inspect(result)}`);
}

/** Ways to read that are not methods of these classes. */
function others() {
  return {
    'an index': (b) => b[0],
    'the last index': (b) => b[99],
    'Reflect.get': (b) => Reflect.get(b, 5),
    'Object.keys': (b) => Object.keys(b),
    'Object.values': (b) => Object.values(b),
    'Object.getOwnPropertyDescriptor': (b) => Object.getOwnPropertyDescriptor(b, 0)?.value,
    in: (b) => 0 in b,
    spread: (b) => [...b],
    'Array.from': (b) => Array.from(b),
    'Array.prototype.slice': (b) => Array.prototype.slice.call(b, 0, 5),
    'a copy by Buffer.from': (b) => Buffer.from(b),
    'a copy by new Uint8Array': (b) => new Uint8Array(b),
    'Buffer.concat': (b) => Buffer.concat([b]),
    'Buffer.compare': (b) => Buffer.compare(b, b),
    'new Uint8Array on its memory': (b) => new Uint8Array(b.buffer),
    'a part of its memory': (b) => new Uint8Array(b.buffer, 10, 10),
    'new DataView': (b) => new DataView(b.buffer),
    TextDecoder: (b) => new TextDecoder('latin1').decode(b),
    structuredClone: (b) => structuredClone(b),
    'structuredClone of its memory': (b) => structuredClone(b.buffer),
    'Atomics.load': (b) => Atomics.load(b, 0),
    Blob: (b) => new Blob([b]).size,
    inspect: (b) => inspect(b),
    'JSON.stringify': (b) => JSON.parse(JSON.stringify(b)).data ?? [],
    'a for-of loop': (b) => {
      for (const byte of b) return byte;
    },
    set: (b) => {
      const target = new Uint8Array(100);
      target.set(b);
      return target.find((byte) => byte !== 0);
    },
    copy: (b) => {
      const target = Buffer.alloc(100);
      b.copy(target);
      return target.find((byte) => byte !== 0);
    },
  };
}

function tryOther(size, read) {
  const { txn, buffer } = leased(size);
  txn.end();
  same(buffer.length, 0, 'length');
  let result;
  if (
    thrown(() => {
      result = read(buffer);
    }) === undefined
  )
    check(showsNothing(result), `shows ${inspect(result)}`);
}

if (!isNode) cases.length = 0;

export { cases };
