import type { Store } from '../../../lib/objects/index.ts';
import type { Handle, View } from '../../../lib/objects/model.ts';
import type { ObjectsLibrary, Real } from './library.ts';
import { type Cells, type Layer, Log } from './log.ts';
import { copyOf, Ref, refsIn, textOf } from './values.ts';

/** A mistake that the model has found. */
export class Wrong extends Error {}

export function same(found: unknown, wanted: unknown, what: string): void {
  const [a, b] = [found, wanted].map((each) => (typeof each === 'string' ? each : JSON.stringify(each)));
  if (a !== b) throw new Wrong(`${what}: ${a?.slice(0, 400)} instead of ${b?.slice(0, 400)}`);
}

export type Kind = 'root' | 'node' | 'special' | 'map';

/** What the model has for the record of an object. */
export interface ShadowRecord {
  readonly kind: Kind;
  readonly fields: { readonly [name: string]: unknown };
}

export const ROOT = 0;
export const recordOf = (serial: number): string => `o/${serial}`;
export const rowOf = (serial: number, key: unknown): string => `r/${serial}/${JSON.stringify(key)}`;

/** The keys that the model uses, in order. */
export const KEYS: { readonly [kind in Kind]: readonly unknown[] } = {
  root: ['a', 'b', 'c', 'constructor', 'then'],
  map: [1, 2, 30, 400, 70_000],
  node: [],
  special: [],
};

/** An open store. */
export interface Actor {
  readonly store: Store;
  readonly name: string;
  /** Of its live objects. */
  readonly view: View;
  /** The commit that its live objects show, once they were read in this job. */
  seen: number | undefined;
}

/** Where something is read or changed: a version, or a running transaction. */
export interface Context {
  readonly actor: Actor;
  readonly view: View;
  readonly what: string;
  readonly layer: Layer | undefined;
  get(place: string): unknown;
}

/** The objects of a program: what the model knows of them, and the real ones. */
export class World {
  readonly log: Log;
  /** The objects that are not stored, and their cells. */
  readonly loose: Map<number, Real> = new Map();
  /** Those that cannot be used any more. */
  readonly spoilt: Set<number> = new Set();
  readonly #looseCells: Cells = new Map();
  /** The objects that running transactions have stored. */
  readonly #storing = new Map<number, Real>();
  readonly #library: ObjectsLibrary;
  /** What was done last, for the message of an error. */
  readonly #notes: string[] = [];
  #lastSerial = ROOT;
  #lastId = 1;
  /** Of objects that the program has made. */
  readonly #serials = new WeakMap<object, number>();
  readonly #serialOfId = new Map<number, number>([[1, ROOT]]);
  readonly #ids = new Map<number, number>([[ROOT, 1]]);
  /** The objects that the program holds, by view. */
  #held = new Map<View, Map<number, Real>>();

  constructor(library: ObjectsLibrary, tid: number) {
    this.#library = library;
    this.log = new Log(tid);
  }

  note(text: string): void {
    this.#notes.push(text);
    if (this.#notes.length > 100) this.#notes.splice(0, 50);
  }

  /** What was done last. */
  get notes(): string {
    return this.#notes.slice(-30).join('\n');
  }

  handle(object: object): Handle {
    const handle = this.#library['objects/handle'].handleOf(object);
    if (handle === undefined) throw new Wrong('an object is not persistent');
    return handle;
  }

  #idIn(object: object): number {
    return this.#library['objects/handle'].slots.id(this.handle(object));
  }

  readonly serialOf = (object: object): number | undefined => {
    if (object instanceof Ref) return object.serial;
    const made = this.#serials.get(object);
    if (made !== undefined) return made;
    const handle = this.#library['objects/handle'].handleOf(object);
    if (handle === undefined) return undefined;
    const id = this.#library['objects/handle'].slots.id(handle);
    const serial = this.#serialOfId.get(id);
    if (serial === undefined) throw new Wrong(`there is an object ${id} of which the model does not know`);
    return serial;
  };

  readonly text = (value: unknown): string => textOf(value, this.serialOf);

  /** Adds an object that was made and is not stored. */
  make(object: Real, record: ShadowRecord): number {
    const serial = ++this.#lastSerial;
    this.note(`make ${record.kind} #${serial}`);
    this.#serials.set(object, serial);
    this.loose.set(serial, object);
    this.#looseCells.set(recordOf(serial), record);
    return serial;
  }

  get(context: Context, place: string): unknown {
    return this.loose.has(serialIn(place)) ? this.#looseCells.get(place) : context.get(place);
  }

