// A server or a client of the suite `network`, in a process of its own: `node --expose-gc network-child.mjs DRIVER serve FOLDER DATA`, or `DRIVER MODE ADDRESS
// DATA`. A server tells its address, then serves until its parent goes. A client does a pass whenever it is asked, and tells what it took.
import process from 'node:process';
import { keyOf, preparedKeys, textOf } from '../harness/network.mjs';

const [driver, mode, place, text] = process.argv.slice(2);
const data = JSON.parse(text);
const { client, start, startEmpty } = await import(`../drivers/network/${driver}.mjs`);

/** About how long a pass lasts, in ns. */
const PASS = 400e6;
const time = () => Number(process.hrtime.bigint());

/** Has so many loops call `one` until the time of a pass is over. Gives how often it was called. */
async function repeated(loops, one) {
  const end = time() + PASS;
  let count = 0;
  const loop = async () => {
    while (time() < end) {
      for (let i = 0; i < 10; i++) await one(count++);
    }
  };
  await Promise.all(Array.from({ length: loops }, loop));
  return { count };
}

/** Of sorted times. */
const quantiles = (times) => {
  times.sort((a, b) => a - b);
  const at = (part) => times[Math.floor((times.length - 1) * part)];
  return { p50: at(0.5), p99: at(0.99) };
};

/** Not all at once: a listening socket has a queue of a few hundred. */
async function clients(count) {
  const all = [];
  while (all.length < count) {
    const some = Math.min(50, count - all.length);
    all.push(...(await Promise.all(Array.from({ length: some }, () => client(place)))));
  }
  return all;
}
const random = preparedKeys(data.entries);

/** Each gives a function that does a pass. */
const modes = {
  async get() {
    const { get } = await client(place);
    return () => repeated(1, () => get(random()));
  },
  async 'get-100'() {
    const { get } = await client(place);
    return () => repeated(100, () => get(random()));
  },
  async 'get-8'() {
    const all = await clients(8);
    return () => repeated(800, (i) => all[i % 8].get(random()));
  },
  /** Each key is in the cache after the first pass: there is no trip to a server. */
  async hit() {
    const { get } = await client(place);
    const keys = Array.from({ length: 1000 }, random);
    return () => repeated(1, (i) => get(keys[i % keys.length]));
  },
  /** Each pass has a connection of its own, which begins with nothing. */
  async walk() {
    const { walk } = await client(place);
    return walk;
  },
  async many() {
    const { getMany } = await client(place);
    return () => repeated(1, () => getMany(Array.from({ length: 100 }, random)));
  },
  async large() {
    const { getLarge } = await client(place);
    return async (name) => {
      const begin = time();
      const count = await getLarge(name);
      const ns = time() - begin;
      // The next pass begins without this value.
      globalThis.gc();
      return { count, ns };
    };
  },
  async scan() {
    const { scan } = await client(place);
    return async () => {
      const end = time() + PASS;
      let count = 0;
      do count += await scan();
      while (time() < end);
      return { count };
    };
  },
  /** Values are made of rows that were received before. */
  async value() {
    const { entries } = await client(place);
    const found = await entries(10_000);
    return () => {
      const end = time() + PASS / 4;
      let count = 0;
      let sum = 0;
      while (time() < end) {
        for (const entry of found) sum += entry.value.byteAt(0);
        count += found.length;
      }
      if (!(sum > 0)) throw new Error('nothing was read');
      return { count };
    };
  },
  /** Small gets while large values come on the same connection. */
  async beside() {
    const { get, getLarge } = await client(place);
    return async (name) => {
      const times = [];
      let isComing = true;
      const coming = getLarge(name).finally(() => {
        isComing = false;
      });
      while (isComing) {
        const begin = time();
        await get(random());
        times.push(time() - begin);
      }
      await coming;
      return { count: times.length, ...quantiles(times) };
    };
  },
  async commit() {
    const { put, commits } = await client(place);
    if (commits !== undefined) return () => commits(1);
    return () => repeated(1, (i) => put(keyOf(i % 1000), textOf(i)));
  },
  async 'commit-64'() {
    const { commits } = await client(place);
    if (commits !== undefined) return () => commits(64);
    const all = await clients(64);
    return () => repeated(64, (i) => all[i % 64].put(keyOf(i % 1000), textOf(i)));
  },
  /** From before a commit until another connection has been told of it. */
  async told() {
    const [writer, listener] = await clients(2);
    let told;
    await listener.listen((key) => told?.(key));
    const write = writer.publish ?? writer.put;
    return async () => {
      const times = [];
      const end = time() + PASS;
      for (let i = 0; time() < end; i++) {
        const key = keyOf(i % 1000);
        const heard = new Promise((resolve) => {
          told = (each) => each === key && resolve();
        });
        const begin = time();
        const written = write(key, 'told');
        await heard;
        times.push(time() - begin);
        await written;
      }
      return { count: times.length, ...quantiles(times) };
    };
  },
  async idle() {
    return async (count) => {
      await clients(Number(count));
      return { count: Number(count) };
    };
  },
};

if (mode === 'serve')
  process.send(data.durability ? await startEmpty(place, data.durability) : await start(place, data));
else {
  const pass = await modes[mode]();
  process.on('message', async (argument) => {
    const begin = time();
    const result = await pass(argument);
    process.send({ ns: time() - begin, ...result });
  });
  process.send('ready');
}
process.on('disconnect', () => process.exit());
