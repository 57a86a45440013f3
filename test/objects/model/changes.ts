import type { Classes, ObjectsLibrary, Real } from './library.ts';
import { copyOf, plainValue, Ref, refsIn } from './values.ts';
import {
  type Context,
  KEYS,
  type Kind,
  ROOT,
  recordOf,
  rowOf,
  type ShadowRecord,
  same,
  type World,
  Wrong,
} from './world.ts';

/** A field that makes promises believe that its object is one. */
const THEN = 'then';

const codeOf = (fn: () => unknown): string => {
  try {
    fn();
  } catch (error) {
    return (error as { code?: string }).code ?? (error as Error).constructor.name;
  }
  return 'none';
};

/** Random changes of objects, made in the real ones and in the model. */
export class Changes {
  readonly #world: World;
  readonly #library: ObjectsLibrary;
  readonly #classes: Classes;
  readonly #random: (n: number) => number;
  /** The objects that changes choose from. */
  #pool: number[] = [ROOT];
  /** Whether objects that are not stored and were made before can be referred to. */
  refersToLoose = true;
  #stamp = 0;

  constructor(world: World, library: ObjectsLibrary, random: (n: number) => number) {
    this.#world = world;
    this.#library = library;
    this.#classes = library.classes;
    this.#random = random;
  }

