import type { Environment } from '../../../lib/index.ts';
import type { ObjectTransaction, Snapshot, Store } from '../../../lib/objects/index.ts';
import type { Handle, View } from '../../../lib/objects/model.ts';
import { Random } from '../../versions/random.ts';
import { Changes } from './changes.ts';
import type { ObjectsLibrary } from './library.ts';
import { Layer } from './log.ts';
import { danglingReferences, type RawStore, rawReader } from './raw-records.ts';
import { refsIn } from './values.ts';
import { type Actor, type Context, ROOT, recordOf, type ShadowRecord, same, World, Wrong } from './world.ts';

const undo = new Error('undo');

export interface ModelOptions {
  library: ObjectsLibrary;
  path: string;
  seed: number;
  /** Collects garbage, if the process allows it. */
  collect?: () => Promise<void>;
  onStep?: (step: number) => void;
}

interface Held {
  readonly actor: Actor;
  readonly snapshot: Snapshot;
  readonly context: Context;
}

/**
 * Three stores on one database, each with an environment of its own, and a model of what is in them: plain cells and a log of commits. `run` makes random
 * steps, and compares after each. It checks that no reference dangles (J1), that a view has one object for an id (J2), that what is read belongs to
 * one commit (J3), and that the store is at the last commit when it is opened again (J4).
 */
export class ObjectModel {
  readonly #options: ModelOptions;
  readonly #random: (n: number) => number;
  readonly #world: World;
  readonly #changes: Changes;
  #actors: Actor[] = [];
  #environments: Environment[] = [];
  #raw!: () => RawStore;
  #snapshots: Held[] = [];
  #step = 0;

  constructor(options: ModelOptions) {
    this.#options = options;
    const random = new Random(options.seed);
    this.#random = (n) => random.below(n);
    this.#open();
    const tid = this.#environments[0]?.read((txn) => txn.tid) as number;
    this.#world = new World(options.library, tid);
    // The root is there from the first commit on.
    this.#world.log.tid = tid - 1;
    this.#world.log.commit(new Map([[recordOf(ROOT), { kind: 'root', fields: {} } satisfies ShadowRecord]]), tid);
    this.#changes = new Changes(this.#world, options.library, this.#random);
  }

  /** Throws a Wrong, or what the library throws, with the number of the step. */
  async run(steps: number): Promise<void> {
    try {
      for (const end = this.#step + steps; this.#step < end; this.#step++) {
        const waits = this.#act();
        if (waits !== undefined) {
          await waits;
          this.#newJob();
        }
        this.#check();
        this.#options.onStep?.(this.#step);
      }
    } catch (error) {
      (error as Error).message += ` (seed ${this.#options.seed}, step ${this.#step})\n${this.#world.notes}`;
      throw error;
    } finally {
      this.#close();
    }
  }

