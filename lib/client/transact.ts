import { aborted } from '../base/abort.ts';
import { LeaseholdError, withField } from '../base/errors.ts';
import { type Conflict, conflictNames } from '../versions/conflict.ts';
import { newCommitId } from '../versions/engine/commit-id.ts';
import type { EngineConflict } from '../versions/engine/engine.ts';
import { caughtUp, isTold } from '../versions/engine/reached.ts';
import { type Refused, tryCommit } from '../versions/engine/try-commit.ts';
import { unlessEnded } from '../versions/engine/unless-ended.ts';
import { readTransactOptions, type TransactOptions } from '../versions/transact-options.ts';
import { AnsweredTurns } from '../versions/turn.ts';
import type { Backend } from './backend.ts';
import { type CodecsOf, finishTransaction, StoreTransaction, transactionCodecs } from './store-transaction.ts';

/** Runs a function in a transaction, again after conflicts, and commits. See `Store.transact`. */
export async function transact<T>(
  backend: Backend,
  codecsOf: CodecsOf,
  fn: (transaction: StoreTransaction) => T | PromiseLike<T>,
  options: TransactOptions | undefined,
): Promise<T> {
  const { notesReads, retries, signal } = readTransactOptions(options);
  const { engine } = backend;
  const turns = engine.turns?.() ?? new AnsweredTurns();
  try {
    for (let run = 1; ; run++) {
      const waits = turns.begin(run, signal);
      if (waits !== undefined) await waits;
      checkNotAborted(signal);
      const tid = engine.processed();
      let refused: Error | undefined;
      const release = engine.hold(tid, (error) => {
        refused = error;
      });
      const transaction = new StoreTransaction(backend, { tid, release }, codecsOf, notesReads);
      let value: T;
      let request: ReturnType<typeof finishTransaction>;
      try {
        value = await unlessEnded((ended) => engine.onEnd(ended), fn(transaction), signal);
      } catch (error) {
        // Reads as of the commit fail for that reason: waiting for another commit would not help.
        if (codeOf(error) === 'ERR_SNAPSHOT_LOST' && codeOf(refused) === 'ERR_BUSY') throw refused;
        // The server has not kept the commit until it was asked to.
        if (codeOf(error) !== 'ERR_SNAPSHOT_LOST' || engine.processed() === tid) throw error;
        if (run > retries) throw error;
        continue;
      } finally {
        request = finishTransaction(transaction);
      }
      checkNotAborted(signal);
      if (request === undefined) return value;
      const answer = await tryCommit(engine, { ...request, commitId: newCommitId(), turn: turns.turn });
      if ('tid' in answer) {
        // Who goes on after this sees what was committed.
        await isTold(engine, answer.tid);
        return value;
      }
      if (run > retries) throw await conflict(answer, run, transactionCodecs(transaction, codecsOf));
      await caughtUp(engine, request.base);
    }
  } finally {
    turns.end();
  }
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null | undefined)?.code;
}

/** `ERR_CONFLICT`, with what others have changed as the codecs of the collections show it. */
async function conflict({ conflicts, cause }: Refused, runs: number, codecsOf: CodecsOf): Promise<LeaseholdError> {
  const found = await Promise.all(conflicts.map((each) => shownConflict(each, codecsOf)));
  const error = new LeaseholdError(
    'ERR_CONFLICT',
    `store.transact() has run its function ${runs === 1 ? 'once' : `${runs} times`}, and each time others changed meanwhile what it had read or ` +
      `written${found.length === 0 ? '' : `, the last time ${conflictNames(found)}`}: nothing was written. Try again later, allow more \`retries\`, or read and ` +
      'write less in one transaction',
    cause && { cause },
  );
  return withField(error, 'conflicts', found);
}

/** Of a range, there is no key. A key whose codec cannot be had is shown as its bytes. */
async function shownConflict(found: EngineConflict, codecsOf: CodecsOf): Promise<Conflict> {
  const { collection } = found;
  if (!('key' in found)) return { collection, key: undefined };
  const { key } = found;
  try {
    return { collection, key: (await codecsOf(collection).get()).keyOf(key) };
  } catch {
    return { collection, key };
  }
}

function checkNotAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw aborted(signal);
}
