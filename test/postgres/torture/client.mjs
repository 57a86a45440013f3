// One of the processes that run.ts starts: eight workers, each with its views, which read and write what must fit together. It says all that it was acknowledged and all that it has seen;
// judge.ts compares that with the commits that are there. What can be known here to be wrong, ends the process.
import process from 'node:process';
import { createInterface } from 'node:readline';
import { Slots } from './slots.mjs';

const WORKERS = ['write', 'write', 'view', 'synced', 'range', 'writeObjects', 'viewObjects', 'liveObjects'];
/** How many other keys there are, each with so many bytes. */
const FILLERS = 24;
const PAD = 'x'.repeat(1500);
/** What has not settled so many ms after the end is said to hang. */
const PATIENCE = 90_000;
/** What may happen while servers fail. After the others of `write` nothing was committed. */
const READ_ERRORS = ['ERR_DISCONNECTED', 'ERR_SNAPSHOT_LOST', 'ERR_TIMEOUT', 'ERR_DATABASE', 'ERR_ENV_CLOSED'];
const WRITE_ERRORS = [...READ_ERRORS, 'ERR_OUTCOME_UNKNOWN', 'ERR_READ_ONLY', 'ERR_CONFLICT', 'ERR_TOO_OLD'];
/** The errors of workers that have more than those of reading. */
const OWN_ERRORS = {
  write: WRITE_ERRORS,
  writeObjects: WRITE_ERRORS,
  // A standby may lack what was committed last.
  synced: [...READ_ERRORS, 'ERR_READ_ONLY'],
  liveObjects: [...READ_ERRORS, 'ERR_CONFLICT', 'ERR_NOT_LOADED'],
};

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What is always so. */
function check(isSo, text) {
  if (!isSo) throw new Error(`wrong: ${text}`);
}

/** A connection, until its store has another history. What was seen by it never goes back. */
class Session {
  constructor(store, objects) {
    this.store = store;
    this.objects = objects;
    this.isOver = false;
    this.tid = 0;
    this.n = 0;
    this.m = 0;
  }

  /** What is seen from now on is not older than now. */
  floor() {
    return { tid: Math.max(this.tid, this.store.tid), n: this.n, m: this.m };
  }

  sawRecords(floor, tid, n) {
    check(tid >= floor.tid && n >= floor.n, `as of ${tid} there is ${n}, after ${JSON.stringify(floor)}`);
    this.tid = Math.max(this.tid, tid);
    this.n = Math.max(this.n, n);
  }

  sawObjects(floor, m) {
    check(m >= floor.m, `objects show ${m}, after ${JSON.stringify(floor)}`);
    this.m = Math.max(this.m, m);
  }
}

class Client {
  constructor({ connect, openStore, Half, args, tell }) {
    this.args = args;
    this.tell = tell;
    this.Half = Half;
    this.slots = new Slots(args.slots);
    this.counts = { begun: 0, settled: 0, iterations: 0, lost: 0, errors: {} };
    this.pending = new Set();
    this.isStopped = false;
    this.connect = async () => {
      const store = await connect(args.addresses, args.options);
      try {
        return new Session(store, await openStore(store, { classes: [Half] }));
      } catch (error) {
        await store.close();
        throw error;
      }
    };
  }

  /** Counts a promise of the library until it has settled. */
  async ask(what, promise) {
    const mark = { what, since: Date.now() };
    this.pending.add(mark);
    this.counts.begun++;
    try {
      return await promise;
    } finally {
      this.counts.settled++;
      this.pending.delete(mark);
    }
  }

  /** An error that may be. Any other ends the process. */
  permit(error, what, codes) {
    if (!codes.includes(error?.code)) throw error;
    const name = `${what}: ${error.code}`;
    this.counts.errors[name] = (this.counts.errors[name] ?? 0) + 1;
  }

  /** The session of all workers. */
  async session() {
    while (this.current === undefined || this.current.isOver) {
      this.connecting ??= this.ask('connect', this.connect())
        .then(
          (session) => {
            this.current = session;
          },
          async (error) => {
            this.permit(error, 'connect', [...WRITE_ERRORS, 'ERR_BUSY']);
            await sleep(50);
          },
        )
        .finally(() => {
          this.connecting = undefined;
        });
      await this.connecting;
      if (this.isStopped) break;
    }
    return this.current;
  }

