// A participant makes random changes in a database that others change as well, and writes what it does and sees to a log of its own: a line of
// JSON for each step, in a file, which stays whatever becomes of the participant. history.ts compares the logs.
import { openSync, writeSync } from 'node:fs';
import { Actions } from './actions.mjs';
import { openStore } from './store.mjs';

const undo = new Error('undo');

export class Participant {
  #given;
  #random;
  #log;
  #env;
  #collections;
  #snapshots = [];
  #attempts = 0;
  #stamps = 0;
  #copies = 0;
  #actions;
  /** The last commit that the feed has told. */
  #told;
  #following;
  #reached = () => {};
  /** Shared states that it has seen, with what they were. */
  #held = [];

  /** `given`: lib, path, folder (of logs), name, random, steps, onStep. */
  constructor(given) {
    this.#given = given;
    this.#random = given.random;
    this.#log = openSync(`${given.folder}/${given.name}.log`, 'a');
    this.#open();
  }

  async run() {
    try {
      for (let step = 0; step < this.#given.steps; step++) {
        await this.#act();
        this.#given.onStep?.(step);
        // Others have their turn.
        if (this.#random(2) === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      await this.#leave();
    } catch (error) {
      this.#note({ wrong: `${error.code ?? ''} ${error.stack}` });
      this.#env.close();
    }
  }

  #note(line) {
    writeSync(this.#log, `${JSON.stringify(line)}\n`);
  }

  #open() {
    const { lib, path } = this.#given;
    const { env, collections } = openStore(lib, path, { maxSharedBytes: this.#random(2) === 0 ? 4000 : 2 ** 20 });
    this.#env = env;
    this.#collections = collections;
    this.#actions = new Actions(this.#random, collections, (name, value) => this.#hold(name, value));
    this.#told ??= env.read((txn) => txn.tid);
    this.#note({ follow: this.#told });
    this.#following = this.#follow(env.changes({ after: this.#told }), env);
  }

  async #follow(feed, env) {
    try {
      for await (const { tid, nonce, changes } of feed) {
        this.#note({ told: tid, nonce, changes: changes.map((change) => this.#actions.changeOf(change)) });
        // Who is told of a commit can read it.
        const seen = env.read((txn) => txn.tid);
        if (seen < tid) throw new Error(`the feed tells ${tid}, and a read transaction sees ${seen}`);
        this.#told = tid;
        this.#reached();
      }
    } catch (error) {
      if (error.code === 'ERR_ENV_CLOSED') return;
      this.#note({ wrong: `the feed: ${error.stack}` });
      // Nobody shall wait for it.
      this.#told = Number.POSITIVE_INFINITY;
      this.#reached();
    }
  }

  /** The feed tells everything up to now. */
  async #catchUp() {
    const now = this.#env.read((txn) => txn.tid);
    while (this.#told < now) {
      await new Promise((resolve) => {
        this.#reached = resolve;
      });
    }
  }

  async #close() {
    for (const { txn } of this.#snapshots.splice(0)) txn.end();
    this.#env.close();
    await this.#following;
  }

  async #leave() {
    await this.#catchUp();
    this.#look(this.#env.read(), true);
    this.#checkHeld();
    await this.#close();
    this.#note({ end: true });
  }

