import type { ReadTransaction } from '../../../lib/index.ts';
import { randomNumbers } from '../random.ts';

/** The library under test: the sources, or a copy in which a rule is broken. */
export type Library = typeof import('../../../lib/index.ts');
type Environment = ReturnType<Library['open']>;

const KEYS = 10;
const NAMES = ['docs', 'texts'] as const;
type Name = (typeof NAMES)[number];

/** The state of a key: the text of its value, and the commit that wrote it. */
interface State {
  readonly tid: number;
  readonly text: string;
}
type States = Map<string, State>;

/** An open transaction of the model: the states that it sees, what it has changed, and what it has read. */
class Layer {
  readonly states: States;
  /** The keys that were written or deleted, with their collections. For a range only the collection. */
  readonly changed = new Set<string>();
  readonly ranges = new Set<Name>();
  readonly read = new Set<string>();
  readonly readRanges = new Set<Name>();
  readonly tid: number;
  isSettled = false;
  readonly #base: States;

  constructor(states: States, tid: number) {
    this.#base = states;
    this.states = new Map(states);
    this.tid = tid;
  }

  get isEmpty(): boolean {
    if (this.isSettled) return this.changed.size === 0;
    return this.changed.size + this.ranges.size === 0;
  }

  /**
   * Call this when an optimistic transaction commits. The transaction commits only the keys whose state differs in the end, on top of what others
   * have committed meanwhile.
   */
  settle(now: States, tid: number): void {
    this.changed.clear();
    for (const place of new Set([...this.#base.keys(), ...this.states.keys()])) {
      if (this.#base.get(place) !== this.states.get(place)) this.changed.add(place);
    }
    const written = new Map(this.states);
    this.states.clear();
    for (const [place, state] of now) this.states.set(place, state);
    for (const place of this.changed) {
      const state = written.get(place);
      if (state === undefined) this.states.delete(place);
      else this.states.set(place, { ...state, tid });
    }
    this.isSettled = true;
  }

  merge(child: Layer): void {
    this.states.clear();
    for (const [place, state] of child.states) this.states.set(place, state);
    for (const place of child.changed) this.changed.add(place);
    for (const name of child.ranges) this.ranges.add(name);
  }
}

/** A mistake that the model has found. */
export class Wrong extends Error {}

function same(found: unknown, wanted: unknown, what: string): void {
  const shown = JSON.stringify(found);
  if (shown === JSON.stringify(wanted)) return;
  const short = (text: string | undefined) => text?.replace(/x{5,}/g, 'x…').slice(0, 300);
  throw new Wrong(`${what}: ${short(shown)} instead of ${short(JSON.stringify(wanted))}`);
}

const placeOf = (name: Name, key: number): string => `${name}/${key}`;
const undo = new Error('undo');

export interface ModelOptions {
  lib: Library;
  path: string;
  seed: number;
  /** A new folder, for copies. */
  newFolder: () => string;
  /** Collects garbage, if the process allows it. */
  collect?: () => Promise<void>;
  /** Called after each step. */
  onStep?: (step: number) => void;
}

/**
 * A database with two collections with versions, one of which shares its values, and a model of it. `run` makes random steps, and compares after
 * each step. It checks V1 and V3 (every reader gets the state with the largest tid up to its snapshot, and that tid is the one of the commit that
 * wrote the state), V2 (shared states never change), V4 (the log of changes has the changes of each commit, each commit once and in order), and
 * V5 (a change that failed or was rolled back is nowhere).
 */
export class VersionModel {
  readonly #options: ModelOptions;
  readonly #random: (n: number) => number;
  #env!: Environment;
  /** Another handle on the same database. */
  #other!: Environment;
  #states: States = new Map();
  #tid = 0;
  #snapshots: { env: Environment; txn: ReadTransaction; states: States; dropped: Set<Name> }[] = [];
  /** Shared states that somebody holds. */
  #held: { value: { n: number; list: { deep: number }[] }; text: string }[] = [];
  #feed!: ReturnType<Environment['changes']>;
  #expected: { tid: number; layer: Layer; dropped: Name | undefined }[] = [];
  #stamp = 0;
  #storeId: string | undefined;
  #step = 0;

  constructor(options: ModelOptions) {
    this.#options = options;
    this.#random = randomNumbers(options.seed);
    this.#open();
  }

  /** Throws a Wrong, or what the library throws, with the number of the step. */
  async run(steps: number): Promise<void> {
    try {
      for (const end = this.#step + steps; this.#step < end; this.#step++) {
        await this.#act();
        await this.#check();
        this.#options.onStep?.(this.#step);
      }
      await this.#compareAll();
    } catch (error) {
      (error as Error).message += ` (seed ${this.#options.seed}, step ${this.#step})`;
      throw error;
    } finally {
      this.#close();
    }
  }

  #open(): void {
    const { lib, path } = this.#options;
    const open = (maxSharedBytes: number) =>
      lib.open(path, { durability: 'nosync', maxSharedBytes, changes: { count: 200 } });
    this.#env = open(4000);
    this.#other = open(2 ** 20);
    for (const env of [this.#env, this.#other]) for (const name of NAMES) this.#collection(name, env);
    this.#storeId ??= this.#env.storeId;
    same(this.#env.storeId, this.#storeId, 'the id of the store');
    this.#feed = this.#other.changes({ after: this.#tid });
  }

  #close(): void {
    for (const { txn } of this.#snapshots.splice(0)) txn.end();
    this.#env.close();
    this.#other.close();
  }

  // biome-ignore lint/suspicious/noExplicitAny: two types of collection, with the same calls
  #collection(name: Name, env: Environment = this.#env): any {
    const { utf8, uint32, json } = this.#options.lib;
    return name === 'docs'
      ? env.collection(name, { key: uint32, value: json, versions: true, share: true })
      : env.collection(name, { key: uint32, value: utf8, versions: true });
  }

  #newValue(name: Name): { value: unknown; text: string } {
    const n = ++this.#stamp;
    const text = `${n} `.padEnd([8, 30, 300, 3000][this.#random(4)] as number, 'x');
    if (name === 'texts') return { value: text, text };
    const value = { n, list: [{ deep: n }], text };
    return { value, text: JSON.stringify(value) };
  }

  #textOf(name: Name, value: unknown): string | undefined {
    return value === undefined ? undefined : name === 'docs' ? JSON.stringify(value) : String(value);
  }

  async #act(): Promise<void> {
    const kind = this.#random(1000);
    if (kind < 330) this.#alone();
    else if (kind < 480) this.#write();
    else if (kind < 580) await this.#batch();
    else if (kind < 700) await this.#transact();
    else if (kind < 790) this.#begin();
    else if (kind < 850) this.#end();
    else if (kind < 960) this.#look();
    else if (kind < 985) this.#vandalise();
    else if (kind < 988) this.#drop();
    else if (kind < 990) this.#reopen();
    else if (kind < 991) await this.#copy();
    else if (kind < 992) await this.#options.collect?.();
    else if (kind < 995) await this.#readOldChanges();
  }

  /** Makes a change outside of any transaction, which is a commit by itself. */
  #alone(env: Environment = this.#env): Layer {
    const layer = new Layer(this.#states, this.#tid + 1);
    this.#change(layer, env, false);
    this.#commit(layer);
    return layer;
  }

  #write(): void {
    const env = this.#random(4) === 0 ? this.#other : this.#env;
    const layer = new Layer(this.#states, this.#tid + 1);
    if (this.#inside(layer, env, 0)) this.#commit(layer);
  }

  /** Runs a write transaction, with nested ones. Returns whether it has committed. */
  #inside(layer: Layer, env: Environment, depth: number): boolean {
    const undone = this.#random(4) === 0;
    const body = () => {
      for (let left = this.#random(5); left >= 0; left--) {
        if (depth < 2 && this.#random(4) === 0) {
          const child = new Layer(layer.states, layer.tid);
          if (this.#inside(child, env, depth + 1)) layer.merge(child);
        } else {
          this.#change(layer, env, false);
        }
        this.#readIn(layer, env);
      }
      if (undone) throw undo;
    };
    try {
      env.write(body);
    } catch (error) {
      if (error !== undo) throw error;
    }
    return !undone;
  }

  /** Makes one change, in the current transaction if there is one. */
  #change(layer: Layer, env: Environment, isOptimistic: boolean): void {
    const name = NAMES[this.#random(2)] as Name;
    const key = this.#random(KEYS);
    const place = placeOf(name, key);
    const items = this.#collection(name, env);
    const old = layer.states.get(place);
    const { value, text } = this.#newValue(name);
    const put = () => {
      layer.states.set(place, { tid: layer.tid, text });
      layer.changed.add(place);
    };
    const remove = () => {
      if (layer.states.delete(place)) layer.changed.add(place);
    };
    // An optimistic transaction does not know the tid of its writes before it commits.
    const knowsVersion = !isOptimistic || !layer.changed.has(place);
    const isRight = this.#random(2) === 0;
    const version = isRight ? (old?.tid ?? 0) : this.#random(this.#tid + 2);
    const holds = version === (old?.tid ?? 0);
    const kind = this.#random(10);
    if (kind === 9 || (kind > 5 && kind < 8 && !knowsVersion) || (kind === 8 && name === 'texts')) {
      this.#clear(layer, name, items);
      return;
    }
    layer.read.add(place);
    if (kind < 3) {
      items.put(key, value);
      put();
    } else if (kind < 4) {
      same(items.putNew(key, value), old === undefined, 'putNew');
      if (old === undefined) put();
    } else if (kind < 6) {
      same(items.del(key), old !== undefined, 'del');
      remove();
    } else if (kind < 7) {
      same(items.putIf(key, value, version), holds, `putIf ${place} ${version}`);
      if (holds) put();
    } else if (kind < 8) {
      same(items.delIf(key, version), holds, `delIf ${place} ${version}`);
      if (holds) remove();
    } else {
      this.#update(layer, items, key, value, put);
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: as `#collection`
  #update(layer: Layer, items: any, key: number, value: any, put: () => void): void {
    const old = layer.states.get(placeOf('docs', key));
    const wanted = { ...(old === undefined ? value : JSON.parse(old.text)), n: value.n };
    items.update(key, (draft: { n: number } | undefined) => {
      same(JSON.stringify(draft), old?.text, 'a draft');
      if (draft === undefined) return value;
      draft.n = value.n;
      return undefined;
    });
    put();
    layer.states.set(placeOf('docs', key), { tid: layer.tid, text: JSON.stringify(wanted) });
  }

  // biome-ignore lint/suspicious/noExplicitAny: as `#collection`
  #clear(layer: Layer, name: Name, items: any): void {
    const from = this.#random(KEYS);
    const range = { gte: from, lt: from + this.#random(3) };
    const keys = Array.from({ length: KEYS }, (_, i) => i).filter((i) => i >= range.gte && i < range.lt);
    const there = keys.filter((i) => layer.states.delete(placeOf(name, i)));
    layer.readRanges.add(name);
    same(items.clear(range), there.length, 'clear');
    if (there.length > 0) layer.ranges.add(name);
  }

  /** Reads something in a transaction that has changed something. */
  #readIn(layer: Layer, env: Environment): void {
    const name = NAMES[this.#random(2)] as Name;
    const items = this.#collection(name, env);
    const key = this.#random(KEYS);
    layer.read.add(placeOf(name, key));
    const state = layer.states.get(placeOf(name, key));
    same(this.#textOf(name, items.get(key)), state?.text, `in a transaction, ${placeOf(name, key)}`);
    if (this.#random(3) > 0) return;
    layer.readRanges.add(name);
    const entries = items.range({ reverse: true }).toArray() as { key: number; value: unknown }[];
    same(
      entries.reverse().map(({ key: found, value }) => [found, this.#textOf(name, value)]),
      this.#entries(name, layer.states).map(([found, { text }]) => [found, text]),
      `in a transaction, ${name}`,
    );
  }

  async #batch(): Promise<void> {
    const layer = new Layer(this.#states, this.#tid + 1);
    const operations: object[] = [];
    let failing: number | undefined;
    for (let left = this.#random(5); left >= 0; left--) {
      const name = NAMES[this.#random(2)] as Name;
      const key = this.#random(KEYS);
      const place = placeOf(name, key);
      const collection = this.#collection(name);
      const old = layer.states.get(place)?.tid ?? 0;
      const ifVersion =
        this.#random(2) === 0 || layer.changed.has(place) ? undefined : old + (this.#random(10) === 0 ? 1 : 0);
      if (ifVersion !== undefined && ifVersion !== old) failing ??= operations.length;
      const condition = ifVersion === undefined ? {} : { ifVersion };
      if (this.#random(3) > 0) {
        const { value, text } = this.#newValue(name);
        operations.push({ type: 'put', collection, key, value, ...condition });
        layer.states.set(place, { tid: layer.tid, text });
        layer.changed.add(place);
      } else {
        operations.push({ type: 'del', collection, key, ...condition });
        if (layer.states.delete(place)) layer.changed.add(place);
      }
    }
    const error = await this.#env.batch(operations as never).then(
      () => undefined,
      (thrown: { code?: string; index?: number }) => thrown,
    );
    same([error?.code, error?.index], [failing === undefined ? undefined : 'ERR_CONFLICT', failing], 'a batch');
    if (failing === undefined) this.#commit(layer);
  }

  /** Runs an optimistic transaction that waits, while somebody else may commit. */
  async #transact(): Promise<void> {
    const serializable = this.#random(2) === 0;
    const meddles = this.#random(2) === 0;
    const undone = this.#random(5) === 0;
    let layer!: Layer;
    let meddled: Layer | undefined;
    let runs = 0;
    let first!: Layer;
    const body = async () => {
      runs++;
      layer = new Layer(this.#states, 0);
      for (let left = this.#random(4); left >= 0; left--) {
        if (this.#random(2) === 0) await undefined;
        this.#change(layer, this.#env, true);
        this.#readIn(layer, this.#env);
      }
      if (runs === 1) {
        first = layer;
        if (meddles) meddled = this.#alone(this.#other);
      }
      if (undone) throw undo;
    };
    try {
      await this.#env.transact(body, { isolation: serializable ? 'serializable' : 'snapshot' });
    } catch (error) {
      if (error !== undo) throw error;
      return;
    }
    const conflicts = meddled === undefined ? 'never' : this.#conflict(first, meddled, serializable);
    if (conflicts === 'never') same(runs, 1, 'the runs of a transaction without a conflict');
    if (conflicts === 'always') same(runs, 2, 'the runs of a transaction with a conflict');
    layer.settle(this.#states, this.#tid + 1);
    this.#commit(layer);
  }

  #conflict(layer: Layer, other: Layer, serializable: boolean): 'always' | 'never' | 'perhaps' {
    const nameIn = (place: string) => place.split('/')[0] as Name;
    const changed = [...other.changed];
    if (other.isEmpty) return 'never';
    const touchesWrites = changed.some((place) => layer.changed.has(place));
    if (touchesWrites) return 'always';
    const touches =
      other.ranges.size > 0 ||
      changed.some(
        (place) => layer.read.has(place) || layer.readRanges.has(nameIn(place)) || layer.ranges.has(nameIn(place)),
      );
    if (!touches) return 'never';
    return serializable && !layer.isEmpty && changed.some((place) => layer.read.has(place)) ? 'always' : 'perhaps';
  }

  #commit(layer: Layer, dropped?: Name): void {
    if (layer.isEmpty) return;
    this.#tid++;
    this.#states = layer.states;
    this.#expected.push({ tid: this.#tid, layer, dropped });
  }

  #begin(): void {
    const env = this.#random(4) === 0 ? this.#other : this.#env;
    if (this.#snapshots.length > 8) this.#end();
    const txn = env.read();
    same(txn.tid, this.#tid, 'txn.tid');
    this.#snapshots.push({ env, txn, states: this.#states, dropped: new Set() });
  }

  #end(): void {
    if (this.#snapshots.length === 0) return;
    this.#snapshots.splice(this.#random(this.#snapshots.length), 1)[0]?.txn.end();
  }

  /** Compares one key or one collection with the model, in a snapshot or in the newest state. */
  #look(): void {
    const name = NAMES[this.#random(2)] as Name;
    const snapshot = this.#snapshots[this.#random(this.#snapshots.length + 1)];
    if (snapshot === undefined) this.#compare(name, this.#states, undefined);
    // A collection that was dropped and made again is a new one. Its present Collection cannot read the old one's snapshot.
    else if (!snapshot.dropped.has(name)) this.#compare(name, snapshot.states, snapshot.txn, snapshot.env);
  }

  #entries(name: Name, states: States): [number, State][] {
    return Array.from({ length: KEYS }, (_, key): [number, State | undefined] => [
      key,
      states.get(placeOf(name, key)),
    ]).filter((entry): entry is [number, State] => entry[1] !== undefined);
  }

  #compare(name: Name, states: States, txn: ReadTransaction | undefined, env: Environment = this.#env): void {
    const items = this.#collection(name, env);
    const wanted = this.#entries(name, states).map(([key, { tid, text }]) => [key, tid, text]);
    const entries = items.range({}, txn).toArray() as { key: number; value: unknown; version: number }[];
    same(
      entries.map(({ key, value, version }) => [key, version, this.#textOf(name, value)]),
      wanted,
      `${name} as of ${txn?.tid}`,
    );
    const key = this.#random(KEYS);
    this.#comparePoint(name, key, states, txn, env);
    const keys = [key, this.#random(KEYS)];
    same(
      items.getMany(keys, txn).map((value: unknown) => this.#textOf(name, value)),
      keys.map((each) => states.get(placeOf(name, each))?.text),
      'getMany',
    );
  }

  #comparePoint(name: Name, key: number, states: States, txn: ReadTransaction | undefined, env: Environment): void {
    const items = this.#collection(name, env);
    const value = items.get(key, txn);
    const state = states.get(placeOf(name, key));
    same([items.version(key, txn), this.#textOf(name, value)], [state?.tid ?? 0, state?.text], placeOf(name, key));
    if (name === 'texts' || value === undefined) return;
    // A large state is not stored in the table of shared states.
    if ((state?.text.length ?? 0) < 100 && items.get(key, txn) !== value)
      throw new Wrong(`two readers of docs/${key} have not the same state`);
    this.#held.push({ value, text: state?.text as string });
    if (this.#held.length > 200) this.#held.splice(0, 100);
  }

  /** Shared states cannot be changed, and have not changed. */
  #vandalise(): void {
    for (const { value, text } of this.#held) {
      same(JSON.stringify(value), text, 'a shared state');
      for (const [object, field] of [[value, 'n'] as const, [value.list[0] as object, 'deep'] as const]) {
        try {
          Object.assign(object, { [field]: -1 });
        } catch (error) {
          if (error instanceof TypeError) continue;
        }
        throw new Wrong('a shared state was changed');
      }
    }
  }

  #drop(): void {
    const name = NAMES[this.#random(2)] as Name;
    const layer = new Layer(this.#states, this.#tid + 1);
    const items = this.#collection(name);
    for (const key of Array.from({ length: KEYS }, (_, i) => i)) layer.states.delete(placeOf(name, key));
    layer.ranges.add(name);
    items.drop();
    for (const { dropped } of this.#snapshots) dropped.add(name);
    this.#commit(layer, name);
    for (const env of [this.#env, this.#other]) this.#collection(name, env);
  }

  #reopen(): void {
    this.#close();
    this.#expected = [];
    this.#open();
  }

  /** Copies the database, and checks that the copy is the same store and continues from the same commit. */
  async #copy(): Promise<void> {
    const folder = this.#options.newFolder();
    await this.#env.copy(folder, { compact: this.#random(2) === 0 } as never);
    const env = this.#options.lib.open(folder, { durability: 'nosync' });
    try {
      same([env.storeId, env.read((txn) => txn.tid)], [this.#storeId, this.#tid], 'a copy');
      for (const name of NAMES) this.#compare(name, this.#states, undefined, env);
      const items = this.#collection('texts', env);
      items.put(1, 'copied');
      same(items.version(1), this.#tid + 1, 'the next tid of a copy');
    } finally {
      env.close();
    }
  }

  /** The log begins late if it was trimmed, and has no gaps. */
  async #readOldChanges(): Promise<void> {
    const after = this.#random(this.#tid + 1);
    const feed = this.#env.changes({ after });
    try {
      for (let tid = after + 1; tid <= this.#tid && tid < after + 10; tid++)
        same((await feed.next()).value?.tid, tid, 'a tid');
    } catch (error) {
      if ((error as { code?: string }).code !== 'ERR_TOO_OLD' || this.#tid - after < 200) throw error;
    } finally {
      await feed.return();
    }
  }

  /** Checks what must be true after each step. */
  async #check(): Promise<void> {
    // Check this before the feed, which would wait for ever for a missing commit.
    same(
      this.#env.read((txn) => txn.tid),
      this.#tid,
      'the newest tid',
    );
    for (const { tid, layer, dropped } of this.#expected) {
      const { value } = await this.#feed.next();
      same(value?.tid, tid, 'the next commit');
      this.#checkChanges(value?.changes ?? [], layer, dropped);
    }
    this.#expected = [];
    const name = NAMES[this.#random(2)] as Name;
    this.#comparePoint(name, this.#random(KEYS), this.#states, undefined, this.#env);
    if (this.#step % 20 === 0) await this.#compareAll();
  }

  #checkChanges(
    changes: readonly { collection: string; keys?: unknown; range?: unknown; dropped: boolean }[],
    layer: Layer,
    dropped: Name | undefined,
  ): void {
    for (const name of NAMES) {
      const change = changes.find(({ collection }) => collection === name);
      const keys = Array.from({ length: KEYS }, (_, i) => i).filter((key) => layer.changed.has(placeOf(name, key)));
      if (layer.isSettled && layer.ranges.has(name)) this.#checkSuperset(change, keys);
      else if (!layer.ranges.has(name)) same(change?.keys ?? [], keys, `what commit ${this.#tid} changed in ${name}`);
      else if (change?.range === undefined) throw new Wrong(`commit ${this.#tid} has no range of ${name}`);
      else this.#checkRange(change.range as Record<string, number>, keys);
      same(change?.dropped === true, dropped === name, 'dropped');
    }
    same(
      changes.length,
      NAMES.filter((name) => changes.some(({ collection }) => collection === name)).length,
      'collections',
    );
  }

  /** Checks the change of a transaction that cleared a range, which may have been empty in the database. */
  #checkSuperset(change: { keys?: unknown; range?: unknown } | undefined, keys: readonly number[]): void {
    if (change?.range !== undefined) {
      this.#checkRange(change.range as Record<string, number>, keys);
      return;
    }
    const told = (change?.keys ?? []) as number[];
    same(
      keys.filter((key) => !told.includes(key)),
      [],
      `what commit ${this.#tid} leaves out`,
    );
  }

  #checkRange({ gt, gte, lt, lte }: Record<string, number | undefined>, keys: readonly number[]): void {
    const isIn = (key: number) =>
      (gt === undefined || key > gt) &&
      (gte === undefined || key >= gte) &&
      (lt === undefined || key < lt) &&
      (lte === undefined || key <= lte);
    if (!keys.every(isIn)) throw new Wrong(`commit ${this.#tid} leaves out ${keys.filter((key) => !isIn(key))}`);
  }

  async #compareAll(): Promise<void> {
    for (const env of [this.#env, this.#other])
      for (const name of NAMES) this.#compare(name, this.#states, undefined, env);
    for (let i = this.#snapshots.length; i > 0; i--) this.#look();
    this.#vandalise();
  }
}
