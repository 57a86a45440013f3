// What the cases of this folder share. Plain JavaScript, since they run in every runtime, over a built library.
import { createCipheriv } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The folder of the library that is tested. */
export const library = process.argv[2];
export const leasehold = await import(pathToFileURL(join(library, 'dist/index.js')).href);
export const large = process.argv.includes('--large');
/** Whether this runtime is Node, and not one that imitates it. */
export const isNode = process.versions.bun === undefined;
/** Whether reads lend memory at all. */
export const lends = process.env.LEASEHOLD_MEMORY !== 'copy';

const KIB = 1024;
const MIB = 1024 * KIB;
/** Up to 32 KiB a leased Buffer is a copy, beyond it a mapping. */
export const SMALL_SIZES = [0, 1, 100, 32 * KIB, 32 * KIB + 1, MIB];
export const LARGE_SIZES = [large ? 256 * MIB : 64 * MIB];
export const SIZES = [...SMALL_SIZES, ...LARGE_SIZES];
export const POLICIES = ['copy', 'invalidate'];

const folders = [];
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'leasehold-suite-'));
  folders.push(folder);
  return folder;
}

/** Bytes that no compression makes shorter, and none of them zero, so that a zero is never data. */
function makePattern() {
  const key = Buffer.alloc(16, 'leasehold');
  const pattern = createCipheriv('aes-128-ctr', key, key).update(Buffer.alloc(MIB - 24));
  for (let i = 0; i < pattern.length; i++) pattern[i] ||= 1;
  return pattern;
}
const pattern = makePattern();
const contents = new Map();

/** The value of a size. Not to be changed. */
export function content(size) {
  let bytes = contents.get(size);
  if (bytes === undefined) {
    bytes = Buffer.alloc(size, pattern);
    contents.set(size, bytes);
  }
  return bytes;
}

/** An environment with a value of each size, stored under its size. */
export function makeBlobs(sizes, options = {}) {
  const { open, uint32, bytes } = leasehold;
  const env = open(temporaryFolder(), { mapSize: 2 ** 32, durability: 'nosync', ...options });
  const blobs = env.collection('blobs', { key: uint32, value: bytes });
  env.write(() => {
    for (const size of sizes) blobs.put(size, content(size));
  });
  return { env, blobs, file: join(env.path, 'data.mdb') };
}

/** Changes every page of the values. */
export function overwrite({ env, blobs }, sizes) {
  for (let round = 0; round < 8; round++) {
    env.write(() => {
      for (const size of sizes) blobs.put(size, Buffer.alloc(size, 0xa0 + round));
    });
  }
}

export function check(holds, what) {
  if (!holds) throw new Error(what);
}

export function same(actual, expected, what) {
  if (!Object.is(actual, expected)) throw new Error(`${what}: ${String(actual)}, not ${String(expected)}`);
}

/** Compares bytes whatever the class of what holds them. */
export function sameBytes(actual, expected, what) {
  const bytes = Buffer.from(actual.buffer, actual.byteOffset, actual.byteLength);
  if (bytes.length !== expected.length) throw new Error(`${what}: ${bytes.length} bytes, not ${expected.length}`);
  if (bytes.equals(expected)) return;
  const at = bytes.findIndex((byte, i) => byte !== expected[i]);
  throw new Error(`${what}: byte ${at} of ${bytes.length} is ${bytes[at]}, not ${expected[at]}`);
}

/** What `fn` throws, undefined if it does not. */
export function thrown(fn) {
  try {
    fn();
  } catch (error) {
    return error;
  }
  return undefined;
}

export const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** A value of `size`, leased in a transaction of its own. */
export function lease(world, size, onEnd) {
  const txn = world.env.read({ onEnd });
  return { txn, buffer: world.blobs.getBuffer(size, txn) };
}
