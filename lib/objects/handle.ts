import type { Definition, Draft, Handle, HandleRows, State, View } from './model.ts';

/** See Handle. It is a class, so that all handles have one shape. */
export class ObjectHandle implements Handle {
  readonly definition: Definition;
  readonly object: object;
  view: View;
  id = 0;
  state: State | undefined = undefined;
  draft: Draft | undefined = undefined;
  page: object | undefined = undefined;
  rows: HandleRows | undefined = undefined;

  constructor(definition: Definition, object: object, view: View) {
    this.definition = definition;
    this.object = object;
    this.view = view;
  }

  source(): State | Draft {
    return this.draft ?? (this.view.isFresh && this.state !== undefined ? this.state : this.view.stateOf(this));
  }
}

/** A class that gives back the object that its constructor gets. What extends it puts private fields into that object. */
const Given: new (object: object) => object = function given(object: object): object {
  return object;
} as unknown as new (
  object: object,
) => object;

let handleIn: (object: object) => Handle | undefined;

/** Puts a handle into an object. The classes of the accessors extend it: see class/generated.ts. */
export class Slot extends Given {
  readonly #handle: Handle;

  constructor(object: object, handle: Handle) {
    super(object);
    this.#handle = handle;
  }

  static {
    handleIn = (object) => (#handle in object ? object.#handle : undefined);
  }
}

/** The handle of a persistent object; undefined for anything else. A Proxy of one is something else. */
export function handleOf(value: unknown): Handle | undefined {
  return (typeof value === 'object' && value !== null) || typeof value === 'function' ? handleIn(value) : undefined;
}
