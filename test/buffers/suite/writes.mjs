// Every way to write through a leased Buffer: it changes that Buffer, and nothing else.
import { randomBytes, randomFill, randomFillSync, webcrypto } from 'node:crypto';
import fs from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import {
  check,
  content,
  isNode,
  LARGE_SIZES,
  lends,
  makeBlobs,
  nextTurn,
  POLICIES,
  SMALL_SIZES,
  sameBytes,
} from './world.mjs';

const noise = randomBytes(4096);
const source = new URL(import.meta.url).pathname;
const withFile = (fn) => {
  const fd = fs.openSync(source, 'r');
  try {
    return fn(fd);
  } finally {
    fs.closeSync(fd);
  }
};
/** The part of a Buffer that holds whole elements of `size` bytes. */
const whole = (buffer, size) => buffer.subarray(0, buffer.length - (buffer.length % size));
const typed = (Class, buffer) =>
  new Class(buffer.buffer, buffer.byteOffset, Math.floor(buffer.length / Class.BYTES_PER_ELEMENT));
const isBig = (Class) => Class.name.startsWith('Big');

/** Each changes a Buffer, in a way that gives the same each time unless it is random. */
const ways = {
  'an index': (b) => {
    for (let i = 0; i < b.length; i += 7) b[i] = i;
  },
  'an index outside': (b) => {
    b[b.length] = 7;
    b[-1] = 7;
    b['1.5'] = 7;
  },
  fill: (b) => b.fill(0xee),
  'fill with a text': (b) => b.fill('ab\u00e9', 0, b.length, 'utf8'),
  'fill in part': (b) => b.fill(1, b.length >> 1),
  set: (b) => b.set(noise.subarray(0, Math.min(b.length, 4096))),
  'set of itself': (b) => b.set(b.subarray(b.length >> 1)),
  copyWithin: (b) => b.copyWithin(0, b.length >> 1),
  sort: (b) => b.sort(),
  'sort by a function': (b) => b.subarray(0, 2000).sort((x, y) => y - x),
  reverse: (b) => b.reverse(),
  swap16: (b) => whole(b, 2).swap16(),
  swap32: (b) => whole(b, 4).swap32(),
  swap64: (b) => whole(b, 8).swap64(),
  'copy into it': (b) => noise.copy(b),
  'Array.prototype.fill': (b) => Array.prototype.fill.call(b, 3),
  'Array.prototype.reverse': (b) => Array.prototype.reverse.call(b.subarray(0, 2000)),
  'Reflect.set': (b) => Reflect.set(b, 0, 9),
  'Object.assign': (b) => b.length > 1 && Object.assign(b, [1, 2]),
  'Object.defineProperty': (b) =>
    b.length > 0 && Object.defineProperty(b, 0, { value: 5, writable: true, enumerable: true, configurable: true }),
  'TextEncoder.encodeInto': (b) => new TextEncoder().encodeInto('na\u00efve '.repeat(1000), b),
  'fs.readSync': (b) => withFile((fd) => fs.readSync(fd, b, 0, b.length, 0)),
  'fs.readvSync': (b) =>
    withFile((fd) => fs.readvSync(fd, [b.subarray(0, b.length >> 1), b.subarray(b.length >> 1)], 0)),
  'zlib output': (b) => zlib.inflateSync(zlib.deflateSync(noise)).copy(b),
  randomFillSync: (b) => randomFillSync(b),
  getRandomValues: (b) => webcrypto.getRandomValues(b.subarray(0, 65_536)),
};
const asynchronous = {
  randomFill: promisify(randomFill),
  'fs.read': (b) => withFileAsync((file) => promisify(fs.read)(file.fd, b, 0, b.length, 0)),
  'FileHandle.read': (b) => withFileAsync((file) => file.read(b, 0, b.length, 0)),
  'FileHandle.readv': (b) => withFileAsync((file) => file.readv([b], 0)),
};
async function withFileAsync(fn) {
  const file = await openFile(source);
  try {
    return await fn(file);
  } finally {
    await file.close();
  }
}

for (const method of ['add', 'and', 'exchange', 'or', 'store', 'sub', 'xor']) {
  ways[`Atomics.${method}`] = (b) => {
    for (let i = 0; i < b.length; i += 1000) Atomics[method](b, i, 0x55);
  };
}
ways['Atomics.compareExchange'] = (b) => b.length > 0 && Atomics.compareExchange(b, 0, b[0], 0x33);

for (const Class of [
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  globalThis.Float16Array,
]) {
  if (Class === undefined) continue;
  ways[`${Class.name}.fill`] = (b) => typed(Class, b).fill(isBig(Class) ? 7n : 7);
  ways[`${Class.name}.sort`] = (b) => typed(Class, whole(b.subarray(0, 8000), 8)).sort();
}

