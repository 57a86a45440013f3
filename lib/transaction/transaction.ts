import { invalidType, invalidValue, LeaseholdError } from '../base/errors.ts';
import { keepHiddenClass } from '../base/hidden-class.ts';
import { inspectAs } from '../base/inspect.ts';
import { native } from '../native/native.ts';
import type { EnvironmentState } from './environment-state.ts';
import { NO_READ, OpenRead } from './open-read.ts';
import { OpenTransact } from './open-transact.ts';
import type { ChangingTransaction, OpenTransaction } from './open-transaction.ts';
import { OpenWrite, transactionEnded } from './open-write.ts';

let openReadBehind: (value: object) => OpenRead | undefined;
let openWriteBehind: (value: object) => OpenWrite | undefined;
let openTransactBehind: (value: object) => OpenTransact | undefined;

/** A consistent view of the whole database at one moment, which lends its memory until it ends. */
export class ReadTransaction {
  readonly #transaction: OpenRead;

  /** Not for users: `env.read()` makes these. */
  constructor(transaction: OpenRead) {
    if (!(transaction instanceof OpenRead)) throw invalidType('transaction', 'what env.read() passes', transaction);
    this.#transaction = transaction;
  }

  /**
   * Ends the transaction. It copies nothing and returns at once. What is still held moves to the heap later. If the transaction
   * was begun with `onEnd: 'invalidate'`, it expires now. Ending twice does nothing.
   */
  end(): void {
    this.#transaction.end();
  }

  /** The same as `end`. */
  commit(): void {
    this.#transaction.end();
  }

  /** The same as `end`. */
  abort(): void {
    this.#transaction.end();
  }

  [Symbol.dispose](): void {
    this.#transaction.end();
  }

  /** `'draining'` from `end()` until nothing that the transaction has lent needs the snapshot any more. */
  get state(): 'open' | 'draining' | 'ended' {
    return this.#transaction.state;
  }

  /**
   * Fulfilled once nothing that the transaction has lent needs the snapshot. Reading `drained` makes that happen soon, without
   * waiting for the garbage collector. So what was dropped a moment ago is copied too.
   */
  get drained(): Promise<void> {
    return this.#transaction.drained;
  }

  /** How many leases on its memory are held, counted now, and how many bytes of entries they cover. */
  get leases(): { live: number; bytes: number } {
    return this.#transaction.leases;
  }

