import { OwnMap } from '../../base/own-map.ts';
import { OBJECTS } from '../../catalog/own-collections.ts';
import { idBytes } from '../../key/object-id.ts';
import { compareKeys } from '../../versions/byte-range.ts';
import type { Loaded, Tid } from '../../versions/engine/engine.ts';
import { notHere } from '../errors.ts';
import type { ViewTxn } from '../model.ts';
import { isValid, type Known, type KnownStates, nameOf, type StateName } from './known-states.ts';
import { Misses } from './misses.ts';
import { ReadAhead } from './read-ahead.ts';
import { type KeyRange, listName, placeOf, type Span, Spans } from './spans.ts';

/** What is here of a store, for all of its views. */
export interface Shared {
  readonly known: KnownStates;
  readonly spans: Spans;
}

/**
 * A store on a server as of one commit, as far as it is here. It is synchronous: asking for anything else is noted in `misses`, and throws. What it has read once it
 * has until it ends, whatever is forgotten elsewhere: so code that runs again gets further each time.
 */
export class WireReading implements ViewTxn {
  readonly tid: Tid;
  readonly ahead: ReadAhead = new ReadAhead();
  misses: Misses = new Misses(false);
  readonly #shared: Shared;
  readonly #own = new OwnMap<StateName, Known>();
  readonly #ownSpans = new Spans();
  readonly #fetches = new OwnMap<string, number>();
  readonly #release: () => void;

  /** `release`: called when it ends. */
  constructor(shared: Shared, tid: Tid, release: () => void = () => {}) {
    this.#shared = shared;
    this.tid = tid;
    this.#release = release;
  }

  end(): void {
    this.#release();
  }

  /** The state of a key; undefined if it is not here. */
  find(collection: string, key: Uint8Array): Known | undefined {
    return this.lookUp(collection, key);
  }

  /** What the server has of an object; undefined if it is not here. */
  lookUpObject(id: number): Known | undefined {
    const own = this.#own.get(id);
    if (own !== undefined) return own;
    const found = this.#findShared(id) ?? this.#findInSpan(OBJECTS, idBytes(id));
    if (found !== undefined) this.#own.set(id, found);
    return found;
  }

  /** The state of an object, as `state` gives it. */
  object(id: number): Known {
    const found = this.lookUpObject(id);
    if (found !== undefined) return found;
    return this.state(OBJECTS, idBytes(id));
  }

  /** What the server has of a key; undefined if it is not here. */
  lookUp(collection: string, key: Uint8Array): Known | undefined {
    const name = nameOf(collection, key);
    const own = this.#own.get(name);
    if (own !== undefined) return own;
    const found = this.#findShared(name) ?? this.#findInSpan(collection, key);
    if (found !== undefined) this.#own.set(name, found);
    return found;
  }

  /** The same. If it is not here, that is noted. */
  findOrMiss(collection: string, key: Uint8Array): Known | undefined {
    const found = this.find(collection, key);
    if (found === undefined) this.misses.addState(collection, key);
    return found;
  }

  /** The same. `ERR_NOT_LOADED` if it is not here. */
  state(collection: string, key: Uint8Array): Known {
    const found = this.findOrMiss(collection, key);
    if (found === undefined) throw notHere();
    return found;
  }

  /** The first rows of a range, up to `most`, in order, or from its end on. `ERR_NOT_LOADED` if not all are here. */
  rows(range: KeyRange, reverse: boolean, most: number): Known[] {
    const { collection } = range;
    const [rows, rest] = this.lookUpRows(range, reverse, most);
    if (rest === undefined) return rows;
    this.misses.addRange({ collection, ...rest, reverse, most: most - rows.length });
    throw notHere();
  }