/** The arguments for each method whose name says that it writes. A method that is missing here fails. */
const arguments_ = [
  [/^write(U?[Ii]nt8|U?[Ii]nt(16|32)[BL]E|Float[BL]E|Double[BL]E)$/, () => [5, 0]],
  [/^writeBigU?[Ii]nt64[BL]E$/, () => [5n, 0]],
  [/^writeU?[Ii]nt[BL]E$/, () => [5, 0, 3]],
  [/^write$/, () => ['text', 0]],
  [/^(utf8|latin1|ascii|ucs2|utf16le|hex|base64|base64url)Write$/, () => ['abcd', 0, 4]],
  [/^set(Float16|Float32|Float64|U?[Ii]nt(8|16|32))$/, () => [0, 3]],
  [/^setBigU?[Ii]nt64$/, () => [0, 3n]],
  [/^setFromHex$/, () => ['0102']],
  [/^setFromBase64$/, () => ['AQID']],
];
const other = new Set(['set', 'fill', 'copyWithin', 'sort', 'reverse', 'swap16', 'swap32', 'swap64', 'with', 'copy']);
for (const prototype of [
  Buffer.prototype,
  Uint8Array.prototype,
  Object.getPrototypeOf(Uint8Array.prototype),
  DataView.prototype,
]) {
  for (const name of Object.getOwnPropertyNames(prototype)) {
    if (!/write|^set/i.test(name) || other.has(name)) continue;
    const found = arguments_.find(([pattern]) => pattern.test(name));
    if (prototype !== DataView.prototype) {
      ways[name] = (b) => {
        check(found !== undefined || !isNode, `what ${name} writes is not known here`);
        if (b.length >= 8 && found !== undefined) b[name](...found[1]());
      };
      continue;
    }
    ways[`DataView.${name}`] = (b) => {
      check(found !== undefined || !isNode, `what DataView.${name} writes is not known here`);
      if (b.length >= 8 && found !== undefined) new DataView(b.buffer, b.byteOffset, b.length)[name](...found[1]());
    };
  }
}

const isRandom = (name) => name.startsWith('randomFill') || name === 'getRandomValues';

/** Writes to a leased Buffer and to a plain one in the same way. Both must then have the same bytes, unless these are random. */
async function writeOne(name, way, buffer, size) {
  const plain = Buffer.from(content(size));
  await way(buffer);
  if (isRandom(name)) {
    check(size < 100 || !buffer.equals(plain), `${name} wrote nothing to ${size} bytes`);
    return Buffer.from(buffer);
  }
  await way(plain);
  sameBytes(buffer, plain, `${name} to ${size} bytes`);
  return plain;
}

const all = Object.entries({ ...ways, ...asynchronous });
const cases = [];

for (const policy of POLICIES) {
  for (const size of SMALL_SIZES) {
    cases.push({
      name: `writes to ${size} bytes (${policy})`,
      async run() {
        const world = makeBlobs([size]);
        const { env, blobs, file } = world;
        const expected = content(size);
        const before = fs.readFileSync(file);
        const txn = env.read({ onEnd: policy });
        const witness = blobs.getBuffer(size, txn);
        const value = blobs.get(size, txn);
        const written = [];
        for (const [name, way] of all) {
          const buffer = blobs.getBuffer(size, txn);
          written.push([name, buffer, await writeOne(name, way, buffer, size)]);
          sameBytes(witness, expected, `another Buffer after ${name}`);
          check(value.equals(expected), `a Value after ${name}`);
          sameBytes(blobs.getBuffer(size, txn), expected, `a Buffer leased after ${name}`);
          env.read((later) => sameBytes(blobs.getBuffer(size, later), expected, `a later transaction after ${name}`));
        }
        check(fs.readFileSync(file).equals(before), 'the file has changed');
        txn.end();
        await txn.drained;
        env.write(() => blobs.put(1_000_000_000, Buffer.from('x')));
        check(blobs.get(size).equals(expected), 'the stored value has changed');
        if (policy === 'invalidate' && lends) return;
        for (const [name, buffer, bytes] of written) sameBytes(buffer, bytes, `${name} after the end`);
        env.close();
      },
    });
  }
  for (const size of LARGE_SIZES) {
    cases.push({
      name: `writes to ${size} bytes (${policy})`,
      async run() {
        const { env, blobs } = makeBlobs([size]);
        const expected = content(size);
        const txn = env.read({ onEnd: policy });
        const value = blobs.get(size, txn);
        // Only 200,000 bytes for each way: the whole Buffer would take minutes.
        const part = 200_000;
        const buffer = blobs.getBuffer(size, txn);
        for (const [i, [name, way]] of all.entries()) {
          const offset = (i * 8 * 65_537) % (size - part);
          const at = buffer.subarray(offset, offset + part);
          await way(at);
          if (name === 'fill') check(at[part - 1] === 0xee, 'nothing was written');
          await nextTurn();
        }
        check(!buffer.equals(expected), 'nothing was written');
        sameBytes(blobs.getBuffer(size, txn), expected, 'another Buffer');
        check(value.equals(expected), 'a Value');
        txn.end();
        await txn.drained;
        check(blobs.get(size).equals(expected), 'the stored value has changed');
        env.close();
      },
    });
  }
}

export { cases };
