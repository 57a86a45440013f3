import { aborted, orAborted } from '../../base/abort.ts';
import { invalidValue, LeaseholdError, withField } from '../../base/errors.ts';
import { ITEMS } from '../../catalog/own-collections.ts';
import { idAt } from '../../key/object-id.ts';
import { isThenable } from '../../transaction/thenable.ts';
import type { Conflict } from '../../versions/conflict.ts';
import { newCommitId } from '../../versions/engine/commit-id.ts';
import type { CommitRequest, EngineConflict } from '../../versions/engine/engine.ts';
import { caughtUp, isTold } from '../../versions/engine/reached.ts';
import { type Refused, tryCommit } from '../../versions/engine/try-commit.ts';
import { unlessEnded } from '../../versions/engine/unless-ended.ts';
import { readTransactOptions, type TransactOptions } from '../../versions/transact-options.ts';
import { AnsweredTurns, type Turn } from '../../versions/turn.ts';
import { ROOT } from '../base.ts';
import { dictionaryDefinition } from '../collections/dictionary.ts';
import { asyncRead } from '../errors.ts';
import type { Hints } from '../hint-types.ts';
import { type CheckedHints, checkHints } from '../hints.ts';
import type { Root } from '../reading.ts';
import { SnapshotView } from '../view/snapshot-view.ts';
import { fetchMissed } from './fetch.ts';
import { checkHintNames } from './hint-names.ts';
import { isInTransact, runInTransact } from './in-transact.ts';
import { loadWanted } from './load.ts';
import { Misses } from './misses.ts';
import { WireReading } from './reading.ts';
import { Tracked } from './tracked.ts';
import { WireTransaction } from './transaction.ts';
import type { WireBase } from './wire-base.ts';
import type { WireLiveView } from './wire-live-view.ts';
import { itemKeyOf } from './wire-rows.ts';
import { WireTransactView } from './wire-transact-view.ts';

/*
 * How synchronous code reads objects of which some are on a server only. What is not here is noted, and an error ends the code. Then everything that was
 * noted is fetched, as of the same commit, and the code runs again. A run that has missed something counts for nothing, whatever the code has made of the error.
 */

/** Options of `transact` of a store on a server. */
export interface RemoteTransactOptions<R extends object = Root> extends TransactOptions {
  /** What to fetch of the root before the function runs: `{ orders: { lines: true } }`. */
  hints?: Hints<R>;
}

/** How often a function runs as of one commit at most. One that asks for something else each time, as for a random key, would run for ever. */
const MOST_RUNS = 10_000;

/** See `RemoteStore.read`. */
export async function readObjects<T>(
  base: WireBase,
  fn: (view: SnapshotView, reading: WireReading) => T,
  hints: CheckedHints | undefined,
): Promise<T> {
  if (hints !== undefined) await checkHintNames(base, hints, dictionaryDefinition);
  for (;;) {
    const { tid, release } = base.hold();
    const reading = new WireReading(base, tid, release);
    const view = new SnapshotView(base, reading);
    try {
      if (hints !== undefined) await loadWanted(base, reading, [{ id: ROOT, hints }]);
      return await untilAllIsHere(base, reading, () => fn(view, reading));
    } catch (error) {
      if (!isLost(error) || base.engine.processed() === tid) throw error;
    } finally {
      if (view.isOpen) view.release();
    }
  }
}

/** Calls a synchronous function until it has missed nothing. */
async function untilAllIsHere<T>(base: WireBase, reading: WireReading, fn: () => T): Promise<T> {
  for (let run = 1; ; run++) {
    reading.misses = new Misses();
    const [value, failure] = settled(fn);
    if (reading.misses.isEmpty) {
      if (failure !== undefined) throw failure.error;
      return value as T;
    }
    checkRuns(run);
    await fetchMissed(base, reading);
  }
}

/** `ERR_NOT_LOADED` if a function has run so often that it will hardly end. */
function checkRuns(run: number): void {
  if (run < MOST_RUNS) return;
  throw new LeaseholdError(
    'ERR_NOT_LOADED',
    `the function has run ${run} times, and has asked each time for something that was not here. If it asks for something else in each run, as for a random key, choose ` +
      'that before; if it follows many references, fetch more at once with hints or store.load()',
  );
}

function settled<T>(fn: () => T): [value: T | undefined, failure?: { readonly error: unknown }] {
  try {
    const value = fn();
    if (!isThenable(value)) return [value];
    value.then(undefined, () => {});
    return [undefined, { error: asyncRead() }];
  } catch (error) {
    return [undefined, { error }];
  }
}

