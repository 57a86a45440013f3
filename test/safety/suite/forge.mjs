// Helpers for the attacks of this folder.
import { content, leasehold, makeBlobs, thrown } from '../../buffers/suite/world.mjs';
import { wrongWith } from './walk.mjs';

export { thrown };

const { bytes, sinkOf, struct, t, uint32 } = leasehold;

/** Internal objects and memory that an attack got. */
let loot = [];
export function startLoot() {
  loot = [];
  return loot;
}
export const take = (...objects) => {
  for (const object of objects) {
    const complaint = wrongWith(object) ?? wrongWith(object?.keys) ?? wrongWith(object?.constructor);
    if (complaint !== undefined) loot.push(complaint);
  }
  return null;
};

/** A codec that checks its arguments with take(). Its name and its write() are those of `like`. */
export const spy = (like = bytes) => ({
  ...like,
  name: like.name,
  description: 'bytes',
  aims: false,
  prefix: like.prefix ?? 'none',
  encode: () => Buffer.from('x'),
  decode: () => null,
  write(...args) {
    take(...args);
    return like.write?.(...args);
  },
  view: (...args) => take(...args),
  accept: () => {},
});

/** Calls `fn` while a property of a built-in is replaced. */
export function patched(object, key, replacement, fn) {
  const descriptor = Object.getOwnPropertyDescriptor(object, key);
  Object.defineProperty(object, key, { configurable: true, writable: true, value: replacement(descriptor.value) });
  try {
    return fn();
  } finally {
    Object.defineProperty(object, key, descriptor);
  }
}

export function makeWorld() {
  const world = makeBlobs([100, 5000]);
  const rows = world.env.collection('rows', { key: uint32, value: struct({ a: t.u8, b: t.bytes }) });
  rows.put(1, { a: 1, b: content(20) });
  return { ...world, rows };
}

/** Opens a stored collection and a new one with the attack's codecs, and reads in every way. */
export function readBy(options, around = (fn) => fn()) {
  const { env } = makeWorld();
  const again = leasehold.open(env.path);
  for (const name of ['blobs', 'fresh']) {
    const collection = thrownOr(() => around(() => again.collection(name, options)));
    if (collection === undefined) continue;
    thrown(() => collection.put(100, content(100)));
    again.read((txn) => {
      thrown(() => collection.get(100, txn));
      thrown(() => [...collection.range({}, txn)].map((entry) => entry.key));
      thrown(() => [...collection.range({}, txn)].map((entry) => entry.value));
      thrown(() => collection.scan({}, (entry) => void [entry.key, entry.value], txn));
    });
    thrown(() => collection.get(100));
  }
  again.close();
}

export function keepInScan(rows) {
  rows.scan({}, ({ value }) => void thrown(() => sinkOf(value).keep()));
}

/** The result of `fn`; undefined if it throws. */
export function thrownOr(fn) {
  try {
    return fn();
  } catch {
    return undefined;
  }
}
