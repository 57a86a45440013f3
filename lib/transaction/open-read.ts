import { allocate } from '../base/allocate.ts';
import { keepHiddenClass } from '../base/hidden-class.ts';
import { freezeClass } from '../base/primordials.ts';
import type { Counters } from '../lease/counters.ts';
import { Drained } from '../lease/drain/drained.ts';
import type { Draining } from '../lease/drain/draining.ts';
import { takeBack } from '../lease/drain/moving.ts';
import { splitGroups } from '../lease/group.ts';
import { Lease, NO_VIEWS, type Views } from '../lease/lease.ts';
import { currentTable, renewTable } from '../lease/row-table.ts';
import { guardZlib } from '../lease/zlib.ts';
import {
  CONTROL_BYTES,
  CONTROL_BYTES_HIGH,
  CONTROL_ROWS,
  CONTROL_TRANSACTION,
  CONTROL_VALUE_LENGTH,
  NEEDS_TABLE,
  NOT_FOUND,
  PRIVATE_ROW,
} from '../native/constants.ts';
import type { Handle } from '../native/handles.ts';
import { answered, control, native, terminated } from '../native/native.ts';
import type { ValueCoder } from '../value/coder.ts';
import { privateLease } from './copied-reads.ts';
import type { EnvironmentState } from './environment-state.ts';
import type { ListedRead } from './open-lists.ts';
import { abortLeft } from './open-write.ts';

let settle: (transaction: OpenRead) => void;

/**
 * What is behind a ReadTransaction. Its leases refer to it, so it stays alive when the user has forgotten the ReadTransaction.
 * It has no private method: V8 would add a hidden field to each object for that.
 */
export class OpenRead implements Draining, ListedRead {
  readonly environment: EnvironmentState;
  /** -1 until it has begun. */
  handle: Handle = -1;
  readonly invalidate: boolean;
  readonly writes = false;
  /** Whether reads through it are possible. */
  open = true;
  state: 'open' | 'draining' | 'ended' = 'open';
  nextDraining: Draining | undefined;
  previousDraining: Draining | undefined;
  urgent = false;
  due = false;
  hasGroups = false;
  /** The object that should end it, until `watch` has registered that object with the collector. */
  owner: object | undefined;
  watched = false;
  /** Links of the list of the environment's open transactions, and whether this one is on the list. */
  next: ListedRead | undefined;
  previous: ListedRead | undefined;
  linked = false;
  /** The next on the list of those that are being ended (`EnvironmentState.ending`); null if this one is not on the list. */
  nextEnding: ListedRead | undefined | null = null;
  /** Whether it has ended completely. */
  isDone = false;
  /** Whether a call of `end` is running, perhaps further out on the stack. */
  #isBusy = false;
  /** The lease to which single reads add their rows. */
  #point: Lease | undefined;
  #drained: Drained | undefined;

  static {
    settle = (transaction) => {
      transaction.state = 'ended';
      transaction.#drained?.settle();
    };
  }

  /** Begins a transaction. Given a `handle`, makes a placeholder that belongs to no environment. */
  constructor(environment: EnvironmentState, invalidate: boolean, handle?: Handle) {
    this.environment = environment;
    this.invalidate = invalidate;
    if (handle === undefined) begin(this);
  }

  get counters(): Counters {
    return this.environment.counters;
  }

  /** Whether its reads lend memory. If not, each read copies. */
  get lends(): boolean {
    return this.environment.lends;
  }

  /** Whether changes can be made in it, so that what it sees can change. */
  get changes(): boolean {
    return false;
  }

