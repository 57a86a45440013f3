import { invalidType, invalidValue } from '../base/errors.ts';
import { inspectAs } from '../base/inspect.ts';
import { keepShape } from '../base/shape.ts';
import { native } from '../native/native.ts';
import type { EnvironmentCore } from './environment-state.ts';
import { NO_READING, ReadScope } from './open-read.ts';
import type { Scope } from './open-transaction.ts';
import { transactionEnded, WriteScope } from './open-write.ts';

let readScopeOf: (value: object) => ReadScope | undefined;
let writeScopeOf: (value: object) => WriteScope | undefined;

/** A consistent view of the whole database at one moment, which lends its memory until it ends. */
export class ReadTransaction {
  readonly #scope: ReadScope;

  /** Not for users: `env.read()` makes these. */
  constructor(scope: ReadScope) {
    if (!(scope instanceof ReadScope)) throw invalidType('scope', 'what env.read() passes', scope);
    this.#scope = scope;
  }

  /**
   * Ends the transaction. It copies nothing and returns at once; what is still held moves to the heap later, or expires
   * now if the transaction was begun with `onEnd: 'invalidate'`. Ending twice does nothing.
   */
  end(): void {
    this.#scope.end();
  }

  /** The same as `end`. */
  commit(): void {
    this.#scope.end();
  }

  /** The same as `end`. */
  abort(): void {
    this.#scope.end();
  }

  [Symbol.dispose](): void {
    this.#scope.end();
  }

  /** `'draining'` from `end()` until nothing that it lent needs the snapshot any more. */
  get state(): 'open' | 'draining' | 'ended' {
    return this.#scope.state;
  }

  /**
   * Settles once nothing that the transaction lent needs the snapshot. Reading it makes that happen soon, and does not wait for
   * the collector: what was dropped a moment ago is moved with what is held.
   */
  get drained(): Promise<void> {
    return this.#scope.drained;
  }

  /** The leases on its memory that something holds, counted when asked, and the bytes of entries that they cover. */
  get leases(): { live: number; bytes: number } {
    return this.#scope.leases;
  }

  /** LMDB's transaction id: the version of the database that this sees. Throws `ERR_TXN_ENDED`. */
  get id(): number {
    if (!this.#scope.open) throw transactionEnded();
    return native.transactionId(this.#scope.handle);
  }

  static {
    inspectAs(ReadTransaction.prototype, (self) => `ReadTransaction { ${self.#scope.state} }`);
  }

  static {
    readScopeOf = (value) => (#scope in value ? value.#scope : undefined);
  }
}

keepShape(new ReadTransaction(NO_READING));

/** What `env.write` hands to its function: name it in calls, or leave it out, which means the same. */
export class WriteTransaction {
  readonly #scope: WriteScope;

  /** Not for users: `env.write()` makes these. */
  constructor(scope: WriteScope) {
    if (!(scope instanceof WriteScope)) throw invalidType('scope', 'what env.write() passes', scope);
    this.#scope = scope;
  }

  get state(): 'open' | 'ended' {
    return this.#scope.open ? 'open' : 'ended';
  }

  /** The id that the commit will have. Throws `ERR_TXN_ENDED`. */
  get id(): number {
    if (!this.#scope.open) throw transactionEnded();
    return native.transactionId(this.#scope.handle);
  }

  static {
    inspectAs(WriteTransaction.prototype, (self) => `WriteTransaction { ${self.state} }`);
  }

  static {
    writeScopeOf = (value) => (#scope in value ? value.#scope : undefined);
  }
}

export type Transaction = ReadTransaction | WriteTransaction;

/** Whether `value` is a transaction of either kind, whatever its prototype says. */
export function isTransaction(value: unknown): value is Transaction {
  return typeof value === 'object' && value !== null && (readScopeOf(value) ?? writeScopeOf(value)) !== undefined;
}

/**
 * The scope behind a transaction that a user gave. Throws `ERR_INVALID_ARG_TYPE` if it is none, `ERR_TXN_ENDED`, and
 * `ERR_INVALID_ARG_VALUE` if it belongs to another environment.
 */
export function scopeOf(core: EnvironmentCore, txn: Transaction): Scope {
  const scope = typeof txn === 'object' && txn !== null ? (readScopeOf(txn) ?? writeScopeOf(txn)) : undefined;
  if (scope === undefined) throw invalidType('txn', 'a transaction of env.read() or env.write()', txn);
  if (scope.core !== core) throw invalidValue('txn belongs to another environment than the collection');
  if (!scope.open) throw transactionEnded();
  return scope;
}

/** The same for a write transaction of that environment that is open; undefined for anything else. */
export function openWriteScopeOf(core: EnvironmentCore, txn: Transaction): WriteScope | undefined {
  if (typeof txn !== 'object' || txn === null) return undefined;
  const scope = writeScopeOf(txn);
  return scope?.open && scope.core === core ? scope : undefined;
}
