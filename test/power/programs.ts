import { versions } from './versions.ts';

/** Code that the programs of this folder share: a database whose content shows whether exactly this content was committed. */
const shared = `${versions}
const NAMES = ['left', 'right'];
const keyOf = (i) => 'key ' + String(i).padStart(4, '0');
const openAll = (options) => {
  const env = open(args.path, { mapSize: 2 ** 28, changes: { count: 40 }, ...options });
  const items = NAMES.map((name) => env.collection(name, { key: utf8, value: bytes }));
  const state = env.collection('state', { key: utf8, value: json });
  return { env, items, state, numbered: openNumbered(env) };
};
// The hash of an entry. If an entry is lost, changed or old, the sum of the hashes differs.
const hashOf = (name, key, value) => {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(name + '/' + key + '/')) hash = Math.imul(hash ^ byte, 0x01000193);
  for (const byte of value) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
};
const seeded = (seed) => () => {
  seed = (seed + 0x6d2b79f5) >>> 0;
  let t = Math.imul(seed ^ (seed >>> 15), seed | 1);
  t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};
const sizes = [10, 40, 100, 300, 1000, 9000];
const step = ({ env, items, state, numbered }, random) => env.write(() => {
  let { n, sum } = state.get('sum') ?? { n: 0, sum: 0 };
  const count = 1 + Math.floor(random() * 20);
  for (let i = 0; i < count; i++) {
    const which = Math.floor(random() * items.length);
    const key = keyOf(Math.floor(random() * 300));
    const before = items[which].get(key);
    if (before !== undefined) sum ^= hashOf(NAMES[which], key, before.toBuffer());
    if (random() < 0.3) {
      items[which].del(key);
    } else {
      const value = Buffer.alloc(sizes[Math.floor(random() * sizes.length)], Math.floor(random() * 256));
      items[which].put(key, value);
      sum ^= hashOf(NAMES[which], key, value);
    }
  }
  sum = changeNumbered(numbered, random, n + 1, sum);
  state.put('sum', { n: n + 1, sum });
  return n + 1;
});
`;

/** Commits, and marks which commits must survive a power cut. */
export const writer: string = `${shared}
const { openSync, writeSync, readSync, statSync, closeSync } = await import('node:fs');
const marks = openSync(args.path + '/marks', 'a');
const mark = (name, number) => writeSync(marks, name + ' ' + number + '\\n');
// Frees the reader slots of this process, so that nothing protects the pages of the synced version from reuse.
const unpin = () => {
  const table = Buffer.alloc(statSync(args.path + '/lock.mdb').size);
  readSync(lock, table, 0, table.length, 0);
  for (let at = 128; at + 16 <= table.length; at += 64) {
    if (table.readInt32LE(at + 8) === process.pid) writeSync(lock, Buffer.alloc(8, 0xff), 0, 8, at);
  }
};
const opened = openAll({ durability: args.durability, ...(args.durability === 'periodic' ? { syncInterval: 3 } : {}) });
const random = seeded(args.seed);
const flushes = new Set();
const lock = args.unpin ? openSync(args.path + '/lock.mdb', 'r+') : 0;
for (let i = 0; i < args.steps; i++) {
  if (args.unpin) unpin();
  const n = step(opened, random);
  mark('committed', n);
  if (args.durability === 'sync') mark('durable', n);
  if (args.durability === 'periodic' && random() < 0.1) {
    const flush = opened.env.flush().then(() => { mark('durable', n); flushes.delete(flush); });
    flushes.add(flush);
  }
  if (i === 0) tell('writing');
  await new Promise((resolve) => setImmediate(resolve));
}
await Promise.all(flushes);
tell('done');
if (args.wait) await new Promise((resolve) => process.stdin.resume().on('end', resolve));
const n = opened.state.get('sum').n;
opened.env.close();
if (args.durability === 'periodic' || args.durability === 'sync') mark('durable', n);
`;

/**
 * Reads folders, one a line, each with the files that a power cut left. Opens each, and prints which commit it found or
 * what is wrong. Also writes to it, which finds free pages that are in use.
 */
export const verifier: string = `${shared}
const { createInterface } = await import('node:readline');
const check = async (opened) => {
  const n = checkSum(opened);
  await checkNumbered(opened, n);
  return n;
};
const checkSum = ({ env, items, state, numbered }) => env.read(() => {
  const { n, sum } = state.get('sum') ?? { n: 0, sum: 0 };
  let found = 0;
  for (const [i, collection] of items.entries()) {
    let previous = '';
    for (const { key, value } of collection.range()) {
      if (key <= previous) throw new Error('keys out of order');
      previous = key;
      found ^= hashOf(NAMES[i], key, value.toBuffer());
    }
  }
  for (const { key, value } of numbered.range()) found ^= hashOf('numbered', key, Buffer.from(value));
  if (found !== sum) throw new Error('the content is not that of commit ' + n);
  return n;
});
for await (const path of createInterface(process.stdin)) {
  try {
    args.path = path;
    const random = seeded(7);
    let opened = openAll({ durability: 'nosync' });
    const n = await check(opened);
    const foreign = opened.env.collections().includes('foreign')
      ? opened.env.collection('foreign', { key: utf8, value: utf8 }).count() : 0;
    for (let i = 0; i < 8; i++) step(opened, random);
    if ((await check(opened)) !== n + 8) throw new Error('commits are gone');
    opened.env.close();
    tell({ n, foreign });
  } catch (error) {
    tell({ error: String(error) });
  }
}
`;
