import { freezeClass } from '../base/primordials.ts';
import {
  BASE,
  type Definition,
  type Draft,
  type Handle,
  type HandleRows,
  type State,
  VALUES,
  type View,
} from './model.ts';

/*
 * What is behind a persistent object stands in private fields of the object itself, and has no object of its own: a view of a thousand objects would hold
 * two thousand, and a getter would have to go through both.
 */

/** What objects have in common that belong to one class and one view. */
export class Home {
  readonly definition: Definition;
  /** UNSTORED until the object is assigned to something stored. */
  readonly view: View;
  /** Of a view that holds objects weakly: what is to live as long as each of them. */
  readonly page: object | undefined;

  constructor(definition: Definition, view: View, page: object | undefined) {
    this.definition = definition;
    this.view = view;
    this.page = page;
  }
}

freezeClass(Home);

/** A class that gives back the object that its constructor gets. What extends it puts private fields into that object. */
const Given: new (object: object) => object = function given(object: object): object {
  return object;
} as unknown as new (
  object: object,
) => object;

/** The private fields of a handle. */
interface Slots {
  /** Puts the fields into an object, which is a handle from then on. */
  put(object: object, home: Home, id: number, current: State | Draft | undefined): Handle;
  has(object: object): boolean;
  home(handle: Handle): Home;
  setHome(handle: Handle, home: Home): void;
  /** 0 until it is stored. */
  id(handle: Handle): number;
  setId(handle: Handle, id: number): void;
  /** What the getters read, whose properties are the fields: the draft, if there is one, else the state. Undefined if the state has to be read again. */
  current(handle: Handle): State | Draft | undefined;
  setCurrent(handle: Handle, current: State | Draft | undefined): void;
  /** Runs the text of a function, in which these fields can be used, and returns the function; undefined where the program forbids that. */
  compile(text: string): unknown;
}

class Slot extends Given {
  #home: Home;
  #id: number;
  #current: State | Draft | undefined;
  static #compiled: unknown;
  static readonly access: Slots = {
    put: (object, home, id, current) => new Slot(object, home, id, current) as unknown as Handle,
    has: (object) => #home in object,
    home: (handle) => (handle as unknown as Slot).#home,
    setHome: (handle, home) => {
      (handle as unknown as Slot).#home = home;
    },
    id: (handle) => (handle as unknown as Slot).#id,
    setId: (handle, id) => {
      (handle as unknown as Slot).#id = id;
    },
    current: (handle) => (handle as unknown as Slot).#current,
    setCurrent: (handle, current) => {
      (handle as unknown as Slot).#current = current;
    },
    compile: (text) => {
      this.#compiled = undefined;
      try {
        // Not what `eval` returns: a program may have replaced that, but cannot assign a private field.
        // biome-ignore lint/security/noGlobalEval: only a direct eval inside of the class can use its private fields.
        eval(`this.#compiled = ${text}`);
      } catch (error) {
        // A SyntaxError: a bundler has made something else of the private fields.
        if (!(error instanceof EvalError || error instanceof SyntaxError)) throw error;
      }
      return this.#compiled;
    },
  };

  constructor(object: object, home: Home, id: number, current: State | Draft | undefined) {
    super(object);
    this.#home = home;
    this.#id = id;
    this.#current = current;
  }
}

export const slots: Slots = Slot.access;

/** A persistent object; undefined for anything else. A Proxy of one is something else. */
export function handleOf(value: unknown): Handle | undefined {
  return ((typeof value === 'object' && value !== null) || typeof value === 'function') && slots.has(value)
    ? (value as Handle)
    : undefined;
}

export function viewOf(handle: Handle): View {
  return slots.home(handle).view;
}

export function definitionIn(handle: Handle): Definition {
  return slots.home(handle).definition;
}

/** What the program has assigned and nobody has committed yet; for an object that is not stored, all of its fields. */
export function draftOf(handle: Handle): Draft | undefined {
  const current = slots.current(handle);
  return isDraft(current) ? current : undefined;
}

/** What is stored, as of the view's version; undefined if it has to be read again. */
export function knownState(handle: Handle): State | undefined {
  const current = slots.current(handle);
  return isDraft(current) ? current[BASE] : current;
}

/** Makes the next reader read the state again, unless there is a draft. */
export function forgetState(handle: Handle): void {
  if (draftOf(handle) === undefined) slots.setCurrent(handle, undefined);
}

function isDraft(current: State | Draft | undefined): current is Draft {
  return current !== undefined && (current as Draft)[VALUES] !== undefined;
}

let rowsIn: (handle: object) => HandleRows | undefined;

/** The objects that are collections have one more field. */
class RowsSlot extends Given {
  readonly #rows: HandleRows;

  constructor(handle: object, rows: HandleRows) {
    super(handle);
    this.#rows = rows;
  }

  static {
    rowsIn = (handle) => (#rows in handle ? handle.#rows : undefined);
  }
}

/** The rows of a persistent collection, once they were asked for. */
export function rowsBehind(handle: Handle): HandleRows | undefined {
  return rowsIn(handle);
}

export function setRows<R extends HandleRows>(handle: Handle, rows: R): R {
  new RowsSlot(handle, rows);
  return rows;
}

/**
 * How many live views are not up to date. As long as it is 0, the getters need not ask the view of each object: that takes a third of their time.
 * A store that was never closed counts for ever, which is right, only slower.
 */
export const staleViews: { count: number } = { count: 0 };
