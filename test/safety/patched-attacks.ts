import { askChild } from '../support/child.ts';
import { temporaryFolder } from '../support/fixture.ts';

/**
 * The beginning of a program that attacks: an environment with entries, ways to know a window or the writer's memory
 * when it sees one, and what a lease would give away. Its attack fills `loot`.
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
/** Says so if it is given a lease, or anything that is the library's own. */
const steal = (name, given) => {
  if (typeof given !== 'object' || given === null) return;
  if ('keys' in given && 'table' in given) loot.push(name + ': a lease');
  if ('windows' in given || 'handle' in given || 'drains' in given) loot.push(name + ': internals');
  if ('reserve' in given && 'position' in given) loot.push(name + ': the writer');
  if (sizeOf(given) >= 65536) loot.push(name + ': memory of ' + sizeOf(given));
  // What a built-in is handed in a list, or hands on of one.
  if (Array.isArray(given)) for (let i = 0; i < given.length && i < 32; i++) steal(name + ' of a list', given[i]);
  else if ('done' in given && 'value' in given) steal(name + ' by an iterator', given.value);
};
const evilCodec = { name: 'evil', encode: () => Buffer.from('abc'), decode() {}, description: 'bytes', aims: false, prefix: 'none',
  write(value, writer) { steal('write', writer); }, accept() {}, view(lease) { steal('view', lease); return null; } };
const attempt = (fn) => { try { return fn(); } catch (error) { return error; } };
/** Calls \`fn\` while a property of an object is another. */
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
/** Stands for a built-in of that name: looks at what it is called on, what it is given, and what it gives. */
const see = (name) => (before) => function (...given) {
  steal(name, this);
  for (let i = 0; i < given.length; i++) steal(name, given[i]);
  const result = Reflect.apply(before, this, given);
  steal(name, result);
  return result;
};
/** Uses a collection in every way. */
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

/** What a program got hold of that attacks like this. */
export function attack(source: string): unknown {
  return askChild(`${prelude}\nawait (async () => { ${source} })();\ntell(loot);\nprocess.exit(0);`, {
    path: temporaryFolder(),
  });
}
