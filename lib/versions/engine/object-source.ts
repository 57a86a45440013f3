import { weakMapGet, weakMapSet } from '../../base/primordials.ts';
import type { Engine, Tid } from './engine.ts';

/** What a database remembers of a class of persistent objects, as JSON: its name, and the name, kind and type of each field. */
export interface ClassRow {
  readonly name: string;
  readonly fields: readonly (readonly [name: string, kind: string, description: unknown])[];
}

/** The classes of the objects of a database, each with the number that stands in records. */
export interface ObjectClasses {
  readonly classes: readonly (readonly [number: number, row: ClassRow])[];
  /** The commit as of which the store of objects is there for sure. */
  readonly tid: Tid;
}

/** What a store of persistent objects needs of a store that was connected to, beside the engine. */
export interface ObjectSource {
  readonly engine: Engine;
  /** Makes the store of objects if it is absent, and gives its classes. `ERR_NO_COLLECTION` if it is absent and cannot be made. */
  objectClasses(): Promise<ObjectClasses>;
  /** The number of a class, which is added if it is absent. `ERR_READ_ONLY`, `ERR_FORBIDDEN`. */
  addObjectClass(row: ClassRow): Promise<number>;
}

const sources = new WeakMap<object, ObjectSource>();

/** Says what is behind a store that a program has connected to. So neither of the two needs the code of the other. */
export function setObjectSource(store: object, source: ObjectSource): void {
  weakMapSet(sources, store, source);
}

/** Undefined for anything but such a store. */
export function objectSourceOf(store: unknown): ObjectSource | undefined {
  return typeof store === 'object' && store !== null ? weakMapGet(sources, store) : undefined;
}
