import { KEYS, NAMES } from './store.mjs';

/** The state of a key: who wrote it, in which commit (undefined: in this transaction, which does not know yet), and whether its time is over. */
export interface State {
  readonly stamp: string;
  readonly tid: number | undefined;
  readonly isGone: boolean;
}
export type States = ReadonlyMap<string, State>;

/** What a participant did in a transaction, as actions.mjs writes it. Each `do` has some of the fields. */
export interface Action {
  do: string;
  name: string;
  key: number;
  stamp: string;
  version?: number;
  answer?: boolean;
  isGone?: boolean;
  count?: number;
  reverse?: boolean;
  entries?: [key: number, version: number, stamp: string][];
  from?: number;
  to?: number;
  seen?: string | null;
  inside?: Action[];
  undone?: boolean;
}

export class Wrong extends Error {}

export function same(found: unknown, wanted: unknown, what: string): void {
  const [one, other] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (one !== other) throw new Wrong(`${what}: ${one} instead of ${other}`);
}

export const placeOf = (name: string, key: number): string => `${name}/${key}`;

/** What has expired is absent. */
function versionIn(states: States, place: string): number | undefined {
  const state = states.get(place);
  return state === undefined || state.isGone ? 0 : state.tid;
}

/** Repeats what a participant did, on the states of a commit. Throws if the participant was answered something else. */
export class Replay {
  readonly states: Map<string, State>;
  /** What it has changed, and the collections of which it has cleared a range. */
  readonly changed: Set<string> = new Set();
  readonly ranges: Set<string> = new Set();
  readonly #tid: number | undefined;
  readonly #where: string;

  /** `tid`: the number that its writes get. */
  constructor(states: States, tid: number | undefined, where: string) {
    this.states = new Map(states);
    this.#tid = tid;
    this.#where = where;
  }

  run(actions: readonly Action[]): this {
    for (const action of actions) this.#act(action);
    return this;
  }

  #act(action: Action): void {
    const { name, key, stamp } = action;
    const there = action.key === undefined ? undefined : this.#there(name, key);
    const check = (found: unknown, wanted: unknown) =>
      same(found, wanted, `${this.#where}, ${action.do} of ${name}/${key ?? ''}`);
    // The participant does not know the versions of what it has written itself.
    const versionOf = (state: State | undefined, told: number | undefined) =>
      state === undefined ? 0 : (state.tid ?? told);
    const holds = () => action.version === versionOf(there, action.version);
    switch (action.do) {
      case 'get':
        check([action.version, stamp], [versionOf(there, action.version), there?.stamp ?? null]);
        break;
      case 'count':
        check(action.count, this.#all(name).length);
        break;
      case 'range':
        this.#checkRange(action, check);
        break;
      case 'put':
        this.#put(action);
        break;
      case 'putNew':
        check(action.answer, there === undefined);
        if (action.answer) this.#put(action);
        break;
      case 'putIf':
        check([action.version, action.answer], [action.version, holds()]);
        if (action.answer) this.#put(action);
        break;
      case 'update':
        check(action.seen, there?.stamp ?? null);
        this.#put(action);
        break;
      case 'del':
        check(action.answer, there !== undefined);
        this.#delete(name, key);
        break;
      case 'delIf':
        check([action.version, action.answer], [action.version, holds()]);
        if (action.answer) this.#delete(name, key);
        break;
      case 'clear':
        this.#clear(action, check);
        break;
      case 'nested':
        this.#nested(action);
        break;
      default:
        throw new Wrong(`${this.#where}: unknown '${action.do}'`);
    }
  }

  #there(name: string, key: number): State | undefined {
    const state = this.states.get(placeOf(name, key));
    return state?.isGone === true ? undefined : state;
  }

  #all(name: string): [number, State][] {
    return Array.from({ length: KEYS }, (_, key): [number, State | undefined] => [key, this.#there(name, key)]).filter(
      (entry): entry is [number, State] => entry[1] !== undefined,
    );
  }

  #checkRange({ name, entries = [], reverse }: Action, check: (found: unknown, wanted: unknown) => void): void {
    const all = this.#all(name);
    if (reverse === true) all.reverse();
    const wanted = all.map(([key, { tid, stamp }], i) => [key, tid ?? entries[i]?.[1], stamp]);
    check(entries, wanted);
  }

  #put({ name, key, stamp, isGone = false }: Action): void {
    this.states.set(placeOf(name, key), { stamp, tid: this.#tid, isGone });
    this.changed.add(placeOf(name, key));
  }

  /** What has expired stays until it is swept. */
  #delete(name: string, key: number): void {
    if (this.#there(name, key) === undefined) return;
    this.changed.add(placeOf(name, key));
    this.states.delete(placeOf(name, key));
  }

  #clear({ name, from = 0, to = 0, count }: Action, check: (found: unknown, wanted: unknown) => void): void {
    const there = this.#all(name).filter(([key]) => key >= from && key < to);
    check(count, there.length);
    if (there.length > 0) this.ranges.add(name);
    for (const [key] of there) this.#delete(name, key);
  }

  #nested({ inside = [], undone }: Action): void {
    const child = new Replay(this.states, this.#tid, `${this.#where}, inside`).run(inside);
    if (undone === true) return;
    this.states.clear();
    for (const [place, state] of child.states) this.states.set(place, state);
    for (const place of child.changed) this.changed.add(place);
    for (const name of child.ranges) this.ranges.add(name);
  }

  /**
   * Call this when an optimistic transaction has committed: what it changed, compared with `base`, comes on top of what others have committed
   * meanwhile. Throws if they have changed one of its keys.
   */
  settle(base: States, now: States, tid: number): Replay {
    const settled = new Replay(now, tid, this.#where);
    for (const name of NAMES) {
      for (let key = 0; key < KEYS; key++) {
        const place = placeOf(name, key);
        const state = this.states.get(place);
        const isAbsent = state === undefined && versionIn(base, place) === 0;
        if (state === base.get(place) || isAbsent) continue;
        same(versionIn(now, place), versionIn(base, place), `${this.#where}, ${place}, which it writes, has changed`);
        if (state === undefined) settled.states.delete(place);
        else settled.states.set(place, { ...state, tid });
        settled.changed.add(place);
      }
    }
    for (const name of this.ranges) settled.ranges.add(name);
    return settled;
  }
}
