import { askChild } from '../support/child.ts';
import { temporaryFolder } from '../support/fixture.ts';

/**
 * The beginning of a program that attacks: an environment with entries, and functions that recognize a lease, a window
 * or the memory for encoding. The attack adds what it gets to `loot`.
 */
const prelude = `
const { Key, Value, sinkOf: sink } = leasehold;
const env = open(args.path, { durability: 'nosync', mapSize: 2 ** 26 });
const col = env.collection('c', { key: uint32, value: bytes });
env.write(() => { for (let i = 0; i < 100; i++) col.put(i, Buffer.alloc(100 + i, i)); });
const S = struct({ a: t.u8, text: t.utf8 });
const records = env.collection('records', { key: tuple, value: S });
records.put(['a', 1], { a: 1, text: 'some' });
const loot = [];
const { byteLength } = Object.getOwnPropertyDescriptors(ArrayBuffer.prototype);
const { buffer } = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(Uint8Array.prototype));
const sizeOf = (view) => { try { return byteLength.get.call(buffer.get.call(view)); } catch { return 0; } };
/** Adds to the loot if the value is a lease or another internal object of the library. */
const steal = (name, given) => {
  if (typeof given !== 'object' || given === null) return;
  if ('keys' in given && 'table' in given) loot.push(name + ': a lease');
  if ('windows' in given || 'handle' in given || 'drains' in given) loot.push(name + ': internals');
  if ('reserve' in given && 'position' in given) loot.push(name + ': the writer');
  if (sizeOf(given) >= 65536) loot.push(name + ': memory of ' + sizeOf(given));
  // Also look at the items of a list, and at the value in a result of an iterator.
  if (Array.isArray(given)) for (let i = 0; i < given.length && i < 32; i++) steal(name + ' of a list', given[i]);
  else if ('done' in given && 'value' in given) steal(name + ' by an iterator', given.value);
};
const evilCodec = { name: 'evil', encode: () => Buffer.from('abc'), decode() {}, description: 'bytes', aims: false, prefix: 'none',
  write(value, writer) { steal('write', writer); }, accept() {}, view(lease) { steal('view', lease); return null; } };
const attempt = (fn) => { try { return fn(); } catch (error) { return error; } };
/** Calls \`fn\` while a property of an object is replaced. */
const patched = (object, name, make, fn) => {
  const { defineProperty, getOwnPropertyDescriptor } = Object;
  const before = getOwnPropertyDescriptor(object, name);
  const value = make(before?.get ?? object[name]);
  defineProperty(object, name, before?.get === undefined ? { configurable: true, writable: true, value } : { ...before, get: value });
  try { return attempt(fn); } finally {
    if (before === undefined) delete object[name];
    else defineProperty(object, name, before);
  }
};
/** Replaces a built-in of that name. Looks at its receiver, its arguments and its result. */
const see = (name) => (before) => function (...given) {
  steal(name, this);
  for (let i = 0; i < given.length; i++) steal(name, given[i]);
  const result = Reflect.apply(before, this, given);
  steal(name, result);
  return result;
};
/** Calls every method of a collection. */
const use = (collection, key, value) => {
  attempt(() => collection.put(key, value));
  for (const txn of [undefined, env.read()]) {
    attempt(() => collection.get(key, txn));
    attempt(() => collection.getMany([key, key], txn));
    attempt(() => { for (const entry of collection.range({ gte: key }, txn)) { entry.key; entry.value; } });
    attempt(() => collection.scan({}, (entry) => { entry.key; entry.value; }, txn));
    txn?.end();
  }
};
/** Another handle, which has not opened the collection yet. */
const again = () => open(env.path);
`;

/** Runs a program with this attack, and returns its loot. */
export function attack(source: string): unknown {
  return askChild(`${prelude}\nawait (async () => { ${source} })();\ntell(loot);\nprocess.exit(0);`, {
    path: temporaryFolder(),
  });
}