  /** After an error that says so: whether the store of the session has ended. */
  async checkLost(session, error) {
    if (error.code !== 'ERR_SNAPSHOT_LOST' || session.isOver) return;
    const ended = await this.ask('sync', session.store.sync()).then(
      () => undefined,
      (failure) => failure,
    );
    if (ended?.code !== 'ERR_SNAPSHOT_LOST' || session.isOver) return;
    session.isOver = true;
    this.counts.lost++;
    this.tell({ lost: ended.message });
    await this.ask('close', session.store.close());
  }

  async run(random) {
    await this.session();
    this.tell({ ready: true });
    await Promise.all(WORKERS.map((kind, i) => this.work(kind, i, (n) => random(n))));
    this.counters = this.current?.store.counters();
    if (this.current?.isOver === false) await this.ask('close', this.current.store.close());
  }

  async work(kind, number, random) {
    for (let i = 0; !this.isStopped; i++) {
      const session = await this.session();
      if (this.isStopped) return;
      try {
        await this[kind](session, { number, random, id: `${this.args.name}.${number}.${i}` });
        this.counts.iterations++;
        this.tell({ did: kind });
      } catch (error) {
        this.permit(error, kind, OWN_ERRORS[kind] ?? READ_ERRORS);
        await this.checkLost(session, error);
        await sleep(random(20));
      }
      // Others shall have their turn.
      await sleep(random(3) === 0 ? random(8) : 0);
    }
  }

  /** Commits, and says what became of it. `fn` gives what was written. */
  async commit(kind, { number, id }, fn) {
    const { slots } = this;
    const era = slots.era();
    let written;
    try {
      written = await this.ask(kind, fn());
    } catch (error) {
      this.tell({ failed: id, code: error.code });
      throw error;
    }
    slots.acknowledge(kind, this.args.number * WORKERS.length + number, era, written);
    this.tell({ acknowledged: id, kind, n: written });
  }

  async write(session, given) {
    const { store } = session;
    const { random, id } = given;
    const floor = session.floor();
    const filler = `f${random(FILLERS)}`;
    await this.commit('records', given, () =>
      store.transact(
        async (txn) => {
          const [left, right] = [txn.collection('left'), txn.collection('right')];
          const n = await this.readPair(txn);
          session.sawRecords(floor, txn.tid, n);
          const written = n + 1;
          await left.put('pair', { n: written });
          await right.put('pair', { n: -written });
          await txn.collection('log').put(id, { n: written, filler });
          await txn.collection('fillers').put(filler, { n: written, pad: PAD });
          return written;
        },
        { retries: 30 },
      ),
    );
  }

  /** The number of commits as of a view or a transaction. */
  async readPair(view) {
    const [left, right] = await Promise.all([
      this.ask('get', view.collection('left').get('pair')),
      this.ask('get', view.collection('right').get('pair')),
    ]);
    check(left.n + right.n === 0, `half of a commit as of ${view.tid}: ${left.n} and ${right.n}`);
    this.tell({ saw: view.tid, n: left.n });
    return left.n;
  }

  async readFillers(view, random) {
    const keys = [0, 1, 2].map(() => `f${random(FILLERS)}`);
    const found = await this.ask('getMany', view.collection('fillers').getMany(keys));
    for (const [i, key] of keys.entries()) {
      check(found[i].pad === PAD, `${key} is damaged`);
      this.tell({ saw: view.tid, filler: key, n: found[i].n });
    }
  }

  /** Reads twice in one view, with commits of others in between. */
  async look(view, random) {
    try {
      const n = await this.readPair(view);
      await this.readFillers(view, random);
      await sleep(random(2) === 0 ? random(30) : 0);
      check((await this.readPair(view)) === n, `a view has changed, as of ${view.tid}`);
      return n;
    } finally {
      view.close();
    }
  }

  async view(session, { random }) {
    const floor = session.floor();
    const view = await this.ask('snapshot', session.store.snapshot());
    session.sawRecords(floor, view.tid, await this.look(view, random));
  }

