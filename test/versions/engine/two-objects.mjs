// The test that has found most faults in the caches of ZODB's stores. Each transaction changes two objects together. Each worker has a separate
// cache, and drops half of it before each transaction. It runs on any engine, in tests and in processes that they start.
import { randomBytes } from 'node:crypto';

const COLLECTION = 'objects';
const NAMES = ['a', 'b'];
const keyOf = (name) => new TextEncoder().encode(name);
const bytesOf = (value) => new TextEncoder().encode(String(value));
const numberOf = (bytes) => Number(new TextDecoder().decode(bytes));
const nameOf = (key) => new TextDecoder().decode(key);

/** Makes the two objects, both 0, unless they are there. */
export async function setUp(engine) {
  const base = engine.processed();
  const reads = NAMES.map((name) => ({ collection: COLLECTION, key: keyOf(name), tid: 0 }));
  const writes = NAMES.map((name) => ({ collection: COLLECTION, key: keyOf(name), bytes: bytesOf(0) }));
  const answer = await engine.commit({ commitId: randomBytes(16), base, reads, ranges: [], writes });
  if (!Array.isArray(answer)) await reach(engine, answer.tid);
}

/** Returns a promise that is fulfilled once the engine has told this commit, or a gap up to it. */
export function reach(engine, tid) {
  if (engine.processed() >= tid) return Promise.resolve();
  return new Promise((resolve) => {
    const move = (to) => {
      if (to < tid) return;
      for (const stop of stops) stop();
      // `processed()` changes just after this listener returns.
      queueMicrotask(resolve);
    };
    const stops = [engine.onChange((change) => move(change.tid)), engine.onGap(move)];
  });
}

/** The cache of one worker, like that of a client. Each state is valid from `tid` on, and before `next`. */
class Cache {
  #engine;
  #stop;
  #entries = new Map(NAMES.map((name) => [name, []]));
  #told;
  /** The entries that have left the cache. */
  dropped = [];
  /** The error of a listener that the engine called. */
  failure;

  constructor(engine) {
    this.#engine = engine;
    this.#told = engine.processed();
    this.#stop = engine.onChange(({ tid, changes }) => {
      if (tid !== this.#told + 1 || engine.processed() !== this.#told) {
        this.failure ??= new Error(`commit ${tid} is told after ${this.#told}, at ${engine.processed()}`);
      }
      this.#told = tid;
      for (const { collection, keys } of changes) {
        if (collection !== COLLECTION) continue;
        // If only a range is known, invalidate all keys.
        for (const name of keys?.map(nameOf) ?? NAMES) this.#invalidate(name, tid);
      }
    });
  }

  end() {
    this.#stop();
    if (this.failure !== undefined) throw this.failure;
    this.#drop(() => true);
    return this.dropped;
  }

  dropHalf(random) {
    this.#drop(() => random(2) === 0);
  }

  #drop(isDue) {
    for (const [name, entries] of this.#entries) {
      const due = entries.filter(isDue);
      // A dropped entry is not updated any more, so note up to which commit it was checked.
      for (const entry of due) this.dropped.push({ ...entry, known: this.#engine.processed() });
      this.#entries.set(
        name,
        entries.filter((entry) => !due.includes(entry)),
      );
    }
  }

  /** The states of both objects as of a commit. */
  async read(at, random) {
    const found = new Map();
    const missing = [];
    for (const name of NAMES) {
      const entry = this.#entries.get(name).find(({ tid, next }) => tid <= at && (next === undefined || at < next));
      if (entry === undefined) missing.push({ collection: COLLECTION, key: keyOf(name) });
      else found.set(name, entry);
    }
    if (missing.length > 0 && random(4) === 0) {
      await this.#engine.range(COLLECTION, { lowerOpen: false, upperOpen: false }, at, 1, ({ rows }) => {
        for (const { key, tid, bytes } of rows) found.set(nameOf(key), { tid, value: numberOf(bytes) });
      });
    } else {
      await this.#engine.load(missing, at, (state) => found.set(nameOf(state.key), this.#store(state)));
    }
    return found;
  }

  #store({ key, tid, next, bytes }) {
    const entry = { name: nameOf(key), tid, next, value: numberOf(bytes) };
    this.#entries.get(entry.name).push(entry);
    return entry;
  }

  #invalidate(name, tid) {
    for (const entry of this.#entries.get(name)) if (entry.next === undefined && entry.tid < tid) entry.next = tid;
  }
}