  /** `isDraft`: whether the value was changed in place, so that it is written later. */
  put(context: Context, place: string, value: unknown, isDraft = false): void {
    this.note(`${context.what}: ${place} = ${textOf(value, this.serialOf).slice(0, 200)}`);
    if (!this.loose.has(serialIn(place))) {
      context.layer?.changed.set(place, value);
      // How many rows there are may be stored, too.
      if (place[0] === 'r') context.layer?.vague.add(recordOf(serialIn(place)));
    } else this.#looseCells.set(place, value);
    // The rows of a collection have their objects stored at once, what records refer to when these are written.
    if (place[0] === 'r' && !isDraft && !this.loose.has(serialIn(place)))
      refsIn(value, (serial) => this.#store(context, serial));
  }

  record(context: Context, serial: number): ShadowRecord | undefined {
    return this.get(context, recordOf(serial)) as ShadowRecord | undefined;
  }

  /** What a transaction refers to and is not stored is stored with it. */
  flush(context: Context): void {
    this.note(`flush ${context.what}`);
    const { changed } = context.layer as Layer;
    // What is added meanwhile comes, too.
    for (const [, value] of changed) {
      refsIn(value, (serial) => this.#store(context, serial));
    }
  }

  #store(context: Context, serial: number): void {
    if (!this.loose.has(serial)) return;
    const layer = context.layer as Layer;
    this.note(`store #${serial}`);
    const cells: Cells = new Map();
    for (const place of this.placesOf(serial)) {
      if (!this.#looseCells.has(place)) continue;
      const value = this.#looseCells.get(place);
      cells.set(place, value);
      layer.changed.set(place, value);
    }
    layer.stored.set(serial, cells);
    this.#storing.set(serial, this.loose.get(serial));
    this.loose.delete(serial);
    for (const [place, value] of cells) if (place[0] === 'r') refsIn(value, (inner) => this.#store(context, inner));
  }

  /** The places that an object has. */
  placesOf(serial: number): string[] {
    const record = (this.#looseCells.get(recordOf(serial)) ?? this.log.at(recordOf(serial), this.log.tid)) as
      | ShadowRecord
      | undefined;
    return [recordOf(serial), ...KEYS[record?.kind ?? 'map'].map((key) => rowOf(serial, key))];
  }

  /** A transaction was rolled back: what it has stored is not stored any more. */
  rollBack(context: Context): void {
    this.note(`roll back ${context.what}`);
    for (const [serial, cells] of (context.layer as Layer).stored) {
      const object = this.#storing.get(serial);
      this.#storing.delete(serial);
      this.loose.set(serial, object);
      for (const place of this.placesOf(serial)) this.#looseCells.delete(place);
      for (const [place, value] of cells) this.#looseCells.set(place, value);
      same(this.#idIn(object), 0, `the id of #${serial}, which was rolled back`);
    }
  }

  /** A transaction was committed. `live` is the view in which its new objects are from now on. */
  commit(layer: Layer, live: View, oldest: number): void {
    this.log.commit(layer.changed, oldest);
    this.note(`commit ${this.log.tid}`);
    for (const serial of layer.stored.keys()) {
      const object = this.#storing.get(serial);
      this.#storing.delete(serial);
      this.#heldBy(live).set(serial, object);
      for (const place of this.placesOf(serial)) this.#looseCells.delete(place);
      const id = this.#idIn(object);
      if (this.#serialOfId.has(id) || id <= 1) throw new Wrong(`the id ${id} is given again`);
      this.#lastId = Math.max(this.#lastId, id);
      this.#serialOfId.set(id, serial);
      this.#ids.set(serial, id);
    }
  }

  get lastId(): number {
    return this.#lastId;
  }

  idOf(serial: number): number {
    return this.#ids.get(serial) ?? 0;
  }

  /** The real object for a number, in the view of a context. */
  real(context: Context, serial: number): Real {
    context.layer?.read.add(recordOf(serial));
    const made = this.loose.get(serial) ?? this.#storing.get(serial);
    if (made !== undefined) return made;
    const object = context.view.object(this.idOf(serial));
    this.see(context, object);
    return object;
  }

  /** A persistent object was read: it is the one that the program has already, and belongs to the view (J2). */
  see(context: Context, object: object): void {
    const serial = this.serialOf(object) as number;
    const made = this.loose.get(serial) ?? this.#storing.get(serial);
    if (made !== undefined) {
      if (made !== object) throw new Wrong(`#${serial} is another object than the one made`);
      return;
    }
    context.layer?.read.add(recordOf(serial));
    if (this.#library['objects/handle'].viewOf(this.handle(object)) !== context.view) {
      throw new Wrong(`${context.what}: #${serial} belongs to another view`);
    }
    const held = this.#heldBy(context.view);
    const known = held.get(serial);
    if (known !== undefined && known !== object)
      throw new Wrong(`${context.what}: there are two objects for #${serial}`);
    held.set(serial, object);
  }

  #heldBy(view: View): Map<number, Real> {
    let held = this.#held.get(view);
    if (held === undefined) {
      held = new Map();
      this.#held.set(view, held);
    }
    return held;
  }

  /** The program forgets objects of a view. */
  forget(view: View, isDue: () => boolean): void {
    for (const serial of this.#heldBy(view).keys()) if (isDue()) this.#heldBy(view).delete(serial);
  }

  /** A view has ended. */
  end(view: View): void {
    this.#held.delete(view);
  }

  /** A value of the model with the real objects of a context in it. */
  realValue(context: Context, value: unknown): unknown {
    return copyOf(value, ({ serial }) => this.real(context, serial));
  }

  /** Whether an object that is not stored refers to objects that are, also through others. */
  isBound(serial: number): boolean {
    return this.#reaches(serial, (each) => !this.loose.has(each));
  }

  /** The store has been closed to which objects may be bound that are not stored. */
  spoilBound(): void {
    this.spoil((serial) => !this.loose.has(serial));
  }

  /** What is not stored and reaches such an object is not used any more: it could be stored in one store only. */
  spoil(isWanted: (serial: number) => boolean): void {
    for (const serial of this.loose.keys()) if (this.#reaches(serial, isWanted)) this.spoilt.add(serial);
  }

  #reaches(from: number, isWanted: (serial: number) => boolean, seen: Set<number> = new Set()): boolean {
    if (isWanted(from)) return true;
    if (seen.has(from) || !this.loose.has(from)) return false;
    seen.add(from);
    let found = false;
    for (const place of this.placesOf(from)) {
      refsIn(this.#looseCells.get(place), (to) => {
        found ||= this.#reaches(to, isWanted, seen);
      });
    }
    return found;
  }
}

function serialIn(place: string): number {
  return Number(place.split('/')[1]);
}