  async #act() {
    const kind = this.#random(100);
    if (kind < 20) this.#write();
    else if (kind < 32) await this.#batch();
    else if (kind < 55) await this.#transact();
    else if (kind < 70) this.#begin();
    else if (kind < 85) this.#lookAgain();
    else if (kind < 90) this.#checkHeld();
    else if (kind < 93) await this.#env.sweep({ limit: 1 + this.#random(3) });
    else if (kind < 96) await this.#catchUp();
    else if (kind < 98) await this.#reopen();
    else if (kind < 99) await this.#copy();
  }

  async #reopen() {
    await this.#close();
    this.#open();
  }

  async #copy() {
    const copy = `${this.#given.folder}/${this.#given.name}-copy-${++this.#copies}`;
    await this.#env.copy(copy, { compact: this.#random(2) === 0 });
    this.#note({ copy });
  }

  #stamp() {
    return `${this.#given.name}:${++this.#stamps}`;
  }

  /** Each attempt to commit writes the number of the attempt into the participant's marker. So the log of changes says whose commit is whose. */
  #mark(txn) {
    this.#collections.markers.put(this.#given.name, this.#attempts, txn);
  }

  #committed(attempt) {
    this.#note({ outcome: attempt, tid: this.#collections.markers.version(this.#given.name) });
  }

  #write() {
    const attempt = ++this.#attempts;
    const undone = this.#random(4) === 0;
    try {
      this.#env.write((txn) => {
        const base = txn.tid;
        this.#mark(txn);
        const actions = this.#changes(0);
        // The log has it before it is committed: this thread may not live to tell it.
        this.#note({ attempt, kind: 'write', base, actions });
        if (undone) throw undo;
      });
    } catch (error) {
      if (error !== undo) throw error;
      this.#note({ outcome: attempt });
      return;
    }
    this.#committed(attempt);
  }

  /** Changes and reads in the current transaction, some of them in transactions inside it. */
  #changes(depth) {
    const actions = [];
    for (let left = this.#random(5); left >= 0; left--) {
      if (depth < 2 && this.#random(5) === 0) actions.push(this.#nested(depth + 1));
      else actions.push(this.#actions.change(this.#stamp()), this.#actions.read());
    }
    return actions;
  }

  #nested(depth) {
    const undone = this.#random(3) === 0;
    let inside;
    try {
      this.#env.write(() => {
        inside = this.#changes(depth);
        if (undone) throw undo;
      });
    } catch (error) {
      if (error !== undo) throw error;
    }
    return { do: 'nested', inside, undone };
  }

  async #batch() {
    const attempt = ++this.#attempts;
    const { markers } = this.#collections;
    const operations = [{ type: 'put', collection: markers, key: this.#given.name, value: attempt }];
    const actions = [];
    for (let left = this.#random(4); left >= 0; left--) {
      const { operation, action } = this.#actions.operation(this.#stamp());
      operations.push(operation);
      actions.push(action);
    }
    this.#note({ attempt, kind: 'batch', actions });
    try {
      await this.#env.batch(operations);
    } catch (error) {
      if (error.code !== 'ERR_CONFLICT') throw error;
      this.#note({ outcome: attempt });
      return;
    }
    this.#committed(attempt);
  }

  /** A transaction that waits, and that may be aborted from outside. */
  async #transact() {
    const attempt = ++this.#attempts;
    const isolation = this.#random(3) > 0 ? 'serializable' : 'snapshot';
    const undone = this.#random(6) === 0;
    const controller = new AbortController();
    const aborts = this.#random(8) === 0;
    const body = async (txn) => {
      const base = txn.tid;
      this.#note({ began: base });
      this.#mark(txn);
      const actions = [];
      for (let left = this.#random(4); left >= 0; left--) {
        if (this.#random(2) === 0) actions.push(this.#actions.change(this.#stamp(), true));
        if (this.#random(2) === 0) await new Promise((resolve) => setImmediate(resolve));
        actions.push(this.#actions.read());
      }
      if (aborts) setImmediate(() => controller.abort());
      this.#note({ attempt, kind: isolation, base, actions });
      if (undone) throw undo;
    };
    try {
      await this.#env.transact(body, { isolation, signal: controller.signal });
    } catch (error) {
      if (error !== undo && error.code !== 'ABORT_ERR' && error.code !== 'ERR_CONFLICT') throw error;
      this.#note({ outcome: attempt });
      return;
    }
    this.#committed(attempt);
  }

  #begin() {
    const txn = this.#env.read();
    this.#look(txn, true);
    if (this.#snapshots.length > 4) this.#snapshots.splice(this.#random(4), 1)[0].txn.end();
    this.#snapshots.push({ txn });
  }

  #lookAgain() {
    const found = this.#snapshots[this.#random(this.#snapshots.length + 1)];
    if (found === undefined) this.#env.read((txn) => this.#look(txn, true));
    else this.#look(found.txn, false);
  }

  #look(txn, isNew) {
    const actions = Array.from({ length: 2 }, () => this.#actions.read(txn));
    this.#note({ read: txn.tid, isNew, actions });
  }

  /** Notes a shared state. Who reads the same version again gets the same one, unless it was evicted. */
  #hold(name, value) {
    if (name !== 'docs' || value === undefined) return;
    this.#held.push({ value, text: JSON.stringify(value) });
    if (this.#held.length > 100) this.#held.splice(0, 50);
  }

  /** Shared states cannot be changed, and have not changed. */
  #checkHeld() {
    for (const { value, text } of this.#held) {
      if (JSON.stringify(value) !== text) throw new Error(`a shared state has changed: ${text.slice(0, 100)}`);
      for (const object of [value, value.list[0]])
        if (!Object.isFrozen(object)) throw new Error('a state is not frozen');
    }
  }
}
