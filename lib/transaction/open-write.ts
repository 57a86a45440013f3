import { LeaseholdError } from '../base/errors.ts';
import { append, freezeClass } from '../base/primordials.ts';
import type { Handle } from '../native/handles.ts';
import { native } from '../native/native.ts';
import { someone, wakeAfterCommit } from './commit-waits.ts';
import type { EnvironmentState } from './environment-state.ts';
import type { ListedWrite } from './open-lists.ts';

/** What is behind a WriteTransaction. Its reads are private copies. */
export class OpenWrite implements ListedWrite {
  readonly environment: EnvironmentState;
  /** -1 until it has begun. */
  handle: Handle = -1;
  readonly outer: OpenWrite | undefined;
  readonly writes = true;
  readonly lends = false;
  /** False as soon as its end begins. */
  open = true;
  #isDone = false;
  /** What to call after a rollback of this transaction. After a commit into a parent, the parent takes these over. */
  #ifRolledBack: (() => void)[] = [];
  /** The write transaction of this thread inside which this one was begun; it may belong to another environment. */
  #below: OpenWrite | undefined;

  get changes(): boolean {
    return true;
  }

  /** Begins a transaction. Waits for other writers at most `lockTimeout` ms, then throws `ERR_BUSY`. */
  constructor(environment: EnvironmentState, lockTimeout: number = environment.lockTimeout) {
    this.environment = environment;
    this.outer = writingOf(environment);
    // This can throw, since a program may listen to 'newListener'. So it comes first, when nothing has begun yet.
    abortWritesAtExit();
    abortLeft();
    // Noted before it begins: once native code has begun it, no function is called.
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

  /** Commits. If a write in it has failed, rolls back and throws the error of that write. */
  commit(): void {
    if (!this.open) throw transactionEnded('it was ended before env.write() could commit it');
    this.open = false;
    native.writeCommit(this.handle);
    this.#finish();
    if (someone.waits && this.outer === undefined) wakeAfterCommit();
  }

  /**
   * Calls `fn` after this transaction, or a parent into which it was committed, has been rolled back. For changes that must survive
   * the rollback, since something after the transaction needs them. `fn` is called outside of the transaction.
   */
  ifRolledBack(fn: () => void): void {
    append(this.#ifRolledBack, fn);
  }

  /** To be called after the commit or the rollback, when calls no longer belong to this transaction. */
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

  /** Rolls back. Does nothing if the transaction has ended. (If the stack overflowed in `commit`, it has not ended.) */
  abort(): void {
    if (this.#isDone) return;
    this.open = false;
    if (this.handle >= 0) native.writeAbort(this.handle);
    this.#finish();
  }

  #finish(): void {
    this.#isDone = true;
    // Usually this is the innermost one. It is an outer one if its environment was closed inside the inner one.
    if (innermostWrite === this) innermostWrite = this.#below;
    for (let transaction = innermostWrite; transaction !== undefined; transaction = transaction.#below) {
      if (transaction.#below === this) transaction.#below = this.#below;
    }
  }
}

/**
 * The innermost write transaction of this thread, of any environment. When the process exits inside one, all are rolled
 * back at once: Node waits for its workers to end, and one of them may be waiting for the write lock.
 */
let innermostWrite: OpenWrite | undefined;

/** Rolls back the transactions that their calls could not end, because the stack overflowed. They are the innermost ones. */
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
