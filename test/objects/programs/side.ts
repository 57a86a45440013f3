import type { Store } from '../../../lib/objects/index.ts';
import type { View } from '../../../lib/objects/model.ts';
import type { Real } from '../model/library.ts';
import { copyOf, Ref, textOf } from '../model/values.ts';
import { Wrong } from '../model/world.ts';
import type { Program } from './classes.ts';
import type { Kind } from './shadow.ts';

/** Which real objects the model's numbers stand for. */
export class Identities {
  readonly #serialOfId = new Map<number, number>([[1, 0]]);
  readonly #idOf = new Map<number, number>([[0, 1]]);
  /** Of objects that the program has made. */
  readonly made: WeakMap<object, number> = new WeakMap();

  idOf(serial: number): number {
    return this.#idOf.get(serial) ?? 0;
  }

  serialOfId(id: number): number {
    const serial = this.#serialOfId.get(id);
    if (serial === undefined) throw new Wrong(`there is an object ${id} of which the model does not know`);
    return serial;
  }

  /** An object was committed. */
  add(serial: number, id: number): void {
    if (this.#serialOfId.has(id) || id <= 1) throw new Wrong(`the id ${id} is given again`);
    this.#serialOfId.set(id, serial);
    this.#idOf.set(serial, id);
  }
}

/** An open store of a program. */
export interface Actor {
  readonly name: string;
  readonly program: Program;
  readonly store: Store;
}

/** The real objects of one view. It checks that there is one for each number (J2), and that they belong to the view (J3). */
export class Side {
  readonly actor: Actor;
  readonly view: View;
  readonly #identities: Identities;
  /** Those that a transaction has made and not committed. */
  readonly created: Map<number, Real> = new Map();
  readonly #held = new Map<number, Real>();

  constructor(actor: Actor, view: View, identities: Identities) {
    this.actor = actor;
    this.view = view;
    this.#identities = identities;
  }

  real(serial: number): Real {
    const made = this.created.get(serial);
    if (made !== undefined) return made;
    const object = this.view.object(this.#identities.idOf(serial));
    this.#see(serial, object);
    return object;
  }

  /** The number of an object; undefined for what is no object. */
  readonly serialOf = (value: object): number | undefined => {
    if (value instanceof Ref) return value.serial;
    const { handleOf, slots, viewOf } = this.actor.program.library['objects/handle'];
    const handle = handleOf(value);
    if (handle === undefined) return undefined;
    const made = this.#identities.made.get(value);
    if (made !== undefined && this.created.has(made)) return made;
    const serial = this.#identities.serialOfId(slots.id(handle));
    this.#see(serial, value);
    if (viewOf(handle) !== this.view) throw new Wrong(`${this.actor.name}: #${serial} belongs to another view`);
    return serial;
  };

  text(value: unknown): string {
    return textOf(value, this.serialOf);
  }

  value(value: unknown): unknown {
    return copyOf(value, ({ serial }) => this.real(serial));
  }

  make(serial: number, kind: Kind, fields: { readonly [name: string]: unknown }): Real {
    const { item, tally, moved, library } = this.actor.program;
    const { PersistentMap, PersistentSet, PersistentList, Counter } = library['objects/index'];
    const makers: { readonly [kind in Kind]?: () => Real } = {
      item: () => new item(this.value(fields) as object),
      tally: () => new tally(fields),
      moved: () => new moved(fields),
      map: () => new PersistentMap(),
      set: () => new PersistentSet(),
      list: () => new PersistentList(),
      counter: () => new Counter(),
    };
    const object = makers[kind]?.();
    this.#identities.made.set(object, serial);
    this.created.set(serial, object);
    return object;
  }

  /** A transaction has committed: what it has stored belongs to `live`. Returns the numbers of what it has made and not stored. */
  committed(live: Side): number[] {
    const { idOf } = this.actor.program.library['objects/index'];
    const created = [...this.created];
    this.created.clear();
    return created.flatMap(([serial, object]) => {
      const id = idOf(object);
      if (id === undefined) return [serial];
      this.#identities.add(serial, id);
      live.#see(serial, object);
      return [];
    });
  }

  /** The program lets go of objects that it has read. */
  forget(): void {
    this.#held.clear();
  }

  #see(serial: number, object: object): void {
    const known = this.#held.get(serial);
    if (known !== undefined && known !== object)
      throw new Wrong(`${this.actor.name}: there are two objects for #${serial}`);
    this.#held.set(serial, object);
  }
}