  /**
   * Ends the transaction; copies nothing. Ending twice does nothing. If the stack overflowed the first time, the second call goes
   * on where the first one stopped.
   */
  end(): void {
    if (this.isDone || this.#isBusy) return;
    const { environment } = this;
    this.open = false;
    this.#point = undefined;
    this.owner = undefined;
    if (this.nextEnding === null) {
      this.nextEnding = environment.ending;
      environment.ending = this;
    }
    this.#isBusy = true;
    try {
      if (this.state === 'open' && this.handle >= 0) {
        control[CONTROL_TRANSACTION] = this.handle;
        this.state = native.readEnd() === undefined ? 'ended' : 'draining';
      }
      if (this.linked) environment.removeReading(this);
      if (this.handle < 0 || this.state === 'ended') settle(this);
      else if (this.invalidate) {
        takeBack(this, true);
        this.onDrained();
      } else {
        environment.drains.add(this);
        if (this.#drained !== undefined) environment.drains.hasten(this);
      }
    } finally {
      this.#isBusy = false;
    }
    this.isDone = true;
    if (environment.ending === this) environment.ending = this.nextEnding ?? undefined;
  }

  /** The leases that something holds, counted now, and the bytes that they cover. */
  get leases(): { live: number; bytes: number } {
    if (this.state === 'ended') return { live: 0, bytes: 0 };
    if (this.hasGroups) splitGroups(this);
    native.leaseStat(this.handle);
    const bytes = (control[CONTROL_BYTES] as number) + (control[CONTROL_BYTES_HIGH] as number) * 2 ** 32;
    return { live: control[CONTROL_ROWS] as number, bytes };
  }

  onDrained(): void {
    // A sink of another addon that was told may have closed the environment.
    if (!this.environment.isClosed) native.drained(this.handle);
    this.environment.counters.drains++;
    settle(this);
  }

  get drained(): Promise<void> {
    const isFirst = this.#drained === undefined;
    this.#drained ??= new Drained();
    // Making the promise calls hooks of node:async_hooks, which may end this transaction.
    const { promise } = this.#drained;
    if (this.state === 'ended') this.#drained.settle();
    else if (isFirst) this.environment.drains.hasten(this);
    return promise;
  }

  /** While the transaction is open, its memory does not change: what it has lent stays lent. */
  revoke(): void {
    if (!this.open) takeBack(this, this.invalidate);
  }

  /** A view of the value of the key that is at `offset` in the writer; undefined if the key is absent. */
  get<VView>(
    id: number,
    codec: Pick<ValueCoder<never, VView>, 'view'>,
    offset: number,
    length: number,
  ): VView | undefined {
    let row: number | undefined;
    try {
      row = native.get(this.handle, id, offset, length);
    } catch (error) {
      this.environment.makeRoom(this, error);
      row = native.get(this.handle, id, offset, length);
    }
    if ((row as number) >= 0) return codec.view(this.#point as Lease, (row as number) * 4 + 2);
    if (row === NOT_FOUND) return undefined;
    if (row === PRIVATE_ROW) return codec.view(privateLease(NO_VIEWS, 0, control[CONTROL_VALUE_LENGTH] as number), 2);
    if (answered(row) === NEEDS_TABLE) renewTable();
    const lease = this.lend(NO_VIEWS);
    lease.aim(currentTable(), this.environment.windows);
    // From here on, no call in between: when native code knows the lease, so must `#point`. Native code adds rows to it.
    if (native.lendFound(this.handle, lease) === undefined) throw terminated();
    this.#point = lease;
    return codec.view(lease, 2);
  }

  /** A new lease, to which native code has not lent anything yet. */
  lend(views: Views, reaimed: boolean = false): Lease {
    this.environment.counters.leases++;
    return new Lease(views, this, reaimed);
  }

  /** A leased ArrayBuffer of the value of the key that is at `offset` in the writer; undefined if the key is absent. */
  getBuffer(id: number, offset: number, length: number): ArrayBuffer | undefined {
    return lendingBuffer(this, (memory) => native.getBuffer(this.handle, id, offset, length, memory)) ?? undefined;
  }

  lendBuffer(window: number, offset: number, length: number): ArrayBuffer {
    return lendingBuffer(this, (memory) => native.lendBuffer(this.handle, window, offset, length, memory));
  }

  /**
   * Fills the next batch of a range and lends it to `lease`. Like `native.rangeNext`, but makes a new table when one is needed.
   * The lease gets its table before the call: if the stack overflows just after the call, native code may still move the lease.
   */
  nextBatch(cursor: Handle, lease: Lease, rows: number): number {
    for (;;) {
      if (!lease.reaimed) lease.table = currentTable();
      let count: number | undefined;
      try {
        count = native.rangeNext(cursor, lease, rows);
      } catch (error) {
        this.environment.makeRoom(this, error);
        count = native.rangeNext(cursor, lease, rows);
      }
      if (count === undefined) throw terminated();
      if (count !== NEEDS_TABLE) return count;
      renewTable();
    }
  }

  /** See `native.getMany`. */
  getMany(id: number, offset: number, places: Uint32Array, start: number, lease: Lease): number {
    lease.table = currentTable();
    try {
      return native.getMany(this.handle, id, offset, places, start, lease);
    } catch (error) {
      this.environment.makeRoom(this, error);
      return native.getMany(this.handle, id, offset, places, start, lease);
    }
  }

  resolve(window: number, offset: number, length: number): object {
    return native.resolve(this.handle, window, offset, length);
  }
}

/** A placeholder that belongs to no environment. */
export const NO_READ: OpenRead = new OpenRead(undefined as unknown as EnvironmentState, false, -1);
keepHiddenClass(NO_READ);

/** Calls `lend`. If `lend` gives a number, it needs memory of so many bytes to copy to, and is called again with it. Throws `ENOMEM`. */
function lendingBuffer<T>(transaction: OpenRead, lend: (memory?: ArrayBuffer) => T | number): T {
  if (transaction.invalidate) guardZlib();
  const lent = retryingLend(transaction, lend);
  if (typeof lent !== 'number') return lent;
  const memory = allocate(lent);
  return retryingLend(transaction, () => lend(memory)) as T;
}

function retryingLend<T>(transaction: OpenRead, lend: () => T): T {
  try {
    return lend();
  } catch (error) {
    transaction.environment.makeRoom(transaction, error);
    return lend();
  }
}

/**
 * Begins a read transaction. It is put on the environment's list first, so that whoever ends everything finds it. Once native
 * code has begun it, no function is called. The first try is written out here, since V8 would not inline the function of `retrying`.
 */
function begin(transaction: OpenRead): void {
  const { environment, invalidate } = transaction;
  if (environment.ending !== undefined) environment.finishEnding();
  abortLeft();
  environment.addReading(transaction);
  let handle: Handle | undefined;
  try {
    if (invalidate) {
      handle = native.readBegin(environment.handle, true);
    } else {
      control[CONTROL_TRANSACTION] = environment.handle;
      handle = native.readBegin();
    }
  } catch {
    // `beginAgain` tries again.
  }
  if (handle !== undefined) transaction.handle = handle;
  else beginAgain(transaction);
}

function beginAgain(transaction: OpenRead): void {
  const { environment, invalidate } = transaction;
  try {
    environment.retrying(() => {
      const handle = native.readBegin(environment.handle, invalidate);
      if (handle === undefined) throw terminated();
      transaction.handle = handle;
    });
  } catch (error) {
    transaction.open = false;
    if (transaction.linked) environment.removeReading(transaction);
    throw error;
  }
}

freezeClass(OpenRead);
