// One contestant of the suite `mixed`: `node mixed-child.mjs WORKLOAD alone|mixed|first ENTRIES`. Does a pass whenever it is asked for; with `first`, its first pass
// is the only one that counts.
import process from 'node:process';
import { fill, keyOf, openKinds, useAll } from '../harness/kinds.mjs';
import { takeTurns } from '../harness/turns.mjs';

const [workload, state, count] = process.argv.slice(2);
const entries = Number(count);
const library = await import(process.env.BENCH_LIBRARY);
const { env, end } = openKinds(library);
const { plain, records, texts } = fill(env, library, entries);
const keys = Array.from({ length: 1000 }, (_, i) => keyOf((i * 7919) % entries));
const map = new library.KeyMap();
if (workload === 'key-map') env.read(() => plain.range({ limit: 1000 }).forEach(({ key }) => void map.set(key, 1)));
if (state === 'mixed') useAll(env, library);

/** Each gives how much it has read, and sums what it reads. */
const workloads = {
  range() {
    let sum = 0;
    for (const { key, value } of plain.range()) sum += key.byteAt(0) + value.byteAt(0);
    return sum;
  },
  field() {
    let sum = 0;
    for (const { value } of records.range()) sum += value.population;
    return sum;
  },
  text() {
    let sum = 0;
    for (const { value } of texts.range()) sum += value.length;
    return sum;
  },
  scan() {
    let sum = 0;
    plain.scan({}, ({ key, value }) => {
      sum += key.byteAt(0) + value.byteAt(0);
    });
    return sum;
  },
  'range-10'() {
    let sum = 0;
    for (let i = 0; i < entries / 10; i++) {
      for (const { value } of plain.range({ gte: keys[i % 1000], limit: 10 })) sum += value.byteAt(0);
    }
    return sum;
  },
  get() {
    let sum = 0;
    for (let i = 0; i < entries; i++) sum += plain.get(keys[i % 1000]).byteAt(0);
    return sum;
  },
  'get-many'() {
    let sum = 0;
    for (let i = 0; i < entries / 1000; i++) for (const value of plain.getMany(keys)) sum += value.byteAt(0);
    return sum;
  },
  'key-map'() {
    let sum = 0;
    for (const { key } of plain.range()) if (map.has(key)) sum++;
    return sum;
  },
  join() {
    let sum = 0;
    const sides = { build: { range: texts.range(), on: 'key' }, probe: { range: plain.range(), on: 'key' } };
    for (const { build, probe } of library.hashJoin(sides)) sum += build.key.byteAt(0) + probe.value.byteAt(0);
    return sum;
  },
};

const pass = () => {
  if (!(env.read(workloads[workload]) > 0)) throw new Error('nothing was read');
};
if (state !== 'first') for (let i = 0; i < 5; i++) pass();
takeTurns(entries, pass, end);
