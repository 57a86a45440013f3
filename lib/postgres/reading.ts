import { LeaseholdError } from '../base/errors.ts';
import type { EngineBounds, EngineRow, Loaded, RowBatch, StateKey, Tid } from '../versions/engine/engine.ts';
import type { Answer } from './answer.ts';
import type { Collections } from './collections.ts';
import type { LargeValues } from './large-values.ts';
import { newestStates } from './newest-states.ts';
import type { Statement } from './sql/statement.ts';
import type { Statements } from './sql/statements.ts';
import type { ToldChanges } from './told-changes.ts';

/** How many keys one statement asks for at most: while the answer to one is read here, the server works on the next. */
const MOST_KEYS = 250;
/** How many rows one statement of a range gives at most. */
const MOST_ROWS = 1000;
const SMALLEST_KEY = new Uint8Array(0);

export interface ReadingOptions {
  readonly statements: Statements;
  readonly collections: Collections;
  readonly large: LargeValues;
  readonly told: () => ToldChanges;
  /** Asks a server that has a commit: a standby if there is one that has it. */
  readonly ask: (statement: Statement, values: readonly unknown[], at: Tid, isLong: boolean) => Promise<Answer>;
}

/** Reads as of a commit. Each statement is complete in itself: no transaction of the server is open in between. */
export class Reading {
  readonly #options: ReadingOptions;

  constructor(options: ReadingOptions) {
    this.#options = options;
  }

