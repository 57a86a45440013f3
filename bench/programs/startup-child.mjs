// A fresh process that does one thing: `node startup-child.mjs MODE [FOLDER]`, printed as JSON. `rss` in bytes; `work` in
// ms, from before the library is imported until the work is done.
import process from 'node:process';

const [mode, folder] = process.argv.slice(2);

const modes = {
  async empty() {},
  leasehold: () => import('../harness/leasehold.mjs'),
  lmdb: () => import('lmdb'),
  async read() {
    const { bytes, open } = await import('../harness/leasehold.mjs');
    const env = open(folder, { readOnly: true });
    const collection = env.collection('entries', { key: bytes, value: bytes });
    const byte = env.read((txn) => collection.range({ limit: 1 }, txn).toArray()[0].value.byteAt(0));
    env.close();
    return byte;
  },
  async 'lmdb-read'() {
    const { open } = await import('lmdb');
    const db = open({ path: folder, noSubdir: false, encoding: 'binary', keyEncoding: 'binary', readOnly: true });
    const [first] = db.getRange({ limit: 1 });
    await db.close();
    return first.value[0];
  },
};

const begin = performance.now();
const result = await modes[mode]();
const work = performance.now() - begin;
console.log(JSON.stringify({ rss: process.memoryUsage.rss(), work, result: typeof result === 'number' ? result : 0 }));