/** Runs transactions, and checks what each reads. Returns all entries that the worker's cache has had. */
export async function work(engine, { mode, transactions, random, onCommit = () => {} }) {
  const cache = new Cache(engine);
  for (let done = 0; done < transactions; ) {
    cache.dropHalf(random);
    const base = engine.processed();
    const release = engine.hold(base);
    const found = await cache.read(base, random).finally(release);
    if (random(3) === 0) await new Promise((resolve) => setImmediate(resolve));
    const a = found.get('a').value;
    const b = found.get('b').value;
    if (mode === 'equal' ? a !== b : a - b !== 0 && a - b !== 1) {
      throw new Error(`as of ${base}, a is ${a} and b is ${b}: ${JSON.stringify([...found])}`);
    }
    const reads = NAMES.map((name) => ({ collection: COLLECTION, key: keyOf(name), tid: found.get(name).tid }));
    const changed = mode === 'equal' ? NAMES : [a === b ? 'a' : 'b'];
    const writes = changed.map((name) => {
      return { collection: COLLECTION, key: keyOf(name), bytes: bytesOf(found.get(name).value + 1) };
    });
    const request = { commitId: randomBytes(16), base, reads, ranges: [], writes };
    const answer = await engine.commit(request);
    if (Array.isArray(answer)) {
      if (answer.length === 0) throw new Error('a conflict that names nothing');
      // A retry fails again until the engine has told the commit that was in conflict.
      await reach(engine, base + 1);
      continue;
    }
    done++;
    await onCommit(answer.tid);
    // Sometimes send the request again, like a client that did not get the answer.
    const again = random(3) === 0 ? await engine.commit(request) : answer;
    if (again.tid !== answer.tid)
      throw new Error(`the commit ${answer.tid} was applied again: ${JSON.stringify(again)}`);
    if (random(2) === 0) await reach(engine, answer.tid);
  }
  return cache.end();
}

/**
 * Compares cache entries with the commits: each has the value of its tid, and no commit after that and before `next` has changed the object.
 * The value of an object is the number of its changes. Returns the number of entries.
 */
export async function checkEntries(engine, caches) {
  const last = engine.processed();
  const changed = new Map(NAMES.map((name) => [name, []]));
  for await (const { tid, changes } of engine.changes(0)) {
    for (const { collection, keys } of changes) {
      if (collection === COLLECTION) for (const key of keys) changed.get(nameOf(key)).push(tid);
    }
    if (tid >= last) break;
  }
  let count = 0;
  for (const { name, tid, next, known, value } of caches.flat()) {
    const tids = changed.get(name);
    const index = tids.indexOf(tid);
    const end = tids[index + 1];
    const isRight = next !== undefined ? end === next : end === undefined || end > known;
    if (index < 0 || index !== value || !isRight) {
      throw new Error(
        `an entry of '${name}' says ${value} from ${tid} to ${next} (at ${known}); true is ${index} until ${end}`,
      );
    }
    count++;
  }
  return count;
}

/** Runs eight workers on these engines, and then compares their entries with the commits. Throws if something is wrong. */
export async function checkTwoObjects(engines, { mode, transactions, randomOf }) {
  await setUp(engines[0]);
  // Others are told a moment later.
  for (const engine of engines) await reach(engine, engines[0].processed());
  const ids = [];
  const caches = await Promise.all(
    Array.from({ length: 8 }, async (_, i) => {
      const engine = engines[i % engines.length];
      const claim = async () => ids.push(await engine.claimIds(3));
      await claim();
      return work(engine, { mode, transactions, random: randomOf(i), onCommit: claim });
    }),
  );
  const firsts = ids.map(([first]) => first);
  if (new Set(firsts).size !== ids.length) throw new Error(`ids were given twice: ${firsts}`);
  for (const engine of engines) await reach(engines[0], engine.processed());
  return checkEntries(engines[0], caches);
}
