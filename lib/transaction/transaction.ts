import { invalidType, invalidValue } from '../base/errors.ts';
import { inspectAs } from '../base/inspect.ts';
import { keepShape } from '../base/shape.ts';
import { native } from '../native/native.ts';
import type { EnvironmentState } from './environment-state.ts';
import { NO_READ, OpenRead } from './open-read.ts';
import type { OpenTransaction } from './open-transaction.ts';
import { OpenWrite, transactionEnded } from './open-write.ts';

let openReadBehind: (value: object) => OpenRead | undefined;
let openWriteBehind: (value: object) => OpenWrite | undefined;

/** A consistent view of the whole database at one moment, which lends its memory until it ends. */
export class ReadTransaction {
  readonly #transaction: OpenRead;

  /** Not for users: `env.read()` makes these. */
  constructor(transaction: OpenRead) {
    if (!(transaction instanceof OpenRead)) throw invalidType('transaction', 'what env.read() passes', transaction);
    this.#transaction = transaction;
  }

  /**
   * Ends the transaction. It copies nothing and returns at once; what is still held moves to the heap later, or expires
   * now if the transaction was begun with `onEnd: 'invalidate'`. Ending twice does nothing.
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

  /** `'draining'` from `end()` until nothing that it lent needs the snapshot any more. */
  get state(): 'open' | 'draining' | 'ended' {
    return this.#transaction.state;
  }

  /**
   * Settles once nothing that the transaction lent needs the snapshot. Reading it makes that happen soon, and does not wait for
   * the collector: what was dropped a moment ago is moved with what is held.
   */
  get drained(): Promise<void> {
    return this.#transaction.drained;
  }

  /** The leases on its memory that something holds, counted when asked, and the bytes of entries that they cover. */
  get leases(): { live: number; bytes: number } {
    return this.#transaction.leases;
  }

  /** LMDB's transaction id: the version of the database that this sees. Throws `ERR_TXN_ENDED`. */
  get id(): number {
    if (!this.#transaction.open) throw transactionEnded();
    return native.transactionId(this.#transaction.handle);
  }

  static {
    inspectAs(ReadTransaction.prototype, (self) => `ReadTransaction { ${self.#transaction.state} }`);
  }

  static {
    openReadBehind = (value) => (#transaction in value ? value.#transaction : undefined);
  }
}

keepShape(new ReadTransaction(NO_READ));

/** What `env.write` hands to its function: name it in calls, or leave it out, which means the same. */
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
    if (!this.#transaction.open) throw transactionEnded();
    return native.transactionId(this.#transaction.handle);
  }

  static {
    inspectAs(WriteTransaction.prototype, (self) => `WriteTransaction { ${self.state} }`);
  }

  static {
    openWriteBehind = (value) => (#transaction in value ? value.#transaction : undefined);
  }
}

export type Transaction = ReadTransaction | WriteTransaction;

/** Whether `value` is a transaction of either kind, whatever its prototype says. */
export function isTransaction(value: unknown): value is Transaction {
  return typeof value === 'object' && value !== null && (openReadBehind(value) ?? openWriteBehind(value)) !== undefined;
}

/**
 * What is behind a transaction that a user gave. Throws `ERR_INVALID_ARG_TYPE` if it is none, `ERR_TXN_ENDED`, and
 * `ERR_INVALID_ARG_VALUE` if it belongs to another environment.
 */
export function openTransactionOf(environment: EnvironmentState, txn: Transaction): OpenTransaction {
  const transaction =
    typeof txn === 'object' && txn !== null ? (openReadBehind(txn) ?? openWriteBehind(txn)) : undefined;
  if (transaction === undefined) throw invalidType('txn', 'a transaction of env.read() or env.write()', txn);
  if (transaction.environment !== environment)
    throw invalidValue('txn belongs to another environment than the collection');
  if (!transaction.open) throw transactionEnded();
  return transaction;
}

/** The same for a write transaction of that environment that is open; undefined for anything else. */
export function openWriteOf(environment: EnvironmentState, txn: Transaction): OpenWrite | undefined {
  if (typeof txn !== 'object' || txn === null) return undefined;
  const transaction = openWriteBehind(txn);
  return transaction?.open && transaction.environment === environment ? transaction : undefined;
}
