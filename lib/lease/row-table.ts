import { PrimordialUint32Array } from '../base/primordials.ts';
import { native } from '../native/native.ts';
import { ROW_NUMBERS } from './lease.ts';

/** How many rows a table has. All transactions of a thread write their batches to the same table, one after the other. */
const TABLE_ROWS = 4096;

let table: Uint32Array = new PrimordialUint32Array(0);

/** The table to which native code writes rows. */
export function currentTable(): Uint32Array {
  return table;
}

/** Gives native code a new table. The old table lives as long as leases read it. */
export function renewTable(): void {
  const fresh = new PrimordialUint32Array(TABLE_ROWS * ROW_NUMBERS);
  native.setTable(fresh);
  // Call nothing after setTable: a stack overflow here would leave JavaScript and native code with different tables.
  table = fresh;
}
