// One import, in a process of its own: `node import-child.mjs FORM FILE FOLDER`, printed as JSON: seconds, rows, and the most
// memory (bytes) that it took beyond what was there before it, without the pages of files.
import { createReadStream, readFileSync } from 'node:fs';
import process from 'node:process';
import { createInterface } from 'node:readline';

const [form, file, folder] = process.argv.slice(2);

/** Gives the lines of the file, as blocks of them. */
async function* lineBlocks() {
  let rest = '';
  for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: 256 * 1024 })) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    yield lines;
  }
  if (rest !== '') yield [rest];
}

async function openPeer() {
  const { open } = await import('lmdb');
  // A structure for all records makes msgpack faster and smaller.
  const db = open({ path: folder, noSubdir: false, sharedStructuresKey: Symbol.for('structures') });
  return { db, count: () => db.getKeysCount({ end: '~' }) };
}

const forms = {
  async leasehold() {
    const { importRecords, open, struct, t, utf8 } = await import('../harness/leasehold.mjs');
    const env = open(folder);
    const Order = struct({
      id: t.utf8,
      customer: t.utf8,
      email: t.utf8,
      country: t.utf8,
      city: t.utf8,
      quantity: t.u32,
      price: t.f64,
      weight: t.f64,
      express: t.bool,
      note: t.utf8,
    });
    const orders = env.collection('orders', { key: utf8, value: Order });
    return { work: () => importRecords(orders, file, { key: 'id' }), count: () => orders.count() };
  },
  async readline() {
    const { db, count } = await openPeer();
    return {
      // putSync cannot use a transaction that stays open between turns of the event loop: make one for each block of lines.
      async work() {
        let block = [];
        const store = () =>
          db.transactionSync(() => {
            for (const record of block) db.putSync(record.id, record, { append: true });
          });
        for await (const line of createInterface({ input: createReadStream(file) })) {
          if (line === '') continue;
          if (block.push(JSON.parse(line)) < 20_000) continue;
          store();
          block = [];
        }
        store();
      },
      count,
    };
  },
  async putSync() {
    const { db, count } = await openPeer();
    return {
      async work() {
        let block = [];
        const store = () =>
          db.transactionSync(() => {
            for (const record of block) db.putSync(record.id, record, { append: true });
          });
        for await (const lines of lineBlocks()) {
          for (const line of lines) block.push(JSON.parse(line));
          if (block.length < 20_000) continue;
          store();
          block = [];
        }
        store();
      },
      count,
    };
  },
  async put() {
    const { db, count } = await openPeer();
    return {
      async work() {
        let last;
        for await (const lines of lineBlocks()) {
          for (const line of lines) {
            const record = JSON.parse(line);
            last = db.put(record.id, record);
          }
        }
        await last;
        await db.flushed;
      },
      count,
    };
  },
};

const { work, count } = await forms[form]();
const before = anonymousMemory();
let most = 0;
const sampling = setInterval(() => {
  most = Math.max(most, anonymousMemory());
}, 20);
const begin = performance.now();
await work();
const seconds = (performance.now() - begin) / 1000;
clearInterval(sampling);
console.log(JSON.stringify({ seconds, rows: count(), memory: Math.max(most, anonymousMemory()) - before }));
process.exit();

/** The memory that belongs to no file, where the system tells it; elsewhere the memory that V8 knows of. */
function anonymousMemory() {
  try {
    return Number(/RssAnon:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
  } catch {
    const { heapTotal, external } = process.memoryUsage();
    return heapTotal + external;
  }
}
