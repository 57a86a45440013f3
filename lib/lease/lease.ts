import { LeaseholdError } from '../base/errors.ts';
import { keepHiddenClass } from '../base/hidden-class.ts';
import { freezeClass, PrimordialUint8Array, PrimordialUint32Array, typedArrayLength } from '../base/primordials.ts';
import {
  CONTROL_BASE,
  CONTROL_KEY_EXTENT,
  CONTROL_KEY_WINDOW,
  CONTROL_VALUE_EXTENT,
  CONTROL_VALUE_WINDOW,
} from '../native/constants.ts';
import { control } from '../native/native.ts';
import type { Source } from './source.ts';
import type { Windows } from './windows.ts';

/** Where a sink's bytes are. docs/leases.md says what each state means to a user. */
export type SinkState = 'shared' | 'copied' | 'expired' | 'private';

/** The table of a lease that has expired. */
export const NO_ROWS: Uint32Array = new Uint32Array(0);
const NO_BYTES: Uint8Array = new Uint8Array(0);

/** The numbers that describe one entry in a table: key offset, key length, value offset, value length. */
export const ROW_NUMBERS = 4;
export const ROW_BYTES: number = ROW_NUMBERS * 4;

/** How a collection's sinks are made from a lease and a place in it. */
export interface Views {
  readonly key: (lease: Lease, at: number) => unknown;
  readonly value: (lease: Lease, at: number) => unknown;
  /** Whether a view asks its lease for the bytes each time that it is read. Then aiming the lease at another row also aims the view. */
  readonly aimsKey: boolean;
  readonly aimsValue: boolean;
  /**
   * How many bytes stand before each value, as its header; whether the number of the commit that wrote the value is among them, and whether the
   * time is after which the value is absent.
   */
  readonly lead: number;
  readonly versions: boolean;
  readonly expires: boolean;
}

/** The views of a lease that is not used to read entries. */
export const NO_VIEWS: Views = {
  key: () => undefined,
  value: () => undefined,
  aimsKey: false,
  aimsValue: false,
  lead: 0,
  versions: false,
  expires: false,
};

/**
 * The right to read some bytes of a source until the source ends. Every sink reads through a lease. A sink has its lease and its place `at`,
 * which is the index of (offset, length) among the lease's numbers: a multiple of 4 for a key, and that plus 2 for the value. A sink never
 * has an address. So moving the bytes of a lease to the heap changes only the lease, and no sink.
 *
 * An expired lease has an empty table. This makes a read throw: no sink checks a state before it reads.
 *
 * A user must never get a lease: through it, a program could reach the whole window of the environment.
 */
export class Lease {
  /** The arrays with the bytes of the keys and of the values: windows of the map, or the lease's own memory. */
  keys: Uint8Array;
  values: Uint8Array;
  /** The table, and the index of this lease's first number in it. In a re-aimed lease, it is the index of the present row. */
  table: Uint32Array;
  base: number;
  /** The index at which the batch of a re-aimed lease begins. */
  run = 0;
  /** Counts the rows at which a re-aimed lease has been aimed. A Span of an earlier row has an earlier count. */
  turn = 0;
  state: SinkState;
  readonly views: Views;
  /** The source that has lent the bytes; undefined for a private lease. */
  readonly source: Source | undefined;
  /** The numbers of the windows `keys` and `values`. */
  keyWindow = 0;
  valueWindow = 0;
  /** The lease before this one in its group; and in the first lease of a group, the last one: see group.ts. */
  before: Lease | undefined;
  last: Lease | undefined;
  /** A private field, which no object of a program can have. */
  #genuine: undefined;
  /** Whether the lease is aimed at one row after the other, as in `scan`. Then `keep()` of its sinks returns a new sink. */
  readonly reaimed: boolean;

  constructor(views: Views, source: Source | undefined, reaimed: boolean) {
    this.keys = NO_BYTES;
    this.values = NO_BYTES;
    this.table = NO_ROWS;
    this.base = 0;
    this.state = 'shared';
    this.views = views;
    this.source = source;
    this.reaimed = reaimed;
    this.before = this.last = undefined;
  }

