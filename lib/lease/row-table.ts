import { PrimordialUint32Array } from '../base/primordials.ts';
import { native } from '../native/native.ts';
import { ROW_NUMBERS } from './lease.ts';

/** How many rows a table has. The batches of all transactions of a thread follow each other in it. */
const TABLE_ROWS = 4096;

let table: Uint32Array = new PrimordialUint32Array(0);

/** The table to which native code writes rows. */
export function currentTable(): Uint32Array {
  return table;
}

/** Gives native code a new table. The old one lives as long as leases read it. */
export function renewTable(): void {
  const fresh = new PrimordialUint32Array(TABLE_ROWS * ROW_NUMBERS);
  native.setTable(fresh);
  // No call from here on, so that the stack cannot overflow: JavaScript and native code must have the same table.
  table = fresh;
}
