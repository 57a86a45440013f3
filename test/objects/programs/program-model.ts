import type { Environment } from '../../../lib/index.ts';
import type { Snapshot, Store } from '../../../lib/objects/index.ts';
import type { Handle, View } from '../../../lib/objects/model.ts';
import { Random } from '../../versions/random.ts';
import type { ObjectsLibrary } from '../model/library.ts';
import { danglingReferences, type RawStore, rawReader } from '../model/raw-records.ts';
import { Ref } from '../model/values.ts';
import { same, Wrong } from '../model/world.ts';
import type { Program } from './classes.ts';
import { contentsOf, shadowText, wantedOf } from './contents.ts';
import { type Operation, Operations } from './operations.ts';
import { Doc, forEachRef, keyText, newShadow, ROOT, reachable, type Shadow, type State } from './shadow.ts';
import { type Actor, Identities, Side } from './side.ts';
import { Watching } from './watching.ts';

const undo = new Error('undo');
const D = keyText('d');

export interface ProgramModelOptions {
  /** Three stores: two of the first program, which has the new classes, and one of the second. */
  readonly programs: readonly [Program, Program];
  readonly path: string;
  readonly seed: number;
  /** Every so many steps the whole store is checked. */
  readonly checkEvery: number;
}

interface Held {
  readonly snapshot: Snapshot;
  readonly side: Side;
  readonly state: State;
}

/** A run of a transaction that waits. */
interface Running {
  readonly side: Side;
  readonly doc: Doc;
  readonly done: Done[];
}

/** What a transaction does, and what that has given. */
interface Done {
  readonly operation: Operation;
  readonly result: string;
}

function viewOf({ 'objects/handle': of }: ObjectsLibrary, object: object): View {
  return of.viewOf(of.handleOf(object) as Handle);
}

/**
 * Random programs on one store, and a model of it: plain objects, and a log of the versions that there were. Each thing that a program does has the result that it has with
 * the plain objects. A transaction that waits has the results of the version that it sees; when it is committed, it is done again with the newest plain objects, and must have the
 * same results there: that is what serializable means. So no rule for conflicts is needed.
 *
 * After each step: an object of some version is what the model has (J2, J3), also after the store was opened again (J4). Now and then: no reference dangles
 * (J1), and what is not there was not reachable when it was collected.
 */
export class ProgramModel {
  readonly #options: ProgramModelOptions;
  readonly #random: Random;
  readonly #identities = new Identities();
  #state: State = new Map([[ROOT, newShadow('root')]]);
  #actors: Actor[] = [];
  #environments: Environment[] = [];
  /** Of the newest version, one for each actor. */
  #live: Side[] = [];
  #snapshots: Held[] = [];
  #operations: Operations[] = [];
  #raw!: () => RawStore;
  #lastSerial = ROOT;
  /** Not reachable while a collection was running: it may be deleted, or about to be. */
  readonly #maybeGone = new Set<number>();
  #isCollecting = false;
  #watching: Watching | undefined;
  readonly #notes: string[] = [];
  /** What others have changed since the last transaction that waits has begun. */
  readonly #touchedMeanwhile = new Set<number>();
  step = 0;

  constructor(options: ProgramModelOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#open();
  }