  /** LMDB's transaction id: the version of the database that the transaction sees. Throws `ERR_TXN_ENDED`. */
  get id(): number {
    return idOf(this.#transaction);
  }

  /**
   * The number of the newest commit that the transaction sees and that changed a collection with `versions`; 0 if there is none.
   * Throws `ERR_TXN_ENDED`.
   */
  get tid(): number {
    return tidOf(this.#transaction);
  }

  static {
    inspectAs(ReadTransaction.prototype, (self) => `ReadTransaction { ${self.#transaction.state} }`);
  }

  static {
    openReadBehind = (value) => (#transaction in value ? value.#transaction : undefined);
  }
}

keepHiddenClass(new ReadTransaction(NO_READ));

/** What `env.write` passes to its function. Calls in the function belong to it, whether they name it or not. */
export class WriteTransaction {
  readonly #transaction: OpenWrite;

  /** Not for users: `env.write()` makes these. */
  constructor(transaction: OpenWrite) {
    if (!(transaction instanceof OpenWrite)) throw invalidType('transaction', 'what env.write() passes', transaction);
    this.#transaction = transaction;
  }

  get state(): 'open' | 'ended' {
    return this.#transaction.open ? 'open' : 'ended';
  }

  /** The id that the commit will have. Throws `ERR_TXN_ENDED`. */
  get id(): number {
    return idOf(this.#transaction);
  }

  /**
   * The number of the newest commit before this transaction that changed a collection with `versions`; 0 if there is none. If this
   * transaction changes one, its own number is one more. Throws `ERR_TXN_ENDED`; `ERR_BUSY` while an inner `env.write` is running.
   */
  get tid(): number {
    return tidOf(this.#transaction);
  }

  static {
    inspectAs(WriteTransaction.prototype, (self) => `WriteTransaction { ${self.state} }`);
  }

  static {
    openWriteBehind = (value) => (#transaction in value ? value.#transaction : undefined);
  }
}

/**
 * What `env.transact` passes to its function: a transaction that may wait. It reads a snapshot and what it has written itself. Calls in the
 * function belong to it, whether they name it or not, also after an `await`.
 */
export class OptimisticTransaction {
  readonly #transaction: OpenTransact;

  /** Not for users: `env.transact()` makes these. */
  constructor(transaction: OpenTransact) {
    if (!(transaction instanceof OpenTransact))
      throw invalidType('transaction', 'what env.transact() passes', transaction);
    this.#transaction = transaction;
  }

  get state(): 'open' | 'ended' {
    return this.#transaction.open ? 'open' : 'ended';
  }

  /** LMDB's transaction id: the version of the database that the transaction sees. Throws `ERR_TXN_ENDED`. */
  get id(): number {
    return idOf(this.#transaction);
  }

  /**
   * The number of the newest commit that the transaction sees and that changed a collection with `versions`; 0 if there is none.
   * Throws `ERR_TXN_ENDED`.
   */
  get tid(): number {
    return tidOf(this.#transaction);
  }

  static {
    inspectAs(OptimisticTransaction.prototype, (self) => `OptimisticTransaction { ${self.state} }`);
  }

  static {
    openTransactBehind = (value) => (#transaction in value ? value.#transaction : undefined);
  }
}

function idOf({ open, handle }: OpenTransaction): number {
  if (!open) throw transactionEnded();
  return native.transactionId(handle);
}

function tidOf({ open, handle }: OpenTransaction): number {
  if (!open) throw transactionEnded();
  return native.transactionTid(handle);
}

/** A transaction in which changes can be made. */
export type ChangingTxn = WriteTransaction | OptimisticTransaction;

export type Transaction = ReadTransaction | WriteTransaction | OptimisticTransaction;

/** What is behind a transaction; undefined for anything else. */
function openBehind(value: object): OpenTransaction | undefined {
  return openReadBehind(value) ?? openWriteBehind(value) ?? openTransactBehind(value);
}

/** Whether `value` is a transaction of any kind, whatever its prototype says. */
export function isTransaction(value: unknown): value is Transaction {
  return typeof value === 'object' && value !== null && openBehind(value) !== undefined;
}

/**
 * What is behind the transaction that a user gave. Throws `ERR_INVALID_ARG_TYPE` if it is not a transaction, `ERR_TXN_ENDED` if it
 * has ended, and `ERR_INVALID_ARG_VALUE` if it belongs to another environment.
 */
export function openTransactionOf(environment: EnvironmentState, txn: Transaction): OpenTransaction {
  const transaction = typeof txn === 'object' && txn !== null ? openBehind(txn) : undefined;
  if (transaction === undefined) {
    throw invalidType('txn', 'a transaction of env.read(), env.write() or env.transact()', txn);
  }
  if (transaction.environment !== environment)
    throw invalidValue('txn belongs to another environment than the collection');
  if (!transaction.open) throw transactionEnded();
  return transaction;
}

/** The same for a transaction in which changes can be made. `ERR_READ_ONLY` if it only reads. */
export function changingTransactionOf(environment: EnvironmentState, txn: Transaction): ChangingTransaction {
  const transaction = openTransactionOf(environment, txn);
  if (transaction.changes) return transaction as ChangingTransaction;
  throw new LeaseholdError('ERR_READ_ONLY', 'txn is a read transaction: write inside env.write() or env.transact()', {
    path: environment.path,
  });
}

/** What is behind a write transaction that is open on that environment; undefined for anything else. */
export function openWriteOf(environment: EnvironmentState, txn: Transaction): OpenWrite | undefined {
  if (typeof txn !== 'object' || txn === null) return undefined;
  const transaction = openWriteBehind(txn);
  return transaction?.open && transaction.environment === environment ? transaction : undefined;
}
