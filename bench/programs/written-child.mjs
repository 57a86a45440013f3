// One contestant of the suite `written`: `node written-child.mjs SHAPE ENTRIES`. Does a pass whenever it is asked for.
import process from 'node:process';
import { fill, openKinds } from '../harness/kinds.mjs';
import { processorTime } from '../harness/turns.mjs';

const [shape, count] = process.argv.slice(2);
const entries = Number(count);
const library = await import(process.env.BENCH_LIBRARY);
const { env, end } = openKinds(library);
const { plain, records, texts } = fill(env, library, entries);

function helper(collection) {
  let seen = 0;
  for (const { key, value } of collection.range()) if (key !== undefined && value !== undefined) seen++;
  return seen;
}

/** What people write, and the plain loop that each is compared with. */
const shapes = {
  loop() {
    let sum = 0;
    for (const { value } of plain.range()) sum += value.byteAt(0);
    return sum;
  },
  push() {
    const all = [];
    for (const entry of plain.range()) all.push(entry);
    return all.length;
  },
  toArray: () => plain.range().toArray().length,
  spread: () => [...plain.range()].length,
  from: () => Array.from(plain.range()).length,
  forEach() {
    let sum = 0;
    plain.range().forEach(({ value }) => {
      sum += value.byteAt(0);
    });
    return sum;
  },
  chain() {
    let sum = 0;
    const firsts = plain.range().map(({ value }) => value.byteAt(0));
    for (const first of firsts.filter((byte) => byte > 7)) sum += first;
    return sum;
  },
  first() {
    let sum = 0;
    for (let i = 0; i < entries; i++) for (const { value } of plain.range({ limit: 1 })) sum += value.byteAt(0) + 1;
    return sum;
  },
  destructured() {
    let sum = 0;
    for (let i = 0; i < entries; i++) {
      const [entry] = plain.range({ limit: 1 });
      sum += entry.value.byteAt(0) + 1;
    }
    return sum;
  },
  half() {
    const kept = [];
    let i = 0;
    for (const { value } of plain.range()) if ((i++ & 1) === 0) kept.push(value);
    return kept.length;
  },
  'half-pushed'() {
    const kept = [];
    let i = 0;
    for (const entry of plain.range()) if ((i++ & 1) === 0) kept.push(entry);
    return kept.length;
  },
  async awaited() {
    let sum = 0;
    for await (const { value } of plain.range()) sum += value.byteAt(0);
    return sum;
  },
  one: () => helper(plain) + helper(plain) + helper(plain),
  three: () => helper(plain) + helper(records) + helper(texts),
};

const isAsync = shape === 'awaited';
const pass = () => (isAsync ? shapes[shape]() : env.read(shapes[shape]));
const each = shape === 'one' || shape === 'three' ? 3 * entries : entries;
for (let i = 0; i < 5; i++) await pass();
process.on('message', async () => {
  const before = processorTime();
  if (!((await pass()) > 0)) throw new Error('nothing was read');
  process.send((processorTime() - before) / each);
});
process.on('disconnect', end);
