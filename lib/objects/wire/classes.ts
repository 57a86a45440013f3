import { OwnMap } from '../../base/own-map.ts';
import type { ClassRow, ObjectSource } from '../../versions/engine/object-source.ts';
import { makeStored, rowOf } from '../class/classes.ts';
import type { Definition, StoredClass } from '../model.ts';

/** No class has this number: it stands for one until that was asked for. */
const NO_NUMBER = 0;

/** The classes of a store on a server, as they were when they were asked for last. A class that is there never changes. */
export class WireClasses {
  readonly #source: ObjectSource;
  readonly #byId = new OwnMap<number, StoredClass>();
  /** The numbers of the classes by what the store remembers of them. */
  readonly #numbers = new OwnMap<string, number>();
  readonly #rows = new OwnMap<number, ClassRow>();

  constructor(source: ObjectSource) {
    this.#source = source;
  }

  /** Undefined if it was not there. `ERR_CODEC` if this version does not know the types of its fields. */
  byId(id: number): StoredClass | undefined {
    const known = this.#byId.get(id);
    if (known !== undefined) return known;
    const row = this.#rows.get(id);
    if (row === undefined) return undefined;
    const made = makeStored(id, row);
    this.#byId.set(id, made);
    return made;
  }

  /** The class with which objects of a definition are stored; undefined if it was not there. */
  of(definition: Definition): StoredClass | undefined {
    const number = this.#numbers.get(JSON.stringify(rowOf(definition)));
    return number === undefined ? undefined : this.byId(number);
  }

  /** Whether a class that was there has a field of that name. */
  hasField(name: string): boolean {
    let isFound = false;
    this.#rows.forEach(({ fields }) => {
      isFound ||= fields.some(([field]) => field === name);
    });
    return isFound;
  }

  /** What stands for a class that is not there yet. Nothing with it must be committed. */
  unnumbered(definition: Definition): StoredClass {
    return makeStored(NO_NUMBER, rowOf(definition));
  }

  /** Asks for the classes, and makes the store if there is none. Gives a commit as of which all objects of these classes are there. */
  async refresh(): Promise<number> {
    const { classes, tid } = await this.#source.objectClasses();
    for (const [number, row] of classes) this.#take(number, row);
    return tid;
  }

  /** Adds a class to the store if it is not there. */
  async add(definition: Definition): Promise<void> {
    const row = rowOf(definition);
    this.#take(await this.#source.addObjectClass(row), row);
  }

  #take(number: number, row: ClassRow): void {
    this.#rows.set(number, row);
    this.#numbers.set(JSON.stringify(row), number);
  }
}
