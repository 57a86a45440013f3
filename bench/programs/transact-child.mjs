// Optimistic transactions beside batches: `node transact-child.mjs LIBRARY FOLDER DURABILITY COUNT`, printed as JSON. Each figure is the
// median of rounds that take turns, in microseconds.
import process from 'node:process';

const [library, folder, durability] = process.argv.slice(2);
const count = Number(process.argv[5] ?? 64);
const { open, uint32, bytes } = await import(library);
const ROUNDS = 15;
const env = open(folder, { durability });
const items = env.collection('items', { key: uint32, value: bytes, versions: true });
const value = Buffer.alloc(100, 1);
let key = 0;
const next = () => key++ % 10_000;

const put = (at) => env.transact(() => items.put(at, value));
const addOne = (at) =>
  env.transact(() => items.put(at, Buffer.concat([items.get(at)?.toBuffer() ?? value]).subarray(0, 100)));

const modes = {
  async batch() {
    for (let n = 0; n < count; n++) await env.batch([{ type: 'put', collection: items, key: next(), value }]);
  },
  async transact() {
    for (let n = 0; n < count; n++) await put(next());
  },
  async update() {
    for (let n = 0; n < count; n++) await addOne(next());
  },
  async together() {
    await Promise.all(Array.from({ length: count }, () => put(next())));
  },
  async batches() {
    await Promise.all(
      Array.from({ length: count }, () => env.batch([{ type: 'put', collection: items, key: next(), value }])),
    );
  },
};

const times = Object.fromEntries(Object.keys(modes).map((mode) => [mode, []]));
for (let round = -2; round < ROUNDS; round++) {
  for (const [mode, run] of Object.entries(modes)) {
    const begin = process.hrtime.bigint();
    await run();
    if (round >= 0) times[mode].push(Number(process.hrtime.bigint() - begin) / 1000 / count);
  }
}
const median = (all) => all.sort((a, b) => a - b)[all.length >> 1];
console.log(JSON.stringify(Object.fromEntries(Object.entries(times).map(([mode, all]) => [mode, median(all)]))));