  static isGenuine(lease: Lease): boolean {
    return #genuine in lease;
  }

  /** A lease on memory of its own: `bytes` has a key and then a value with its header, or only a key. */
  static private(views: Views, bytes: Uint8Array, keyLength: number): Lease {
    const lease = new Lease(views, undefined, false);
    lease.keys = bytes;
    lease.values = bytes;
    const table = new PrimordialUint32Array(ROW_NUMBERS);
    const length = typedArrayLength(bytes);
    const valueAt = length > keyLength ? keyLength + views.lead : keyLength;
    table[1] = keyLength;
    table[2] = valueAt;
    table[3] = length - valueAt;
    lease.table = table;
    lease.state = 'private';
    return lease;
  }

  /** A lease on a key and a value, each in memory of its own. */
  static privatePair(views: Views, key: Uint8Array, value: Uint8Array): Lease {
    const lease = new Lease(views, undefined, false);
    lease.keys = key;
    lease.values = value;
    const table = new PrimordialUint32Array(ROW_NUMBERS);
    table[1] = typedArrayLength(key);
    table[3] = typedArrayLength(value);
    lease.table = table;
    lease.state = 'private';
    return lease;
  }

  /** A lease on memory of its own to which native code has copied `rows` rows, and then the bytes they describe. */
  static copied(views: Views, memory: ArrayBuffer, rows: number): Lease {
    const lease = new Lease(views, undefined, false);
    lease.adopt(memory, rows);
    lease.state = 'private';
    return lease;
  }

  /** Aims the lease at the batch that native code has just lent to it, which the control block describes. If it throws, nothing has changed. */
  aim(table: Uint32Array, windows: Windows): void {
    const keyWindow = control[CONTROL_KEY_WINDOW] as number;
    const valueWindow = control[CONTROL_VALUE_WINDOW] as number;
    const keys = windows.at(keyWindow, control[CONTROL_KEY_EXTENT] as number);
    this.values = valueWindow === keyWindow ? keys : windows.at(valueWindow, control[CONTROL_VALUE_EXTENT] as number);
    this.keys = keys;
    this.keyWindow = keyWindow;
    this.valueWindow = valueWindow;
    this.table = table;
    this.base = this.run = control[CONTROL_BASE] as number;
  }

  /** Aims the lease at a copy that native code has made in `memory`: `rows` rows, and then the bytes they describe. */
  adopt(memory: ArrayBuffer, rows: number): void {
    const bytes = new PrimordialUint8Array(memory);
    this.keys = bytes;
    this.values = bytes;
    this.table = new PrimordialUint32Array(memory, 0, rows * ROW_NUMBERS);
    this.base -= this.run;
    this.run = 0;
    this.state = 'copied';
  }

  /**
   * Aims the lease at a window of an ArrayBuffer: `bytes` begin at byte `window` of it. The rows are in `table`, from the index `base` on.
   */
  aimAtBytes(bytes: Uint8Array, window: number, table: Uint32Array, base: number): void {
    this.keys = this.values = bytes;
    this.keyWindow = this.valueWindow = window;
    this.table = table;
    this.base = this.run = base;
  }

  /** Aims the lease at a row of another lease, which must be private. */
  aimAt(other: Lease, base: number): void {
    this.keys = other.keys;
    this.values = other.values;
    this.table = other.table;
    this.base = base;
    this.state = other.state;
    this.turn++;
  }

  /** From now on, every sink of this lease throws. */
  expire(): void {
    this.keys = NO_BYTES;
    this.values = NO_BYTES;
    this.table = NO_ROWS;
    this.state = 'expired';
  }
}

freezeClass(Lease);

/** A lease on nothing. */
export const NO_LEASE: Lease = new Lease(NO_VIEWS, undefined, false);
keepHiddenClass(NO_LEASE);

/** The error of a sink whose lease has expired. */
export function leaseExpired(): LeaseholdError {
  return new LeaseholdError(
    'ERR_LEASE_EXPIRED',
    "this Key, Value or Buffer has expired: its transaction (opened with onEnd: 'invalidate') or its scan has ended. " +
      "Call keep() before that, or use onEnd: 'copy'.",
  );
}