  /** An object of the pool that a context sees, or that is not stored. */
  pick(context: Context, isWanted: (serial: number) => boolean = () => true): number | undefined {
    const from = this.#random(this.#pool.length);
    for (let i = 0; i < this.#pool.length; i++) {
      const serial = this.#pool[(from + i) % this.#pool.length] as number;
      if (this.#world.spoilt.has(serial)) continue;
      if (this.#world.record(context, serial) !== undefined && isWanted(serial)) return serial;
    }
    return undefined;
  }

  /** Whether an object may be referred to from one of `context`: one that is not stored may be bound to another store. */
  #canRefer(context: Context, to: number): boolean {
    if (!this.#world.loose.has(to)) return true;
    return this.refersToLoose && (context.actor.name === 'a' || !this.#world.isBound(to));
  }

  /** Whether `holder` may refer to it. Objects that are not stored refer to those of the first store only, and only to what it has committed. */
  #ref(
    context: Context,
    holder: number,
    isWanted: (serial: number) => boolean = () => true,
    made?: Kind,
  ): Ref | undefined {
    const { loose, log } = this.#world;
    const isLoose = loose.has(holder);
    const serial = this.pick(
      context,
      (each) =>
        isWanted(each) &&
        this.#canRefer(context, each) &&
        (!isLoose || loose.has(each) || (context.actor.name === 'a' && log.at(recordOf(each), log.tid) !== undefined)),
    );
    if (serial !== undefined && this.#random(5) > 0) return new Ref(serial);
    return this.#random(3) === 0 ? new Ref(this.make(made)) : undefined;
  }

  #plain(context: Context, holder: number): unknown {
    return plainValue({
      random: this.#random,
      stamp: () => ++this.#stamp,
      ref: () => this.#ref(context, holder, (serial) => serial !== ROOT),
    });
  }

  /** Makes an object that is not stored yet. */
  make(kind: Kind = (['node', 'node', 'special', 'map'] as const)[this.#random(4)] as Kind): number {
    const { PersistentMap } = this.#library['objects/index'];
    const n = ++this.#stamp;
    const fields: Record<string, unknown> = { n, text: `t${n}`, any: [n], [THEN]: n / 4 };
    let made: Real;
    if (kind === 'map') made = new PersistentMap({ key: this.#library.index.uint32 });
    else if (kind === 'node') made = new this.#classes.node(fields);
    else {
      Object.assign(fields, { bytes: Uint8Array.of(n, n >> 8), big: BigInt(n) });
      made = new this.#classes.special(fields);
    }
    const serial = this.#world.make(made, { kind, fields: kind === 'map' ? {} : fields });
    this.#pool.push(serial);
    if (this.#pool.length > 24) this.#pool.splice(1 + this.#random(this.#pool.length - 1), 1);
    return serial;
  }

  change(context: Context, serial: number): void {
    if (this.#random(4) === 0) this.edit(context, serial);
    else this.assign(context, serial);
  }

  /** Assigns a field, or a row of a collection. */
  assign(context: Context, serial: number): void {
    if (this.#hasFields(context, serial)) this.#assign(context, serial);
    else this.#changeRow(context, serial);
  }

  /** Changes a plain value in place, which is refused outside of a transaction, unless the object is not stored. */
  edit(context: Context, serial: number): void {
    if (this.#hasFields(context, serial)) this.#editField(context, serial);
    else this.#editRow(context, serial);
  }

  #hasFields(context: Context, serial: number): boolean {
    const { kind } = this.#world.record(context, serial) as ShadowRecord;
    return kind === 'node' || kind === 'special';
  }

  #assign(context: Context, serial: number): void {
    const world = this.#world;
    const record = world.record(context, serial) as ShadowRecord;
    const name = (['n', 'text', 'when', 'left', 'left', 'any', 'any', 'then', 'bytes', 'big'] as const)[
      this.#random(record.kind === 'special' ? 10 : 8)
    ] as string;
    const value = this.#fieldValue(context, serial, name);
    const real = world.real(context, serial);
    real[name] = world.realValue(context, value);
    world.put(context, recordOf(serial), { ...record, fields: { ...record.fields, [name]: value } });
  }

  #fieldValue(context: Context, serial: number, name: string): unknown {
    const n = ++this.#stamp;
    switch (name) {
      case 'text':
        return `text ${n} ${'ö'.repeat([0, 10, 800][this.#random(3)] as number)}`;
      case 'when':
        return this.#random(3) === 0 ? undefined : new Date(n * 1000);
      case 'left':
        return this.#ref(context, serial, (each) => this.#hasFields(context, each), 'node');
      case 'any':
        return this.#plain(context, serial);
      case 'bytes':
        return Uint8Array.of(n, n >> 8, n >> 16, ...new Uint8Array(this.#random(2) * 500));
      case 'big':
        return BigInt(n) << 30n;
      case 'then':
        return n / 8;
      default:
        return n;
    }
  }

  /** Changes the plain value of a field in place. */
  #editField(context: Context, serial: number): void {
    const world = this.#world;
    const record = world.record(context, serial) as ShadowRecord;
    const { any } = record.fields;
    if (!isEditable(any)) return;
    const real = world.real(context, serial);
    const changed = this.#edited(context, serial, any, () => real.any);
    if (changed !== undefined) {
      world.put(context, recordOf(serial), { ...record, fields: { ...record.fields, any: changed } });
    }
  }

  #editRow(context: Context, serial: number): void {
    const world = this.#world;
    const { kind } = world.record(context, serial) as ShadowRecord;
    const key = this.#key(kind);
    const value = world.get(context, rowOf(serial, key));
    // Rows of a collection that is not stored are frozen.
    if (!isEditable(value) || world.loose.has(serial)) return;
    const real = world.real(context, serial);
    context.layer?.read.add(rowOf(serial, key));
    const get = () => (kind === 'root' ? real[key as string] : real.get(key));
    const changed = this.#edited(context, serial, value, get);
    if (changed !== undefined) world.put(context, rowOf(serial, key), changed, true);
  }

  /** Adds to a list or an object, at the top or one level below. Undefined if that is refused, since nobody writes. */
  #edited(context: Context, holder: number, value: object, read: () => Real): unknown {
    const world = this.#world;
    // Reading a value makes the objects in it.
    refsIn(value, (to) => context.layer?.read.add(recordOf(to)));
    const changed = copyOf(value, (ref) => ref) as Real;
    const inner = Object.keys(changed).find((name) => isEditable(changed[name]));
    const path = inner !== undefined && this.#random(2) === 0 ? inner : undefined;
    const added = this.#plain(context, holder);
    const add = (top: Real, what: unknown) => {
      const target = path === undefined ? top : top[path];
      if (Array.isArray(target)) target.push(what);
      else target[`more${Object.keys(target).length}`] = what;
    };
    if (context.layer === undefined && !world.loose.has(holder)) {
      same(
        codeOf(() => add(read(), 1)),
        'TypeError',
        'a change of a plain value outside of a write',
      );
      return undefined;
    }
    add(read(), world.realValue(context, added));
    add(changed, added);
    return changed;
  }

  #key(kind: Kind): unknown {
    return KEYS[kind][this.#random(KEYS[kind].length)];
  }

  #changeRow(context: Context, serial: number): void {
    const world = this.#world;
    const { kind } = world.record(context, serial) as ShadowRecord;
    const real = world.real(context, serial);
    const key = this.#key(kind);
    const place = rowOf(serial, key);
    const there = world.get(context, place) !== undefined;
    context.layer?.read.add(place);
    const choice = this.#random(10);
    if (choice === 0 && kind === 'map') {
      this.#clear(context, serial, real);
    } else if (choice < 4) {
      if (kind === 'root') delete real[key as string];
      else same(real.delete(key), there, 'what delete() returns');
      if (there) world.put(context, place, undefined);
    } else {
      const value =
        this.#random(3) === 0 ? this.#plain(context, serial) : (this.#ref(context, serial) ?? ++this.#stamp);
      const given = world.realValue(context, value);
      if (kind === 'root') real[key as string] = given;
      else same(real.set(key, given) === real, true, 'what set() returns');
      world.put(context, place, value);
    }
  }

  #clear(context: Context, serial: number, real: Real): void {
    real.clear();
    for (const each of KEYS.map) {
      context.layer?.read.add(rowOf(serial, each));
      if (this.#world.get(context, rowOf(serial, each)) !== undefined)
        this.#world.put(context, rowOf(serial, each), undefined);
    }
    context.layer?.vague.add(recordOf(serial));
  }

  /** Assigns what cannot be stored: nothing changes. */
  refused(context: Context, foreign: Real | undefined): void {
    const world = this.#world;
    const serial = this.pick(context, (each) => world.record(context, each)?.kind === 'node');
    if (serial === undefined) return;
    const real = world.real(context, serial);
    const wrong: readonly [string, () => unknown][] = [
      ['ERR_INVALID_ARG_TYPE', () => (real.n = 'x')],
      ['ERR_INVALID_ARG_TYPE', () => (real.n = undefined)],
      ['ERR_INVALID_ARG_TYPE', () => (real.left = { n: 1 })],
      ['ERR_NOT_PERSISTENT', () => (real.any = { a: [() => 1] })],
      ['ERR_NOT_PERSISTENT', () => (real.any = new Map())],
      ['ERR_NOT_PERSISTENT', () => (world.real(context, ROOT).a = { a: new Set() })],
    ];
    const [code, fn] = wrong[this.#random(wrong.length)] as (typeof wrong)[number];
    same(codeOf(fn), code, 'a value that cannot be stored');
    if (foreign !== undefined && context.layer === undefined) {
      same(
        codeOf(() => (world.real(context, ROOT).a = foreign)),
        'ERR_NOT_PERSISTENT',
        'an object of another store',
      );
    }
  }

  /** Compares an object, or a part of it. */
  look(context: Context, serial: number): void {
    const { kind } = this.#world.record(context, serial) as ShadowRecord;
    const real = this.#world.real(context, serial);
    const what = `${context.what}: #${serial}`;
    if (kind === 'root' || kind === 'map') this.#lookAtRows(context, serial, real, kind, what);
    else this.#lookAtFields(context, serial, real, kind, what);
  }

  #lookAtFields(context: Context, serial: number, real: Real, kind: Kind, what: string): void {
    const { fields } = this.#world.record(context, serial) as ShadowRecord;
    const names = ['n', 'text', 'when', 'left', 'any', 'then', ...(kind === 'special' ? ['bytes', 'big'] : [])];
    const found = Object.fromEntries(names.map((name) => [name, real[name]]));
    this.#seeAll(context, serial, [found.left, found.any]);
    const text = ({ ...all }: Record<string, unknown>) =>
      names.map((name) => `${name}: ${this.#world.text(all[name])}`).join();
    same(text(found), text(fields), what);
    const of = kind === 'special' ? this.#classes.special : this.#classes.node;
    if (real.constructor !== of || real.five !== 5) throw new Wrong(`${what} is no ${kind}`);
    const again = real.left;
    if (again !== found.left) throw new Wrong(`${what}: left is not the same object twice`);
  }

  /** Checks that the persistent objects in values are those of the view. */
  #seeAll(context: Context, holder: number, values: unknown): void {
    // An object that is not stored may hold objects of whatever view.
    if (this.#world.loose.has(holder)) return;
    const see = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      if (this.#world.serialOf(value) !== undefined) this.#world.see(context, value);
      else if (Array.isArray(value)) value.forEach(see);
      else if (!(value instanceof Date) && !(value instanceof Uint8Array)) Object.values(value).forEach(see);
    };
    see(values);
  }

  #lookAtRows(context: Context, serial: number, real: Real, kind: Kind, what: string): void {
    const world = this.#world;
    const key = this.#key(kind);
    const wanted = world.get(context, rowOf(serial, key));
    context.layer?.read.add(rowOf(serial, key));
    const found =
      kind === 'root' ? (Object.hasOwn(real, key as string) ? real[key as string] : undefined) : real.get(key);
    this.#seeAll(context, serial, found);
    same(world.text(found), world.text(wanted), `${what} ${String(key)}`);
    same(
      kind === 'root' ? Object.hasOwn(real, key as string) : real.has(key),
      wanted !== undefined,
      `${what} has ${String(key)}`,
    );
    if (this.#random(3) > 0) return;
    // A range reads all rows, and stores nothing.
    context.layer?.vague.add(recordOf(serial));
    const all = KEYS[kind]
      .map((each) => [each, world.get(context, rowOf(serial, each))])
      .filter(([, value]) => value !== undefined);
    const entries: [unknown, unknown][] =
      kind === 'root' ? Object.keys(real).map((name) => [name, real[name]]) : [...real.entries()];
    this.#seeAll(context, serial, entries);
    same(world.text(entries), world.text(all), `${what}, its entries`);
    if (kind === 'map') same(real.size, all.length, `${what}, its size`);
  }
}

function isEditable(value: unknown): value is object {
  if (Array.isArray(value)) return true;
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