  async run(steps: number): Promise<void> {
    try {
      for (const end = this.step + steps; this.step < end; this.step++) {
        await this.#act();
        this.#look();
        if (this.#random.chance(0.05)) await this.#watching?.check();
        if (this.step % this.#options.checkEvery === 0) await this.#checkAll();
      }
      await this.#checkAll();
    } catch (error) {
      (error as Error).message +=
        ` (seed ${this.#options.seed}, step ${this.step})\n${this.#notes.slice(-25).join('\n')}`;
      throw error;
    } finally {
      this.#close();
    }
  }

  #note(text: string): void {
    if (this.#notes.push(text) > 200) this.#notes.splice(0, 150);
  }

  #open(): void {
    const [recent, old] = this.#options.programs;
    const { path } = this.#options;
    const options = { durability: 'nosync', changes: { count: 1000 } } as const;
    const { open } = recent.library.index;
    const openWith = (program: Program, name: string): Actor => {
      const store: Store = program.library['objects/index'].openStore(path, options);
      return { name, program, store };
    };
    this.#actors = [openWith(recent, 'a'), openWith(recent, 'b'), openWith(old, 'c')];
    this.#operations = this.#actors.map(
      ({ program }) => new Operations(this.#random, program.version, () => ++this.#lastSerial),
    );
    this.#live = this.#actors.map(
      (actor) => new Side(actor, viewOf(actor.program.library, actor.store.root), this.#identities),
    );
    this.#watching = new Watching(this.#live[this.#random.below(3)] as Side);
    const reader = open(path, options);
    this.#environments = [reader];
    this.#raw = rawReader(recent.library, reader);
  }

  #close(): void {
    this.#watching?.end();
    for (const { snapshot } of this.#snapshots.splice(0)) snapshot.end();
    for (const { store } of this.#actors) store.close();
    for (const env of this.#environments) env.close();
  }

  async #act(): Promise<void> {
    const i = this.#random.below(this.#actors.length);
    const kind = this.#random.below(1000);
    if (kind < 350) this.#alone(i);
    else if (kind < 600) this.#write(i);
    else if (kind < 760) await this.#transact(i);
    else if (kind < 800) this.#snapshot(i);
    else if (kind < 840) this.#endSnapshot();
    else if (kind < 850) this.#live[i]?.forget();
    else if (kind < 870) this.#outerWrite(i);
    else if (kind < 890) this.#revive(i);
    else if (kind < 900) await this.#collect(i);
    else if (kind < 905) await this.#reopen();
    // What another process has committed shows after a wait.
    else await undefined;
  }

  /** Does something with the real objects of `side` and with the model's, and compares what that gives. */
  #do(side: Side, doc: Doc, operation: Operation): Done {
    this.#note(`${side.actor.name}: ${operation.what}`);
    const wanted = shadowText(operation.shadow(doc));
    const result = side.text(operation.real(side));
    same(result, wanted, `${side.actor.name}: ${operation.what}`);
    return { operation, result };
  }

  /** One thing outside of a transaction. A change is a commit by itself; what is read is of the newest version, once that was asked for. */
  #alone(i: number): void {
    const { store } = this.#actors[i] as Actor;
    const side = this.#live[i] as Side;
    store.refresh();
    const doc = new Doc(this.#state);
    const operation = (this.#operations[i] as Operations).choose(doc);
    if (operation.isInPlace !== true) this.#do(side, doc, operation);
    this.#committed(side, doc, i);
  }

  #write(i: number): void {
    const side = this.#live[i] as Side;
    const doc = new Doc(this.#state);
    if (this.#writeIn(i, doc, 0)) this.#committed(side, doc, i);
    else side.created.clear();
  }

  /** Runs a write with others in it. Returns whether it has succeeded. */
  #writeIn(i: number, doc: Doc, depth: number): boolean {
    const { store } = this.#actors[i] as Actor;
    const side = this.#live[i] as Side;
    const fails = this.#random.chance(0.25);
    const body = (): void => {
      for (let left = this.#random.below(6); left >= 0; left--) {
        if (depth < 2 && this.#random.chance(0.2))
          this.#nested(doc, side, (inner) => this.#writeIn(i, inner, depth + 1));
        else this.#do(side, doc, (this.#operations[i] as Operations).choose(doc));
      }
      if (fails) throw undo;
    };
    try {
      store.write(body);
    } catch (error) {
      if (error !== undo) throw error;
      this.#note(`${side.actor.name}: a write fails`);
      return false;
    }
    return true;
  }

  /** Runs something that may fail alone. */
  #nested(doc: Doc, side: Side, run: (inner: Doc) => boolean): void {
    const inner = new Doc(doc.state);
    const created = new Set(side.created.keys());
    if (run(inner)) doc.takeOver(inner);
    else for (const serial of side.created.keys()) if (!created.has(serial)) side.created.delete(serial);
  }

  /** A write of the environment around writes of the store, which takes them back when it fails. */
  #outerWrite(i: number): void {
    const { store, name } = this.#actors[i] as Actor;
    const side = this.#live[i] as Side;
    const doc = new Doc(this.#state);
    const fails = this.#random.chance(0.6);
    try {
      store.environment.write(() => {
        for (let left = this.#random.below(3); left >= 0; left--)
          this.#nested(doc, side, (inner) => this.#writeIn(i, inner, 1));
        if (fails) throw undo;
      });
    } catch (error) {
      if (error !== undo) throw error;
      this.#note(`${name}: env.write() fails`);
      side.created.clear();
      return;
    }
    this.#committed(side, doc, i);
  }

  /** Runs a transaction that waits, while others commit. */
  async #transact(i: number): Promise<void> {
    const { store, name, program } = this.#actors[i] as Actor;
    const fails = this.#random.chance(0.15);
    let others = this.#random.below(3);
    this.#touchedMeanwhile.clear();
    let last: Running | undefined;
    let tid = 0;
    try {
      await store.transact(
        async (txn) => {
          const side = new Side(this.#actors[i] as Actor, viewOf(program.library, txn.root), this.#identities);
          last = { side, doc: new Doc(this.#state), done: [] };
          this.#note(`${name}: transact`);
          const run = last;
          for (let left = this.#random.below(5); left >= 0; left--) {
            if (this.#random.chance(0.3)) await undefined;
            if (this.#random.chance(0.15)) await this.#savepoint(store, i, run);
            else run.done.push(this.#do(side, run.doc, (this.#operations[i] as Operations).choose(run.doc)));
            if (others > 0 && this.#random.chance(0.4)) {
              others--;
              this.#write(this.#otherThan(i));
            }
          }
          if (fails) throw undo;
          tid = this.#tid;
        },
        { retries: 5 },
      );
    } catch (error) {
      if (error !== undo) throw error;
      this.#note(`${name}: a transaction fails`);
      return;
    }
    // One that has changed nothing is right as of the version that it has seen.
    if (this.#tid === tid) return;
    const { side, done } = last as unknown as Running;
    const doc = new Doc(this.#state);
    for (const { operation, result } of done) {
      same(shadowText(operation.shadow(doc)), result, `${name}: ${operation.what}, as of the commit`);
    }
    this.#committed(side, doc, i);
    this.#takeOrder(i, doc);
  }

  async #savepoint(store: Store, i: number, { side, doc, done }: Running): Promise<void> {
    const inner = new Doc(doc.state);
    const own: Done[] = [];
    const fails = this.#random.chance(0.5);
    const created = new Set(side.created.keys());
    try {
      await store.transact(async () => {
        for (let left = this.#random.below(3); left >= 0; left--) {
          own.push(this.#do(side, inner, (this.#operations[i] as Operations).choose(inner)));
          if (this.#random.chance(0.3)) await undefined;
        }
        if (fails) throw undo;
      });
    } catch (error) {
      if (error !== undo) throw error;
      this.#note(`${side.actor.name}: a savepoint is taken back`);
      for (const serial of side.created.keys()) if (!created.has(serial)) side.created.delete(serial);
      return;
    }
    doc.takeOver(inner);
    done.push(...own);
  }

  /** What two transactions push to a list at the same time is in either order. */
  #takeOrder(i: number, { touched }: Doc): void {
    const side = this.#live[i] as Side;
    side.actor.store.refresh();
    for (const serial of reachable(this.#state)) {
      const shadow = this.#state.get(serial) as Shadow;
      if (shadow.kind !== 'list' || !touched.has(serial) || !this.#touchedMeanwhile.has(serial)) continue;
      const texts = [...side.real(serial)].map((each: unknown) => side.text(each));
      same(
        [...texts].sort(),
        shadow.elements.map(shadowText).sort(),
        `the elements of #${serial}, to which two have pushed`,
      );
      const left = [...shadow.elements];
      const elements = texts.map(
        (text) =>
          left.splice(
            left.findIndex((each) => shadowText(each) === text),
            1,
          )[0],
      );
      this.#state = new Map(this.#state).set(serial, { ...shadow, elements });
    }
  }

  /** The newest commit. */
  get #tid(): number {
    return (this.#environments[0] as Environment).read((txn) => txn.tid);
  }

  #otherThan(i: number): number {
    return (i + 1 + this.#random.below(this.#actors.length - 1)) % this.#actors.length;
  }

  /** A version was committed, unless nothing was changed. */
  #committed(side: Side, doc: Doc, i: number): void {
    for (const serial of side.committed(this.#live[i] as Side)) doc.remove(serial);
    for (const serial of doc.touched.keys()) this.#touchedMeanwhile.add(serial);
    this.#watching?.committed(this.#tid, this.#state, doc);
    this.#state = doc.state;
  }

  #snapshot(i: number): void {
    if (this.#snapshots.length > 6) this.#endSnapshot();
    const actor = this.#actors[i] as Actor;
    const snapshot = actor.store.snapshot();
    const view = viewOf(actor.program.library, snapshot.root);
    const known = this.#snapshots.find((held) => held.side.view === view);
    this.#snapshots.push({
      snapshot,
      side: known?.side ?? new Side(actor, view, this.#identities),
      state: this.#state,
    });
  }

  #endSnapshot(): void {
    this.#snapshots.splice(this.#random.below(this.#snapshots.length), 1)[0]?.snapshot.end();
  }

  /** Reads an object of some version. */
  #look(): void {
    const held = this.#snapshots[this.#random.below(2 * this.#snapshots.length + 1)];
    const i = this.#random.below(this.#actors.length);
    if (held === undefined) (this.#actors[i] as Actor).store.refresh();
    const side = held?.side ?? (this.#live[i] as Side);
    const state = held?.state ?? this.#state;
    const serials = [...reachable(state)];
    this.#compare(side, state, this.#random.pick(serials));
  }

  #compare(side: Side, state: State, serial: number): void {
    const shadow = state.get(serial) as Shadow;
    same(
      side.text(contentsOf(side, serial, shadow)),
      shadowText(wantedOf(side, state.get(serial) as Shadow)),
      `${side.actor.name}: #${serial}`,
    );
  }

  /** Refers again to what nothing reaches. If it is deleted, or about to be, that is an error. */
  #revive(i: number): void {
    const side = this.#live[i] as Side;
    const { store } = this.#actors[i] as Actor;
    const from = reachable(this.#state);
    const dropped = [...this.#state.keys()].filter((serial) => !from.has(serial));
    if (dropped.length === 0) return;
    const serial = this.#random.pick(dropped);
    this.#note(`${side.actor.name}: revive #${serial}`);
    store.refresh();
    try {
      const real = side.real(serial);
      store.root['d'] = real;
    } catch (error) {
      if ((error as { code?: string }).code !== 'ERR_NO_OBJECT') throw error;
      if (!this.#isCollecting && !this.#maybeGone.has(serial))
        throw new Wrong(`#${serial} is gone, but no collection has run since it was dropped`);
      return;
    }
    const doc = new Doc(this.#state);
    doc.edit(ROOT, D).entries.set(D, new Ref(serial));
    this.#committed(side, doc, i);
    for (const each of reachable(this.#state)) this.#maybeGone.delete(each);
  }

  /** Collects garbage, while others write, or until it is interrupted. */
  async #collect(i: number): Promise<void> {
    const { store, name } = this.#actors[i] as Actor;
    const meddles = this.#random.chance(0.5);
    const ended = new AbortController();
    const endsAfter = this.#random.chance(0.3) ? this.#random.below(8) : -1;
    const from = reachable(this.#state);
    this.#note(
      `${name}: collect${meddles ? ', others write' : ''}${endsAfter >= 0 ? `, ends after ${endsAfter}` : ''}`,
    );
    let calls = 0;
    const onProgress = (): void => {
      if (calls++ === endsAfter) ended.abort();
      if (!meddles || !this.#random.chance(0.6)) return;
      const other = this.#random.below(this.#actors.length);
      if (this.#random.chance(0.5)) this.#revive(other);
      else this.#write(other);
    };
    this.#isCollecting = true;
    try {
      const { deleted } = await store.collect({ signal: ended.signal, onProgress });
      if (!meddles) same(this.#takeDeleted() >= deleted, true, 'what collect() has deleted');
    } catch (error) {
      if ((error as { code?: string }).code !== 'ABORT_ERR') throw error;
    }
    this.#isCollecting = false;
    this.#takeDeleted();
    const left = reachable(this.#state);
    for (const serial of this.#state.keys()) if (!left.has(serial)) this.#maybeGone.add(serial);
    // All else that was garbage is deleted, if nobody has written meanwhile.
    if (!meddles && endsAfter < 0)
      same([...this.#state.keys()].filter((each) => !from.has(each)).length, 0, 'the objects that collect() has left');
  }

  /** The model forgets what is deleted. Nothing of it may be reachable. */
  #takeDeleted(): number {
    const { objects } = this.#raw();
    const from = reachable(this.#state);
    const left = new Map(this.#state);
    for (const serial of this.#state.keys()) {
      if (objects.has(this.#identities.idOf(serial))) continue;
      if (from.has(serial)) throw new Wrong(`#${serial} is deleted, and the root reaches it`);
      left.delete(serial);
    }
    const deleted = this.#state.size - left.size;
    this.#state = left;
    return deleted;
  }

  async #reopen(): Promise<void> {
    this.#note('open again');
    await this.#watching?.check();
    this.#close();
    this.#open();
  }

  /** The whole store is what the model has, and what the file has is sound. */
  async #checkAll(): Promise<void> {
    const [actor] = this.#actors as [Actor];
    actor.store.refresh();
    const [side] = this.#live as [Side];
    const from = reachable(this.#state);
    for (const serial of from) this.#compare(side, this.#state, serial);
    for await (const problem of actor.store.check()) throw new Wrong(problem.message);
    const raw = this.#raw();
    if (this.#maybeGone.size === 0) {
      const [dangling] = danglingReferences(raw);
      if (dangling !== undefined) throw new Wrong(dangling);
    }
    for (const serial of from) {
      const wanted = new Set<number>();
      const { fields, kind, entries, elements } = this.#state.get(serial) as Shadow;
      if (kind === 'item') forEachRef(fields, (to) => wanted.add(this.#identities.idOf(to)));
      const id = this.#identities.idOf(serial);
      same(
        raw.objects.get(id),
        [...wanted].sort((a, b) => a - b),
        `the references of #${serial}`,
      );
      const inRows = new Set(raw.rows.filter(([owner]) => owner === id).flatMap(([, ids]) => ids));
      const wantedInRows = new Set<number>();
      forEachRef([...entries.values(), elements], (to) => wantedInRows.add(this.#identities.idOf(to)));
      same(
        [...inRows].sort((a, b) => a - b),
        [...wantedInRows].sort((a, b) => a - b),
        `the references in rows of #${serial}`,
      );
    }
  }
}