  #open(): void {
    const { library, path } = this.#options;
    const { open } = library.index;
    const { openStore } = library['objects/index'];
    const options = { durability: 'nosync', changes: { count: 100 } } as const;
    const env = open(path, options);
    const actor = (name: string, store: Store): Actor => {
      const view = this.#viewOf(store.root);
      store.refresh();
      return { name, store, view, seen: undefined };
    };
    const reader = open(path, options);
    this.#environments = [env, reader];
    this.#actors = [
      actor('a', openStore(env)),
      actor('b', openStore(path, options)),
      actor('c', openStore(path, options)),
    ];
    this.#raw = rawReader(library, reader);
  }

  #close(): void {
    for (const held of this.#snapshots.splice(0)) this.#end(held);
    for (const { store, view } of this.#actors) {
      this.#world?.end(view);
      store.close();
    }
    for (const env of this.#environments) env.close();
  }

  #viewOf(object: object): View {
    const { handleOf, viewOf } = this.#options.library['objects/handle'];
    return viewOf(handleOf(object) as Handle);
  }

  #actor(): Actor {
    return this.#actors[this.#random(this.#actors.length)] as Actor;
  }

  #otherThan(actor: Actor): Actor {
    const others = this.#actors.filter((each) => each !== actor);
    return others[this.#random(others.length)] as Actor;
  }

  /** What a store shows outside of transactions: as long as the program does not wait, one version. */
  #live(actor: Actor): Context {
    const { view } = actor;
    // From its first read on.
    view.transaction();
    actor.seen ??= this.#world.log.tid;
    const { seen } = actor;
    const get = (place: string): unknown => this.#world.log.at(place, seen);
    return { actor, view, what: `${actor.name} as of ${seen}`, layer: undefined, get };
  }

  #inside(actor: Actor, view: View, layer: Layer, what: string): Context {
    return { actor, view, layer, what: `${what} of ${actor.name}`, get: (place) => layer.get(place) };
  }

  /** The microtasks have run: all live objects show the newest commit. */
  #newJob(): void {
    for (const actor of this.#actors) actor.seen = undefined;
  }

  #act(): Promise<void> | undefined {
    const kind = this.#random(1000);
    if (kind < 260) this.#alone(this.#actor());
    else if (kind < 430) this.#write(this.#actor());
    else if (kind < 540) return this.#transact(this.#actor());
    else if (kind < 590) this.#begin();
    else if (kind < 630) this.#end(this.#snapshots.splice(this.#random(this.#snapshots.length), 1)[0]);
    else if (kind < 720) this.#changes.make();
    else if (kind < 780) this.#changeLoose();
    else if (kind < 900) this.#look();
    else if (kind < 930) this.#forget();
    else if (kind < 950) this.#refuse();
    else if (kind < 970) this.#refresh(this.#actor());
    else if (kind < 973) return this.#options.collect?.();
    else if (kind < 976) this.#reopen();
    else return Promise.resolve();
    return undefined;
  }

  /** Changes one thing outside of a transaction, which is a commit by itself. */
  #alone(actor: Actor): Layer | undefined {
    const { log } = this.#world;
    const live = this.#live(actor);
    const serial = this.#changes.pick(live, (each) => !this.#world.loose.has(each));
    if (serial === undefined) return undefined;
    const layer = new Layer((place) => log.at(place, log.tid));
    const context = this.#inside(actor, live.view, layer, 'a change');
    if (this.#random(8) === 0) {
      this.#changes.edit(live, serial);
      return undefined;
    }
    if (this.#world.record(context, serial) === undefined) return undefined;
    this.#refresh(actor);
    this.#changes.assign(context, serial);
    this.#world.flush(context);
    this.#commit(context);
    return layer;
  }

  #changeLoose(): void {
    const [first] = this.#actors as [Actor];
    const context = this.#live(first);
    const serial = this.#changes.pick(context, (each) => this.#world.loose.has(each));
    if (serial !== undefined) this.#changes.change(context, serial);
  }

  #commit(context: Context): void {
    const { actor, layer } = context;
    actor.seen = undefined;
    if (layer === undefined || layer.changed.size === 0) return;
    const oldest = Math.min(
      this.#world.log.tid,
      ...this.#snapshots.map(({ snapshot }) => snapshot.tid),
      ...this.#actors.map(({ seen }) => seen ?? Number.POSITIVE_INFINITY),
    );
    this.#world.commit(layer, actor.view, oldest);
    if (actor.name !== 'a') this.#world.spoil((serial) => layer.stored.has(serial));
  }

  #write(actor: Actor): void {
    const { log } = this.#world;
    const layer = new Layer((place) => log.at(place, log.tid));
    const context = this.#inside(actor, actor.view, layer, 'a write');
    if (this.#writeIn(context, 0)) this.#commit(context);
    else actor.seen = undefined;
  }

  /** Runs a write with others in it. Returns whether it has succeeded. */
  #writeIn(context: Context, depth: number): boolean {
    const { actor, view, layer } = context;
    const undone = this.#random(4) === 0;
    const body = (): void => {
      for (let left = this.#random(5); left >= 0; left--) {
        if (depth < 2 && this.#random(4) === 0) {
          // What this one has changed is written before the inner one begins.
          this.#world.flush(context);
          const inner = this.#inside(actor, view, new Layer((place) => layer?.get(place)), 'a nested write');
          if (this.#writeIn(inner, depth + 1)) layer?.merge(inner.layer as Layer);
        } else this.#changeIn(context);
      }
      if (undone) throw undo;
    };
    try {
      actor.store.write(body);
    } catch (error) {
      if (error !== undo) throw error;
      this.#world.rollBack(context);
      return false;
    }
    this.#world.flush(context);
    return true;
  }

  /** Changes and reads in a transaction, and reads what another store shows meanwhile. */
  #changeIn(context: Context): void {
    const serial = this.#changes.pick(context);
    if (serial !== undefined) this.#changes.change(context, serial);
    const read = this.#changes.pick(context);
    if (read !== undefined && this.#random(2) === 0) this.#changes.look(context, read);
    const other = this.#actors.find((actor) => actor !== context.actor && this.#random(6) === 0);
    if (other === undefined) return;
    const live = this.#live(other);
    const there = this.#changes.pick(live, (each) => !this.#world.loose.has(each));
    if (there !== undefined) this.#changes.look(live, there);
  }

  /** Runs a transaction that waits, while somebody else may commit. */
  async #transact(actor: Actor): Promise<void> {
    const meddles = this.#random(2) === 0;
    const undone = this.#random(5) === 0;
    let runs = 0;
    let first: Layer | undefined;
    let context: Context | undefined;
    let meddled: Layer | undefined;
    const body = async (txn: ObjectTransaction): Promise<void> => {
      runs++;
      if (context !== undefined) this.#world.rollBack(context);
      const { tid } = this.#world.log;
      const layer = new Layer((place) => this.#world.log.at(place, tid));
      first ??= layer;
      const view = this.#viewOf(txn.root);
      layer.read.add(recordOf(ROOT));
      context = this.#inside(actor, view, layer, 'a transaction');
      for (let left = this.#random(4); left >= 0; left--) {
        if (this.#random(2) === 0) {
          await undefined;
          this.#newJob();
        }
        this.#changeIn(context);
      }
      // Inside a transaction, its own store can be written only by the transaction.
      if (runs === 1 && meddles) meddled = this.#meddle(this.#otherThan(actor));
      if (undone) throw undo;
      this.#world.flush(context);
    };
    try {
      await actor.store.transact(body);
    } catch (error) {
      if (error !== undo) throw error;
      this.#world.rollBack(context as unknown as Context);
      return;
    }
    this.#newJob();
    const last = context as unknown as Context;
    const expected = conflict(first as unknown as Layer, meddled);
    if (expected === 'never') same(runs, 1, 'the runs of a transaction without a conflict');
    if (expected === 'always') same(runs, 2, 'the runs of a transaction with a conflict');
    this.#forgetNothing(last);
    this.#commit(last);
    this.#world.end(last.view);
  }

  /** Rows that a transaction that waits has added and deleted again are no change. */
  #forgetNothing({ layer }: Context): void {
    const { log } = this.#world;
    const changed = (layer as Layer).changed;
    for (const [place, value] of changed) {
      if (value === undefined && log.at(place, log.tid) === undefined) changed.delete(place);
    }
  }

  /** Another store commits, while a transaction runs, which may refer to objects that it has not stored yet. */
  #meddle(actor: Actor): Layer | undefined {
    this.#changes.refersToLoose = false;
    try {
      return this.#alone(actor);
    } finally {
      this.#changes.refersToLoose = true;
    }
  }

  #begin(): void {
    if (this.#snapshots.length > 8) this.#end(this.#snapshots.splice(this.#random(8), 1)[0]);
    const actor = this.#actor();
    const snapshot = actor.store.snapshot();
    const { tid } = snapshot;
    same(tid, this.#world.log.tid, 'snapshot.tid');
    const view = this.#viewOf(snapshot.root);
    const get = (place: string): unknown => this.#world.log.at(place, tid);
    this.#snapshots.push({
      actor,
      snapshot,
      context: { actor, view, what: `a snapshot of ${tid}`, layer: undefined, get },
    });
  }

  #end(held: Held | undefined): void {
    if (held === undefined) return;
    held.snapshot.end();
    if (this.#snapshots.every(({ context }) => context.view !== held.context.view)) this.#world.end(held.context.view);
  }

  #context(): Context {
    const snapshot = this.#snapshots[this.#random(2 * this.#snapshots.length + 1)];
    return snapshot?.context ?? this.#live(this.#actor());
  }

  #look(): void {
    const context = this.#context();
    const serial = this.#changes.pick(context, (each) => !this.#world.loose.has(each) || context.actor.name === 'a');
    if (serial !== undefined) this.#changes.look(context, serial);
  }

  #forget(): void {
    this.#world.forget(this.#context().view, () => this.#random(2) === 0);
  }

  #refuse(): void {
    const actor = this.#actor();
    const context = this.#live(actor);
    const other = this.#otherThan(actor);
    this.#live(other);
    this.#changes.refused(context, other.store.root);
    // Some of it has begun a write, which begins with the newest commit.
    this.#refresh(actor);
  }

  #refresh(actor: Actor): void {
    actor.store.refresh();
    actor.seen = undefined;
  }

  #reopen(): void {
    this.#close();
    this.#world.spoilBound();
    this.#open();
  }

  /** Checks what must be true after each step. */
  #check(): void {
    const { log } = this.#world;
    same(
      this.#environments[1]?.read((txn) => txn.tid),
      log.tid,
      'the newest commit',
    );
    this.#look();
    if (this.#step % 8 === 0) this.#checkReferences();
  }

  /** No reference dangles (J1), and the column of references has what the values have. */
  #checkReferences(): void {
    const raw = this.#raw();
    const [dangling] = danglingReferences(raw);
    if (dangling !== undefined) throw new Wrong(dangling);
    const { objects } = raw;
    const world = this.#world;
    let count = 0;
    for (const place of world.log.places()) {
      if (place[0] !== 'o') continue;
      count++;
      const serial = Number(place.slice(2));
      const wanted = new Set<number>();
      refsIn(world.log.at(place, world.log.tid), (to) => wanted.add(world.idOf(to)));
      const sorted = [...wanted].sort((a, b) => a - b);
      same(objects.get(world.idOf(serial)), sorted, `the references of #${serial}`);
    }
    same(objects.size, count, 'the number of objects');
  }
}

/** Whether a transaction is in conflict with a change that somebody has made meanwhile. */
function conflict(layer: Layer, other: Layer | undefined): 'always' | 'never' | 'perhaps' {
  if (other === undefined || other.changed.size === 0 || layer.changed.size === 0) return 'never';
  const changed = [...other.changed.keys()];
  const isNet = (place: string): boolean => layer.get(place) !== layer.below(place);
  if (changed.some((place) => layer.changed.has(place) && isNet(place))) return 'always';
  const collections = changed.filter((place) => place[0] === 'r').map((place) => `o/${place.split('/')[1]}`);
  const touches =
    changed.some((place) => layer.changed.has(place) || layer.read.has(place)) ||
    collections.some((place) => layer.vague.has(place));
  if (!touches) return 'never';
  return changed.some((place) => layer.read.has(place)) ? 'always' : 'perhaps';
}
