import { allocate } from '../allocate.ts';
import { LeaseholdError } from '../errors.ts';
import type { Counters } from '../lease/counters.ts';
import { type Draining, expireAll } from '../lease/drain.ts';
import { Lease, NO_VIEWS, type Views } from '../lease/lease.ts';
import type { Lender } from '../lease/lender.ts';
import { currentTable, renewTable } from '../lease/table.ts';
import { guardZlib } from '../lease/zlib.ts';
import {
  answered,
  CONTROL_BYTES,
  CONTROL_BYTES_HIGH,
  CONTROL_ROWS,
  CONTROL_TRANSACTION,
  CONTROL_VALUE_LENGTH,
  control,
  NEEDS_TABLE,
  NOT_FOUND,
  native,
  PRIVATE_ROW,
} from '../native.ts';
import type { Handle } from '../native-functions.ts';
import { freezeClass } from '../primordials.ts';
import { keepShape } from '../shape.ts';
import type { ValueCoder } from '../value/codec.ts';
import type { EnvironmentCore } from './core.ts';
import { privateLease } from './private.ts';

let settle: (scope: ReadScope) => void;

/**
 * A read transaction as the library holds it: what its leases know of it, and what stays when the ReadTransaction that
 * the user had has been forgotten. No private method, for which each object would carry a mark.
 */
export class ReadScope implements Lender, Draining {
  readonly core: EnvironmentCore;
  readonly handle: Handle;
  readonly invalidate: boolean;
  readonly writes = false;
  /** Whether it can be read through. */
  open = true;
  state: 'open' | 'draining' | 'ended' = 'open';
  nextDraining: Draining | undefined;
  previousDraining: Draining | undefined;
  urgent = false;
  due = false;
  /** What should end it, while the collector has not been asked to tell when that goes. */
  owner: object | undefined;
  watched = false;
  /** The list of the environment's open transactions. */
  next: ReadScope | undefined;
  previous: ReadScope | undefined;
  /** The lease that point reads add their rows to. */
  #point: Lease | undefined;
  #drained: { promise: Promise<void>; resolve: () => void } | undefined;

  static {
    settle = (scope) => {
      scope.state = 'ended';
      scope.#drained?.resolve();
    };
  }

  /** Begins it, or stands for none if there is a `handle`. */
  constructor(core: EnvironmentCore, invalidate: boolean, handle?: Handle) {
    this.core = core;
    this.invalidate = invalidate;
    this.handle = handle ?? begin(core, invalidate);
    if (handle === undefined) core.addReading(this);
  }

  get counters(): Counters {
    return this.core.counters;
  }

  /** Whether what is read through it is lent, not copied. */
  get lends(): boolean {
    return this.core.lends;
  }