/** See `RemoteStore.transact`. */
export async function transactObjects<T>(
  base: WireBase,
  live: WireLiveView,
  fn: (view: WireTransactView, txn: WireTransaction) => T | PromiseLike<T>,
  { hints, ...options }: TransactOptions & { readonly hints?: unknown },
): Promise<T> {
  const { notesReads, retries, signal } = readTransactOptions(options);
  if (!notesReads) throw invalidValue("store.transact() is serializable: it has no isolation: 'snapshot'");
  const checked = hints === undefined ? undefined : checkHints(hints);
  base.checkOpen();
  if (isInTransact(base)) {
    throw new LeaseholdError(
      'ERR_BUSY',
      'over a server, store.transact() cannot be called inside of another one: use the objects of the outer transaction',
    );
  }
  if (checked !== undefined) await checkHintNames(base, checked, dictionaryDefinition);
  live.transactBegins();
  const turns = base.engine.turns?.() ?? new AnsweredTurns();
  try {
    for (let run = 1; ; run++) {
      const waits = turns.begin(run, signal);
      if (waits !== undefined) await waits;
      const attempt = new Attempt(base, live, signal, turns.turn);
      const outcome = await attempt.run(fn, checked);
      if (outcome.done) return outcome.value;
      if (run > retries) throw outcome.error;
    }
  } finally {
    turns.end();
    live.transactEnds();
  }
}

type Outcome<T> = { readonly done: true; readonly value: T } | { readonly done: false; readonly error: unknown };

/** A transaction as of one commit: runs of its function until nothing was missed, and its commit. */
class Attempt {
  readonly #base: WireBase;
  readonly #live: WireLiveView;
  readonly #signal: AbortSignal | undefined;
  readonly #turn: Turn | undefined;

  constructor(base: WireBase, live: WireLiveView, signal: AbortSignal | undefined, turn: Turn | undefined) {
    this.#turn = turn;
    this.#base = base;
    this.#live = live;
    this.#signal = signal;
  }

  /** Not done: it met a conflict, or the server has not kept its commit. */
  async run<T>(
    fn: (view: WireTransactView, txn: WireTransaction) => T | PromiseLike<T>,
    hints: CheckedHints | undefined,
  ): Promise<Outcome<T>> {
    const { tid, release } = this.#base.hold();
    const txn = new WireTransaction(this.#base, tid, release);
    try {
      if (hints !== undefined) await loadWanted(this.#base, txn, [{ id: ROOT, hints }]);
      for (let run = 1; ; run++) {
        const outcome = await this.#runOnce(txn, fn);
        if (outcome !== undefined) return outcome;
        checkRuns(run);
        await orAborted(fetchMissed(this.#base, txn), this.#signal);
      }
    } catch (error) {
      if (!isLost(error) || this.#base.engine.processed() === tid) throw error;
      return { done: false, error };
    } finally {
      txn.end();
    }
  }

  /** Undefined if something was missed. */
  async #runOnce<T>(
    txn: WireTransaction,
    fn: (view: WireTransactView, txn: WireTransaction) => T | PromiseLike<T>,
  ): Promise<Outcome<T> | undefined> {
    if (isAborted(this.#signal)) throw aborted(this.#signal);
    this.#base.checkOpen();
    txn.begin();
    const view = new WireTransactView(this.#base, txn, this.#live);
    try {
      const value = await unlessEnded(
        (ended) => this.#base.onEnd(ended),
        runInTransact(this.#base, () => fn(view, txn)),
        this.#signal,
      );
      if (txn.misses.isEmpty) view.finish();
      if (!txn.misses.isEmpty) return undefined;
      if (txn.isOutdated) return { done: false, error: conflict({ conflicts: [] }) };
      const refused = await this.#commit(view, txn.request());
      return refused === undefined ? { done: true, value } : { done: false, error: conflict(refused) };
    } catch (error) {
      if (isAborted(this.#signal)) throw error;
      // An error that the function has made of one that says that something was missed.
      if (!txn.misses.isEmpty) return undefined;
      if (txn.isOutdated) return { done: false, error };
      throw error;
    } finally {
      if (!view.isCommitted) view.rollBack();
    }
  }

  /** Why it is not committed; undefined if it is. */
  async #commit(
    view: WireTransactView,
    request: Omit<CommitRequest, 'commitId'> | undefined,
  ): Promise<Refused | undefined> {
    const { engine, known } = this.#base;
    if (request === undefined) {
      view.committed();
      return undefined;
    }
    const tracked = new Tracked(request.writes);
    this.#base.track(tracked);
    try {
      const answer = await tryCommit(engine, { ...request, commitId: newCommitId(), turn: this.#turn });
      if (!('tid' in answer)) {
        await caughtUp(engine, request.base);
        return answer;
      }
      try {
        // Who goes on after this sees what was committed.
        if (await isTold(engine, answer.tid)) tracked.keep(answer.tid, known);
      } finally {
        view.committed();
      }
      return undefined;
    } finally {
      this.#base.untrack(tracked);
    }
  }
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function isLost(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'ERR_SNAPSHOT_LOST';
}

function conflict({ conflicts, cause }: Refused): LeaseholdError {
  const error = new LeaseholdError(
    'ERR_CONFLICT',
    'store.transact() has run its function as often as `retries` allows, and each time others changed meanwhile what it had read or written: nothing was ' +
      'written. Try again later, or read and write less in one transaction',
    cause && { cause },
  );
  return withField(error, 'conflicts', conflicts.map(shownConflict));
}

/** As the codecs of the hidden collections show it: an id, or the key of a row. */
function shownConflict(found: EngineConflict): Conflict {
  const { collection } = found;
  if (!('key' in found)) return { collection, key: undefined };
  return { collection, key: collection === ITEMS ? itemKeyOf(found.key) : idAt(found.key, 0) };
}
