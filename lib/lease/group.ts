import { native, terminated } from '../native/native.ts';
import { Lease, ROW_NUMBERS } from './lease.ts';
import type { NativeSource } from './source.ts';

/*
 * A batch of a range has some hundred rows, and a lease only some dozens, since it is moved as a whole. The leases of a batch are a group. Of most groups
 * nothing is kept, and to make a lease known to native code takes as long as to read ten rows. So native code knows only the first lease of a group,
 * by one weak reference. Each lease refers to the one before it, and the first one to the last: they are collected together. The groups that a
 * collection has left are split: then native code knows each of their leases, and the next collection takes those that nothing holds.
 */

/** Makes the next lease of a group: it has the rows behind those of `lease`, which has `rows` of them. */
export function nextInGroup(first: Lease, lease: Lease, rows: number): Lease {
  const source = lease.source as NativeSource;
  source.counters.leases++;
  const next = new Lease(lease.views, source, false);
  next.keys = lease.keys;
  next.values = lease.values;
  next.keyWindow = lease.keyWindow;
  next.valueWindow = lease.valueWindow;
  next.table = lease.table;
  next.base = next.run = lease.base + rows * ROW_NUMBERS;
  next.before = lease;
  first.last = next;
  return next;
}

/** Splits the groups of a source that are still held. Those whose rows are being handed out stay, while the source is open. */
export function splitGroups(source: NativeSource): void {
  for (let first = nextGroup(source); first !== undefined; first = nextGroup(source)) {
    // No calls between `splitGroup` and the next one: a stack overflow there would leave a lease in two groups.
    for (let lease = first.last; lease !== undefined && lease !== first; lease = first.last) {
      if (native.splitGroup(source.handle, lease, (lease.base - first.base) / ROW_NUMBERS) !== true) throw terminated();
      first.last = lease.before;
      lease.before = undefined;
    }
    first.last = undefined;
    native.endGroup(source.handle);
  }
}

/** All leases of all groups of a source expire. */
export function expireGroups(source: NativeSource): void {
  for (let first = nextGroup(source); first !== undefined; first = nextGroup(source)) {
    for (let lease = first.last; lease !== undefined && lease !== first; lease = lease.before) lease.expire();
    first.last = undefined;
    native.endGroup(source.handle);
  }
}

function nextGroup(source: NativeSource): Lease | undefined {
  const group = native.nextGroup(source.handle) as Lease | true | undefined;
  if (group === undefined) throw terminated();
  return group === true ? undefined : group;
}
