import type { Engine, Loaded, StateKey, Tid } from '../../versions/engine/engine.ts';
import type { GuardedStore } from '../stores/guarded-store.ts';
import { nameOf } from '../young-states.ts';
import { decodeItem, encodeItem, ITEM_HEAD, type ItemState } from './item.ts';
import { ItemNames } from './item-names.ts';
import type { Point } from './point.ts';
import { begin, type CheckpointState, fits, isContradiction, type Look, look } from './rules.ts';

/** A key that the cache is asked for. */
interface Asked {
  readonly key: StateKey;
  readonly look: Look;
  readonly first: string;
  readonly second: string | undefined;
}

type Take = (state: Loaded) => void;

/** Reads states from a shared cache, and from the engine what that has not, and stores it there. */
export class SharedStates {
  hits = 0;
  misses = 0;
  absentHits = 0;
  isOpen = true;
  /** What is known; undefined before the first commit is known. */
  state: CheckpointState | undefined;
  names: ItemNames;
  readonly #inner: Engine;
  readonly #store: GuardedStore;

  constructor(inner: Engine, store: GuardedStore, rights: string) {
    this.#inner = inner;
    this.#store = store;
    this.names = new ItemNames(inner.storeId, rights);
  }

  /** From now on the reader has other rights, and so other items. */
  rename(rights: string): void {
    this.names = new ItemNames(this.#inner.storeId, rights);
  }

  /** `at` is at most the newest commit that was told. */
  load(keys: Iterable<StateKey>, at: Tid, take: Take): void | Promise<void> {
    const asked: Asked[] = [];
    const names: string[] = [];
    const unknown: StateKey[] = [];
    for (const key of keys) {
      const each = this.#asked(key, at);
      if (each === undefined) {
        unknown.push(key);
        continue;
      }
      asked.push(each);
      names.push(each.first);
      if (each.second !== undefined) names.push(each.second);
    }
    const found = asked.length === 0 ? undefined : this.#store.getMulti(names);
    if (!(found instanceof Promise)) return this.#answer(asked, unknown, found, at, take);
    return found.then((items) => this.#answer(asked, unknown, items, at, take));
  }

  /** Takes a state that was read as of a commit without asking the cache. */
  receive(state: Loaded, at: Tid): void {
    this.misses++;
    const asked = this.isOpen ? this.#asked(state, at) : undefined;
    if (asked !== undefined) this.#loaded(asked, state);
  }

  /** Puts the state of a key as of a commit into the cache. */
  store(key: StateKey, point: Point, tid: Tid, bytes: Uint8Array | undefined): void {
    if (this.isOpen && this.#store.takes(ITEM_HEAD + (bytes?.length ?? 0))) {
      this.#set(this.names.ofState(this.names.ofKey(key), point), { tid, bytes });
    }
  }

  end(): void {
    this.isOpen = false;
    this.state = undefined;
  }

  #asked(key: StateKey, at: Tid): Asked | undefined {
    const found = this.state === undefined ? undefined : look(this.state, key, at);
    if (found === undefined) return undefined;
    const ofKey = this.names.ofKey(key);
    const second = found.second === undefined ? undefined : this.names.ofState(ofKey, found.second);
    return { key, look: found, first: this.names.ofState(ofKey, found.first), second };
  }

  /** Gives what the cache has, and loads the rest. */
  #answer(
    asked: readonly Asked[],
    unknown: StateKey[],
    items: readonly (Uint8Array | undefined)[] | undefined,
    at: Tid,
    take: Take,
  ): void | Promise<void> {
    const missing = unknown;
    const missed = new Map<string, Asked>();
    let next = 0;
    for (const each of asked) {
      const { first, second } = each.look;
      const item = this.#itemOf(each.first, items?.[next++], first);
      const older = second === undefined ? undefined : this.#itemOf(each.second as string, items?.[next++], second);
      const found = item ?? older;
      if (found === undefined) {
        missing.push(each.key);
        missed.set(nameOf(each.key), each);
      } else {
        if (item === undefined) this.#set(each.first, found);
        this.#hit(each.key, found, at, take);
      }
    }
    return missing.length === 0 ? undefined : this.#load(missing, missed, at, take);
  }

  #itemOf(name: string, bytes: Uint8Array | undefined, point: Point): ItemState | undefined {
    const item = bytes === undefined ? undefined : decodeItem(name, bytes);
    return item !== undefined && fits(item, point) ? item : undefined;
  }

  #hit({ collection, key }: StateKey, { tid, bytes }: ItemState, at: Tid, take: Take): void {
    this.hits++;
    if (bytes === undefined) this.absentHits++;
    // Commits may have been told since the cache was asked.
    const { state } = this;
    const next = state === undefined ? at + 1 : state.known.next({ collection, key }, at);
    take({ collection, key, tid, next, bytes });
  }

  #load(keys: readonly StateKey[], missed: ReadonlyMap<string, Asked>, at: Tid, take: Take): void | Promise<void> {
    this.misses += keys.length;
    return this.#inner.load(keys, at, (state) => {
      const asked = missed.get(nameOf(state));
      if (asked !== undefined && this.isOpen) this.#loaded(asked, state);
      take(state);
    });
  }

  #loaded({ look: { first }, first: name }: Asked, state: Loaded): void {
    // Read once: where the engine lends the bytes, each use copies them.
    const { tid, bytes } = state;
    if (fits({ tid }, first)) {
      if (this.#store.takes(ITEM_HEAD + (bytes?.length ?? 0))) this.#set(name, { tid, bytes });
    } else if (isContradiction({ tid, bytes }, first) && this.state !== undefined) {
      this.state = begin(this.state.known.newest);
    }
  }

  #set(name: string, { tid, bytes }: ItemState): void {
    this.#store.set(name, encodeItem(name, tid, bytes));
  }
}