  /** The same of what the server has, and the part of the range behind that, if it is not here. */
  lookUpRows(range: KeyRange, reverse: boolean, most: number): [rows: Known[], rest?: Omit<KeyRange, 'collection'>] {
    const { collection, lower, upper } = range;
    const rows: Known[] = [];
    let at = reverse ? upper : lower;
    while (rows.length < most) {
      const span = this.#spanAt(collection, at, reverse, lower);
      if (span === undefined) return [rows, reverse ? { lower, upper: at } : { lower: at as Uint8Array, upper }];
      if (reverse) this.#addBefore(rows, span, at, lower, most);
      else this.#addBehind(rows, span, at as Uint8Array, upper, most);
      if (reverse ? compareKeys(span.lower, lower) <= 0 : isUpTo(upper, span.upper)) break;
      at = reverse ? span.lower : span.upper;
    }
    return [rows];
  }

  /** A state has come that was asked for as of this commit. */
  take(loaded: Loaded): Known {
    const name = nameOf(loaded.collection, loaded.key);
    const known = this.#shared.known.take(loaded, name);
    this.#own.set(name, known);
    return known;
  }

  /** Rows of a range have come, which is known whole now. `isNewest`: no later commit that was told has changed something in it. */
  takeRows(span: Span, isNewest: boolean): void {
    this.#ownSpans.add(span);
    this.ahead.add(span.rows);
    if (isNewest) this.#shared.spans.add(span);
  }

  /** Whether no commit that was told has changed anything of what it has read. `isTouched`: whether one has changed something in a range. */
  isNewest(isTouched: (span: Span) => boolean): boolean {
    let isNewest = true;
    this.#own.forEach(({ next }) => {
      if (next !== undefined) isNewest = false;
    });
    this.#ownSpans.forEach((span) => {
      if (isTouched(span)) isNewest = false;
    });
    return isNewest;
  }

  /** How often this was called for the collection of a range. */
  fetchesOf({ collection, lower }: KeyRange): number {
    const name = listName(collection, lower);
    const before = this.#fetches.get(name) ?? 0;
    this.#fetches.set(name, before + 1);
    return before;
  }

  #findShared(name: StateName): Known | undefined {
    const known = this.#shared.known.get(name);
    return known !== undefined && isValid(known, this.tid) ? known : undefined;
  }

  #findInSpan(collection: string, key: Uint8Array): Known | undefined {
    const span = this.#spanAt(collection, key, false, key);
    if (span === undefined) return undefined;
    const row = span.rows[placeOf(span.rows, key)];
    if (row !== undefined && compareKeys(row.key, key) === 0) return row;
    return { collection, key, tid: 0, next: undefined, bytes: undefined, decoded: undefined };
  }

  /** What all views share may be forgotten: it is taken over. */
  #spanAt(collection: string, key: Uint8Array | undefined, reverse: boolean, owner: Uint8Array): Span | undefined {
    const own = this.#ownSpans.find(collection, key, reverse, this.tid, owner);
    if (own !== undefined) return own;
    const shared = this.#shared.spans.find(collection, key, reverse, this.tid, owner);
    if (shared !== undefined) {
      this.#ownSpans.add(shared);
      this.ahead.add(shared.rows);
    }
    return shared;
  }

  #addBehind(rows: Known[], span: Span, from: Uint8Array, upper: Uint8Array | undefined, most: number): void {
    for (let i = placeOf(span.rows, from); i < span.rows.length && rows.length < most; i++) {
      const row = span.rows[i] as Known;
      if (upper !== undefined && compareKeys(row.key, upper) >= 0) return;
      rows.push(row);
    }
  }

  #addBefore(rows: Known[], span: Span, to: Uint8Array | undefined, lower: Uint8Array, most: number): void {
    const end = to === undefined ? span.rows.length : placeOf(span.rows, to);
    for (let i = end - 1; i >= 0 && rows.length < most; i--) {
      const row = span.rows[i] as Known;
      if (compareKeys(row.key, lower) < 0) return;
      rows.push(row);
    }
  }
}

/** Whether a range that ends before `end` has all that comes before `upper`. */
function isUpTo(upper: Uint8Array | undefined, end: Uint8Array | undefined): boolean {
  return end === undefined || (upper !== undefined && compareKeys(end, upper) >= 0);
}