  /** See `Engine.load`. */
  async load(keys: Iterable<StateKey>, at: Tid, take: (state: Loaded) => void): Promise<void> {
    const wait: Promise<void>[] = [];
    let some: StateKey[] = [];
    for (const key of keys) {
      some.push(key);
      if (some.length < MOST_KEYS) continue;
      wait.push(this.#loadSome(some, at, take));
      some = [];
    }
    if (some.length > 0) wait.push(this.#loadSome(some, at, take));
    await Promise.all(wait);
  }

  async #loadSome(keys: readonly StateKey[], at: Tid, take: (state: Loaded) => void): Promise<void> {
    const told = this.#options.told();
    const numbers = await this.#numbers(keys, at, take);
    const there = keys.filter((_, i) => numbers[i] !== undefined);
    if (there.length === 0) return;
    const old: StateKey[] = [];
    const large: Promise<void>[] = [];
    const { statements, collections } = this.#options;
    const ask = (statement: Statement, values: readonly unknown[]) => this.#asked(statement, values, at);
    await newestStates({ statements, collections, ask }, there, (key, head, tid, value, id) => {
      const { collection, key: bytes } = key;
      if (tid !== null && tid <= at) {
        const wait = this.#give(key, tid, told.nextOf(key, tid, head), value, id, take);
        if (wait !== undefined) large.push(wait);
      } else if (tid === null && this.#isUnchanged(key, at, head)) {
        const next = told.nextOf(key, at, head);
        take({ collection, key: bytes, tid: told.absentSince(key, at), next, bytes: undefined });
      } else old.push(key);
    });
    if (old.length > 0) large.push(this.#loadOld(old, at, take));
    if (large.length > 0) await Promise.all(large);
  }

  /** States that were changed after the commit, or may have been. */
  async #loadOld(keys: readonly StateKey[], at: Tid, take: (state: Loaded) => void): Promise<void> {
    const { statements } = this.#options;
    const told = this.#options.told();
    const large: Promise<void>[] = [];
    const { head, rows } = await this.#ask(statements.loadAt, keys, at, [at]);
    for (const row of rows) {
      const [, place, tid, value, id, later] = row as [
        unknown,
        number,
        Tid | null,
        Uint8Array | null,
        string | null,
        Tid | null,
      ];
      const key = keys[place - 1] as StateKey;
      const since = tid ?? told.absentSince(key, at);
      // What was not told yet is not said: another server may tell it, and that may have another history.
      const next = later !== null && later <= told.tid ? later : told.nextOf(key, Math.max(since, at), head);
      if (tid === null) take({ collection: key.collection, key: key.key, tid: since, next, bytes: undefined });
      else {
        const wait = this.#give(key, tid, next, value, id, take);
        if (wait !== undefined) large.push(wait);
      }
    }
    await Promise.all(large);
  }

  /** Gives a promise if the value is in pieces. */
  #give(
    key: StateKey,
    tid: Tid,
    next: Tid | undefined,
    value: Uint8Array | null,
    large: string | null,
    take: (state: Loaded) => void,
  ): Promise<void> | undefined {
    // Spreading the key would take longer than all else here.
    const { collection, key: bytesOfKey } = key;
    if (large === null) {
      take({ collection, key: bytesOfKey, tid, next, bytes: value as Uint8Array });
      return undefined;
    }
    const told = this.#options.told();
    const head = told.tid;
    return this.#options.large.load(large).then((bytes) => {
      // Commits that were told meanwhile may have ended it.
      take({ collection, key: bytesOfKey, tid, next: next ?? told.nextOf(key, tid, head), bytes });
    });
  }

  /** Whether it is known that no commit after `at`, up to `head`, has changed a key. */
  #isUnchanged(key: StateKey, at: Tid, head: Tid): boolean {
    const told = this.#options.told();
    if (head === at) return true;
    if (head > told.tid) return false;
    const next = told.nextOf(key, at, at);
    return next === undefined || next > head;
  }

  /** The numbers of the collections of keys. The keys of those that are not there are absent. */
  async #numbers(keys: readonly StateKey[], at: Tid, take: (state: Loaded) => void): Promise<(number | undefined)[]> {
    const numbers: (number | undefined)[] = [];
    for (const key of keys) {
      const number =
        this.#options.collections.known(key.collection) ?? (await this.#options.collections.numberOf(key.collection));
      if (number === undefined) take({ ...key, tid: at, next: at + 1, bytes: undefined });
      numbers.push(number);
    }
    return numbers;
  }

  async #ask(statement: Statement, keys: readonly StateKey[], at: Tid, more: readonly unknown[]): Promise<Answer> {
    const numbers = keys.map(({ collection }) => this.#options.collections.known(collection));
    return this.#asked(statement, [numbers, keys.map(({ key }) => key), ...more], at);
  }

  async #asked(statement: Statement, values: readonly unknown[], at: Tid, isLong = false): Promise<Answer> {
    const answer = await this.#options.ask(statement, values, at, isLong);
    // What a server answers is right only if it has not begun to throw away the states of that time.
    if (at < answer.history) throw snapshotGone(at, answer.history);
    return answer;
  }

  /** See `Engine.range`. */
  async range(
    collection: string,
    bounds: EngineBounds,
    at: Tid,
    credit: number,
    take: (batch: RowBatch) => unknown,
  ): Promise<void> {
    const number = await this.#options.collections.numberOf(collection);
    if (number === undefined) {
      await take({ rows: [], complete: undefined });
      return;
    }
    const reverse = bounds.reverse === true;
    let { lower, upper } = halfOpen(bounds);
    for (;;) {
      const batch = await this.#batch(number, lower, upper, reverse, at, credit);
      if ((await take(batch)) === false || batch.complete === undefined) return;
      if (reverse) upper = batch.complete;
      else lower = successor(batch.complete);
    }
  }

  async #batch(
    collection: number,
    lower: Uint8Array,
    upper: Uint8Array | undefined,
    reverse: boolean,
    at: Tid,
    credit: number,
  ): Promise<RowBatch> {
    const { statements } = this.#options;
    const forms = upper === undefined ? statements.range.open : statements.range.bounded;
    const values = [collection, lower, at, MOST_ROWS, credit, ...(upper === undefined ? [] : [upper])];
    const { rows: found } = await this.#asked(reverse ? forms.reverse : forms.forward, values, at, true);
    if (found[0]?.[1] === null) return { rows: [], complete: undefined };
    const rows: EngineRow[] = [];
    for (const [, key, tid, value, large] of found as [
      unknown,
      Uint8Array,
      Tid,
      Uint8Array | null,
      string | null,
      number,
    ][]) {
      rows.push({ key, tid, bytes: value ?? (await this.#options.large.load(large as string)) });
    }
    const count = found[0]?.[5] as number;
    const isComplete = found.length === count && count < MOST_ROWS;
    return { rows, complete: isComplete ? undefined : rows.at(-1)?.key };
  }

  async count(collection: string, bounds: EngineBounds, at: Tid): Promise<number> {
    const { statements, collections } = this.#options;
    const number = await collections.numberOf(collection);
    if (number === undefined) return 0;
    const { lower, upper } = halfOpen(bounds);
    const form = upper === undefined ? 'open' : 'bounded';
    const { rows } = await this.#asked(
      statements.count[form],
      [number, lower, at, ...(upper === undefined ? [] : [upper])],
      at,
      true,
    );
    return rows[0]?.[1] as number;
  }
}

/** `ERR_SNAPSHOT_LOST` */
export function snapshotGone(at: Tid, history: Tid): LeaseholdError {
  return new LeaseholdError(
    'ERR_SNAPSHOT_LOST',
    `nobody has held the snapshot of commit ${at}, which is gone: the oldest one that is kept is ${history}`,
  );
}

/** The same range as the keys from `lower` on, and before `upper` if there is one. */
export function halfOpen({ lower, lowerOpen, upper, upperOpen }: EngineBounds): {
  lower: Uint8Array;
  upper: Uint8Array | undefined;
} {
  return {
    lower: lower === undefined ? SMALLEST_KEY : lowerOpen ? successor(lower) : lower,
    upper: upper === undefined ? undefined : upperOpen ? upper : successor(upper),
  };
}

/** The next key: with a zero byte behind. */
export function successor(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
}
