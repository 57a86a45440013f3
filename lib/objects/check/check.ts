import { aborted, checkSignal } from '../../base/abort.ts';
import { checkObject, checkOptionNames } from '../../base/check-arguments.ts';
import { nextTurn, now } from '../../base/clock.ts';
import { invalidType } from '../../base/errors.ts';
import type { Base } from '../base.ts';
import { checkObjects } from './check-objects.ts';
import { checkRows } from './check-rows.ts';
import type { Problem } from './problem.ts';

/** How far `check` is. */
export interface CheckProgress {
  readonly phase: 'objects' | 'rows';
  readonly done: number;
  readonly total: number;
  readonly problems: number;
}

export interface CheckOptions {
  /** Called now and then. What it throws ends the check. */
  onProgress?: (progress: CheckProgress) => void;
  signal?: AbortSignal;
}

/** For so many ms it works before the event loop goes on. */
const SLICE_MS = 2;
/** How many entries are checked between two looks at the clock. */
const ENTRIES = 16;

/** See `Store.check`. */
export async function* check(base: Base, options: CheckOptions): AsyncGenerator<Problem, void, undefined> {
  checkObject(options, 'options');
  checkOptionNames(options, ['onProgress', 'signal'], 'check()');
  const { onProgress, signal } = options;
  if (onProgress !== undefined && typeof onProgress !== 'function')
    throw invalidType('onProgress', 'a function', onProgress);
  checkSignal(signal);
  const txn = base.environment.read();
  let problems = 0;
  try {
    const phases = [
      { phase: 'objects', steps: checkObjects(base, txn), total: base.objects.stat(txn).entries },
      { phase: 'rows', steps: checkRows(base, txn), total: base.items.stat(txn).entries },
    ] as const;
    for (const { phase, steps, total } of phases) {
      throwIfAborted(signal);
      let until = now() + SLICE_MS;
      let done = 0;
      for (const found of steps) {
        for (const problem of found) {
          problems++;
          yield problem;
        }
        if (++done % ENTRIES !== 0 || now() < until) continue;
        onProgress?.({ phase, done: Math.min(done, total), total, problems });
        await nextTurn();
        throwIfAborted(signal);
        until = now() + SLICE_MS;
      }
      onProgress?.({ phase, done: total, total, problems });
    }
  } finally {
    txn.end();
  }
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw aborted(signal);
}