  /** Ends it: nothing is copied here. Ending twice does nothing. */
  end(): void {
    if (!this.open) return;
    this.open = false;
    this.#point = undefined;
    this.owner = undefined;
    this.core.removeReading(this);
    control[CONTROL_TRANSACTION] = this.handle;
    if (native.readEnd() === undefined) {
      settle(this);
      return;
    }
    if (this.invalidate) {
      expireAll(this);
      return;
    }
    this.state = 'draining';
    this.core.drains.add(this);
    if (this.#drained !== undefined) this.core.drains.hasten(this);
  }

  /** The leases that something holds, counted now, and the bytes that they cover. */
  get leases(): { live: number; bytes: number } {
    if (this.state === 'ended') return { live: 0, bytes: 0 };
    native.leaseStat(this.handle);
    const bytes = (control[CONTROL_BYTES] as number) + (control[CONTROL_BYTES_HIGH] as number) * 2 ** 32;
    return { live: control[CONTROL_ROWS] as number, bytes };
  }

  onDrained(): void {
    // A sink of another addon that was told may have closed the environment.
    if (!this.core.isClosed) native.drained(this.handle);
    this.core.counters.drains++;
    settle(this);
  }

  get drained(): Promise<void> {
    if (this.#drained !== undefined) return this.#drained.promise;
    // First: making a promise calls hooks of node:async_hooks, which may end this, or ask for the same.
    let resolve = (): void => {};
    const promise = new Promise<void>((done) => {
      resolve = done;
    });
    if (this.#drained !== undefined) return (this.#drained as { promise: Promise<void> }).promise;
    this.#drained = { promise, resolve };
    if (this.state === 'ended') resolve();
    else this.core.drains.hasten(this);
    return promise;
  }

  /** A view of the value of the key at `offset` in the writer, undefined if there is none. */
  get<VView>(id: number, codec: ValueCoder<never, VView>, offset: number, length: number): VView | undefined {
    let row: number | undefined;
    try {
      row = native.get(this.handle, id, offset, length);
    } catch (error) {
      this.core.makeRoom(this, error);
      row = native.get(this.handle, id, offset, length);
    }
    if ((row as number) >= 0) return codec.view(this.#point as Lease, (row as number) * 4 + 2);
    if (row === NOT_FOUND) return undefined;
    if (row === PRIVATE_ROW) return codec.view(privateLease(NO_VIEWS, 0, control[CONTROL_VALUE_LENGTH] as number), 2);
    if (answered(row) === NEEDS_TABLE) renewTable();
    const lease = this.lease(NO_VIEWS);
    answered(native.lendFound(this.handle, lease));
    // First, since native code adds rows to it from now on: should aiming it fail, what is read through it throws.
    this.#point = lease;
    lease.aim(currentTable(), this.core.windows);
    return codec.view(lease, 2);
  }

  /** A lease that native code has yet to lend something to. */
  lease(views: Views, reaimed: boolean = false): Lease {
    this.core.counters.leases++;
    return new Lease(views, this, reaimed);
  }

  /** A leased ArrayBuffer of the value of the key at `offset` in the writer, undefined if there is none. */
  getBuffer(id: number, offset: number, length: number): ArrayBuffer | undefined {
    return lendingBuffer(this, (memory) => native.getBuffer(this.handle, id, offset, length, memory)) ?? undefined;
  }

  lendBuffer(window: number, offset: number, length: number): ArrayBuffer {
    return lendingBuffer(this, (memory) => native.lendBuffer(this.handle, window, offset, length, memory));
  }

  /** Fills the next batch of a range, and lends it to `lease`: as `native.rangeNext`, with a new table if it needs one. */
  nextBatch(cursor: Handle, lease: Lease, rows: number): number {
    for (;;) {
      let count: number | undefined;
      try {
        count = native.rangeNext(cursor, lease, rows);
      } catch (error) {
        this.core.makeRoom(this, error);
        count = native.rangeNext(cursor, lease, rows);
      }
      if (count !== NEEDS_TABLE) return answered(count);
      renewTable();
    }
  }

  /** As `native.getMany`, which see. */
  getMany(id: number, offset: number, places: Uint32Array, start: number, lease: Lease): number {
    try {
      return native.getMany(this.handle, id, offset, places, start, lease);
    } catch (error) {
      this.core.makeRoom(this, error);
      return native.getMany(this.handle, id, offset, places, start, lease);
    }
  }

  resolve(window: number, offset: number, length: number): object {
    return native.resolve(this.handle, window, offset, length);
  }
}

/** A read transaction of no environment. */
export const NO_READING: ReadScope = new ReadScope(undefined as unknown as EnvironmentCore, false, -1);
keepShape(NO_READING);

/** `lend` gives a number if it needs memory of so many bytes to copy to. Throws `ENOMEM`. */
function lendingBuffer<T>(scope: ReadScope, lend: (memory?: ArrayBuffer) => T | number): T {
  if (scope.invalidate) guardZlib();
  const lent = retryingLend(scope, lend);
  if (typeof lent !== 'number') return lent;
  const memory = allocate(lent);
  return retryingLend(scope, () => lend(memory)) as T;
}

function retryingLend<T>(scope: ReadScope, lend: () => T): T {
  try {
    return lend();
  } catch (error) {
    scope.core.makeRoom(scope, error);
    return lend();
  }
}

/** The first try stands apart from those with a function to be called, which V8 would not inline. */
function begin(core: EnvironmentCore, invalidate: boolean): Handle {
  try {
    if (invalidate) return answered(native.readBegin(core.handle, true));
    control[CONTROL_TRANSACTION] = core.handle;
    return answered(native.readBegin());
  } catch {
    return core.retrying(() => answered(native.readBegin(core.handle, invalidate)));
  }
}

/** A write transaction as the library holds it. Its reads are private. */
export class WriteScope {
  readonly core: EnvironmentCore;
  readonly handle: Handle;
  readonly outer: WriteScope | undefined;
  readonly writes = true;
  readonly lends = false;
  open = true;
  /** The write transaction of this thread inside which this one was begun, of any environment. */
  #below: WriteScope | undefined;

  /** Waits for other writers, at most `lockTimeout` ms: `ERR_BUSY`. */
  constructor(core: EnvironmentCore, lockTimeout: number = core.lockTimeout) {
    this.core = core;
    this.outer = core.writing;
    // First: it can throw, since a program may listen to 'newListener', and nothing is begun then.
    abortWritesAtExit();
    this.handle = core.retrying(() => native.writeBegin(core.native, lockTimeout));
    this.#below = innermostWrite;
    innermostWrite = this;
  }

  /** Commits. Throws what made a write in it fail, after having rolled back. */
  commit(): void {
    if (!this.open) throw transactionEnded('it was ended before env.write() could commit it');
    this.#close();
    native.writeCommit(this.handle);
  }

  /** Rolls back; nothing if it has ended. */
  abort(): void {
    if (!this.open) return;
    this.#close();
    native.writeAbort(this.handle);
  }

  /** Nothing can be done in it any more. */
  #close(): void {
    this.open = false;
    // Usually the innermost; an outer one if its environment was closed inside the inner one.
    if (innermostWrite === this) innermostWrite = this.#below;
    for (let scope = innermostWrite; scope !== undefined; scope = scope.#below) {
      if (scope.#below === this) scope.#below = this.#below;
    }
  }
}

/**
 * The innermost write transaction of this thread, of any environment. When the process exits inside one, all are rolled
 * back at once: Node joins its workers then, and one of them may be waiting for the write lock.
 */
let innermostWrite: WriteScope | undefined;
let abortsAtExit = false;

function abortWritesAtExit(): void {
  if (abortsAtExit) return;
  process.on('exit', () => {
    while (innermostWrite !== undefined) innermostWrite.abort();
  });
  abortsAtExit = true;
}

freezeClass(ReadScope);
freezeClass(WriteScope);

export type Scope = ReadScope | WriteScope;

export function transactionEnded(why?: string): LeaseholdError {
  return new LeaseholdError(
    'ERR_TXN_ENDED',
    `this transaction has ended${why === undefined ? '' : ` (${why})`}: begin a new one with env.read() or env.write()`,
  );
}