  async synced(session, { random }) {
    const floor = session.floor();
    const era = this.slots.era();
    const [records, objects] = ['records', 'objects'].map((kind) => this.slots.newest(kind, era));
    const view = await this.ask('sync', session.store.snapshot({ sync: true }));
    // Acknowledged before, by whomever.
    const isSame = () => this.slots.era() === era && !session.isOver;
    const n = await this.look(view, random);
    check(!isSame() || n >= records, `a synced view shows ${n}, and ${records} was acknowledged before it`);
    session.sawRecords(floor, view.tid, n);
    const m = await this.readObjects(session);
    check(!isSame() || m >= objects, `objects show ${m} after a sync, and ${objects} was acknowledged before it`);
  }

  async range(session, { random }) {
    const floor = session.floor();
    const view = await this.ask('snapshot', session.store.snapshot());
    try {
      const n = await this.readPair(view);
      let count = 0;
      const all = async () => {
        for await (const { key, value } of view.collection('fillers').range({ reverse: random(2) === 0 })) {
          count++;
          this.tell({ saw: view.tid, filler: key, n: value.n });
        }
      };
      await this.ask('range', all());
      check(count === FILLERS, `a range has ${count} of ${FILLERS} entries, as of ${view.tid}`);
      session.sawRecords(floor, view.tid, n);
    } finally {
      view.close();
    }
  }

  async writeObjects(session, given) {
    const { objects } = session;
    const floor = session.floor();
    await this.commit('objects', given, () =>
      objects.transact(
        (txn) => {
          const { left, right, log } = txn.root;
          check(left.n + right.n === 0, `half of a commit of objects: ${left.n} and ${right.n}`);
          const written = left.n + 1;
          check(written > floor.m, `objects show ${left.n}, after ${floor.m}`);
          left.n = written;
          right.n = -written;
          log.set(given.id, written);
          return written;
        },
        { retries: 30 },
      ),
    );
  }

  async readObjects(session) {
    const floor = session.floor();
    const { objects } = session;
    const m = await this.ask(
      'read',
      objects.read(({ root: { left, right } }) => {
        check(left.n + right.n === 0, `half of a commit of objects: ${left.n} and ${right.n}`);
        return left.n;
      }),
    );
    session.sawObjects(floor, m);
    return m;
  }

  async viewObjects(session, { random }) {
    const { objects } = session;
    const floor = session.floor();
    const view = await this.ask('snapshot', objects.snapshot());
    try {
      const look = async () => {
        const { left, right } = await this.ask('load', view.load(view.root, { left: true, right: true }));
        check(left.n + right.n === 0, `half of a commit of objects: ${left.n} and ${right.n}`);
        return left.n;
      };
      const m = await look();
      session.sawObjects(floor, m);
      await sleep(random(2) === 0 ? random(30) : 0);
      check((await look()) === m, 'a view of objects has changed');
    } finally {
      view.end();
    }
  }

  /** The newest version, which moves on meanwhile. */
  async liveObjects(session) {
    const { objects } = session;
    const floor = session.floor();
    const { left, right } = await this.ask('load', objects.load(objects.root, { left: true, right: true }));
    const [a, b] = [left.n, right.n];
    check(a + b === 0, `half of a commit of live objects: ${a} and ${b}`);
    session.sawObjects(floor, a);
  }
}

/** Works until its input ends. */
export async function work({ client: { connect }, objects: { openStore, persistent, t }, args, tell, random }) {
  const Half = persistent('torture.Half', { n: t.f64 })(class Half {});
  const client = new Client({ connect, openStore, Half, args, tell });
  createInterface(process.stdin).on('close', () => {
    client.isStopped = true;
    setTimeout(() => {
      const now = Date.now();
      tell({ hangs: [...client.pending].map(({ what, since }) => `${what} for ${now - since} ms`) });
      process.exit(1);
    }, PATIENCE).unref();
  });
  try {
    await client.run(random);
    tell({ done: { ...client.counts, cache: client.counters } });
    process.exit(0);
  } catch (error) {
    tell({ wrong: `${error?.code} ${error?.stack ?? error}`, cause: `${error?.cause?.stack ?? error?.cause}` });
    process.exit(1);
  }
}
