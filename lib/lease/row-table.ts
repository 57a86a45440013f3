import { PrimordialUint32Array } from '../base/primordials.ts';
import { native } from '../native/native.ts';
import { ROW_NUMBERS } from './lease.ts';

/** Rows in a table. Batches of all transactions of a thread stand in it one after the other. */
const TABLE_ROWS = 4096;

let table: Uint32Array = new PrimordialUint32Array(0);

/** The table that native code writes rows to. */
export function currentTable(): Uint32Array {
  return table;
}

/** Gives native code a new table; the old one lives on in the leases that read it. */
export function renewTable(): void {
  const fresh = new PrimordialUint32Array(TABLE_ROWS * ROW_NUMBERS);
  native.setTable(fresh);
  // Nothing is called from here on: a stack overflow leaves both halves with the same table.
  table = fresh;
}
