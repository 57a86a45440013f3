import { LeaseholdError } from '../base/errors.ts';
import { append, freezeClass } from '../base/primordials.ts';
import type { Handle } from '../native/handles.ts';
import { native } from '../native/native.ts';
import type { EnvironmentState } from './environment-state.ts';
import type { ListedWrite } from './open-lists.ts';

/** A write transaction as the library holds it. Its reads are private. */
export class OpenWrite implements ListedWrite {
  readonly environment: EnvironmentState;
  /** -1 until it has begun. */
  handle: Handle = -1;
  readonly outer: OpenWrite | undefined;
  readonly writes = true;
  readonly lends = false;
  /** False from the moment at which it is to be ended. */
  open = true;
  #isDone = false;
  /** What is to be done once this has been rolled back; with the parent, once this has been committed to it. */
  #ifRolledBack: (() => void)[] = [];
  /** The write transaction of this thread inside which this one was begun, of any environment. */
  #below: OpenWrite | undefined;

  /** Waits for other writers, at most `lockTimeout` ms: `ERR_BUSY`. */
  constructor(environment: EnvironmentState, lockTimeout: number = environment.lockTimeout) {
    this.environment = environment;
    this.outer = writingOf(environment);
    // First: it can throw, since a program may listen to 'newListener', and nothing is begun then.
    abortWritesAtExit();
    abortLeft();
    // Before it begins, and nothing is called once native code has begun it.
    this.#below = innermostWrite;
    innermostWrite = this;
    try {
      environment.retrying(() => {
        this.handle = native.writeBegin(environment.native, lockTimeout);
      });
    } catch (error) {
      this.open = false;
      this.#finish();
      throw error;
    }
  }

  /** Commits. Throws what made a write in it fail, after having rolled back. */
  commit(): void {
    if (!this.open) throw transactionEnded('it was ended before env.write() could commit it');
    this.open = false;
    native.writeCommit(this.handle);
    this.#finish();
  }

  /**
   * Has `fn` called once this, or an outer one that it has been committed to, has been rolled back: for what must be there
   * all the same, since it belongs to something that comes after the transaction. Called outside of it.
   */
  ifRolledBack(fn: () => void): void {
    append(this.#ifRolledBack, fn);
  }

  /** To be called once it has been committed, or has been rolled back, when calls no longer belong to it. */
  settled(committed: boolean): void {
    const calls = this.#ifRolledBack;
    if (calls.length === 0) return;
    this.#ifRolledBack = [];
    for (let i = 0; i < calls.length; i++) {
      const call = calls[i] as () => void;
      if (!committed) call();
      else this.outer?.ifRolledBack(call);
    }
  }

  /** Rolls back; nothing if it has ended. A commit for which there was not enough stack has not ended it. */
  abort(): void {
    if (this.#isDone) return;
    this.open = false;
    if (this.handle >= 0) native.writeAbort(this.handle);
    this.#finish();
  }

  #finish(): void {
    this.#isDone = true;
    // Usually the innermost; an outer one if its environment was closed inside the inner one.
    if (innermostWrite === this) innermostWrite = this.#below;
    for (let transaction = innermostWrite; transaction !== undefined; transaction = transaction.#below) {
      if (transaction.#below === this) transaction.#below = this.#below;
    }
  }
}

/**
 * The innermost write transaction of this thread, of any environment. When the process exits inside one, all are rolled
 * back at once: Node joins its workers then, and one of them may be waiting for the write lock.
 */
let innermostWrite: OpenWrite | undefined;

/** Rolls back those whose calls were to do so, and had not enough stack. They are the innermost. */
export function abortLeft(): void {
  while (innermostWrite !== undefined && !innermostWrite.open) innermostWrite.abort();
}

let abortsAtExit = false;

function abortWritesAtExit(): void {
  if (abortsAtExit) return;
  process.on('exit', () => {
    while (innermostWrite !== undefined) innermostWrite.abort();
  });
  abortsAtExit = true;
}

freezeClass(OpenWrite);

/** The innermost write transaction of an environment's handle. */
export function writingOf(environment: EnvironmentState): OpenWrite | undefined {
  return environment.writing as OpenWrite | undefined;
}

export function transactionEnded(why?: string): LeaseholdError {
  return new LeaseholdError(
    'ERR_TXN_ENDED',
    `this transaction has ended${why === undefined ? '' : ` (${why})`}: begin a new one with env.read() or env.write()`,
  );
}
