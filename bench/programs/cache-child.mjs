// A client of the suite `cache`, in a process of its own: `node cache-child.mjs MODE DRIVER PLACES`. It does a pass whenever it is asked, and tells what each
// operation took: `time`, and `work`, the processor time of itself and of the server of PostgreSQL, in ns.
import process from 'node:process';
import { childrenTime, keyOf, preparedKeys, processorTime, textOf } from '../harness/network.mjs';

const [mode, driver, text] = process.argv.slice(2);
const places = JSON.parse(text);
const { client } = await import(`../drivers/cache/${driver}.mjs`);

/** About how long a pass lasts, in ns. */
const PASS = 300e6;
const MANY = 1000;
const time = () => Number(process.hrtime.bigint());
const work = () =>
  process.platform === 'linux' ? processorTime('self') + childrenTime(places.postmaster) : Number.NaN;
const value = Buffer.from(textOf(1));

/** What `fn` takes for each of the operations of which it gives the number. */
async function taken(fn) {
  const before = work();
  const begin = time();
  const count = await fn(() => time() - begin < PASS);
  return { time: (time() - begin) / count, work: (work() - before) / count };
}

/** Has so many loops call `one`, which does so many operations, until the time of a pass is over. */
function repeated(loops, one, operations = 1) {
  return taken(async (goesOn) => {
    let count = 0;
    const loop = async (number) => {
      while (goesOn()) await one(count++, number);
    };
    await Promise.all(Array.from({ length: loops }, (_, number) => loop(number)));
    return count * operations;
  });
}

/** Keys in an order of their own, each once before one comes again. */
function otherKeys() {
  // The number of keys is no multiple of this prime.
  let next = 0;
  return () => keyOf((next++ * 7919) % places.entries);
}

/** What the cache has is dropped before each pass, and no key is asked for twice in one. */
async function missing(keys, get) {
  const { clear } = await connected;
  // What came last is written to the cache a few ms later.
  if (clear) await new Promise((resolve) => setTimeout(resolve, 50));
  clear?.();
  return taken(async (goesOn) => {
    let count = 0;
    while (goesOn() && (count + 1) * keys <= places.entries) {
      await get();
      count++;
    }
    return count;
  });
}

const connected = client(places);

/** Each gives a function that does a pass. */
const modes = {
  /** Each key was asked for before. */
  async hit() {
    const { get } = await connected;
    const random = preparedKeys(places.entries);
    const keys = Array.from({ length: 1000 }, random);
    for (const key of keys) await get(key);
    // The clock is asked for once in a hundred gets: it takes a part of one.
    const some = async (i) => {
      for (let n = 0; n < 100; n++) await get(keys[(i * 100 + n) % keys.length]);
    };
    return () => repeated(1, some, 100);
  },
  async miss() {
    const { get } = await connected;
    const next = otherKeys();
    return () => missing(1, () => get(next()));
  },
  async 'miss-1000'() {
    const { getMany } = await connected;
    const next = otherKeys();
    return () => missing(MANY, () => getMany(Array.from({ length: MANY }, next)));
  },
  /** Nothing was committed since the last one. */
  async snapshot() {
    const { snapshot } = await connected;
    return () => repeated(1, () => snapshot());
  },
  async head() {
    const { head, snapshot } = await connected;
    return () => repeated(1, head ?? (() => snapshot({ sync: true })));
  },
  async commit() {
    const { put } = await connected;
    return () => repeated(1, (i) => put(keyOf(i % 1000), value));
  },
  async 'commit-100'() {
    const { putMany } = await connected;
    const values = new Array(100).fill(value);
    return () =>
      repeated(1, (i) =>
        putMany(
          values.map((_, n) => keyOf((i * 100 + n) % 10_000)),
          values,
        ),
      );
  },
  /** Sixteen programs, each with keys of its own. */
  async 'commit-16'() {
    const others = await Promise.all(Array.from({ length: 15 }, () => client(places)));
    const all = [await connected, ...others];
    return () => repeated(16, (i, number) => all[number].put(keyOf(number * 100 + (i % 100)), value));
  },
  /** The same by one program, which does not wait for one before the next. */
  async 'commit-16-at-once'() {
    const { put } = await connected;
    return () => repeated(16, (i, number) => put(keyOf(number * 100 + (i % 100)), value));
  },
};

const pass = await modes[mode]();
process.on('message', async () => process.send(await pass()));
process.on('disconnect', () => process.exit());
