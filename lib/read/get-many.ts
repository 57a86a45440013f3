import { invalidType } from '../base/errors.ts';
import { PrimordialUint32Array } from '../base/primordials.ts';
import { writer } from '../base/writer.ts';
import { type Lease, NO_VIEWS } from '../lease/lease.ts';
import { currentTable, renewTable } from '../lease/row-table.ts';
import { CONTROL_KEY_LENGTH, CONTROL_ROWS, MANY_ABSENT, MANY_PRIVATE, NEEDS_TABLE } from '../native/constants.ts';
import { control } from '../native/native.ts';
import { getPrivate } from '../transaction/copied-reads.ts';
import type { ReadScope } from '../transaction/open-read.ts';
import type { Scope } from '../transaction/open-transaction.ts';
import type { CollectionCore } from './collection-core.ts';

/** The values of several keys; one native call for as many as share a lease. */
export function getMany(
  collection: CollectionCore,
  keys: Iterable<never>,
  given: Scope | undefined,
): (unknown | undefined)[] {
  if (typeof keys !== 'object' || keys === null || !(Symbol.iterator in keys)) {
    throw invalidType('keys', 'an array of keys', keys);
  }
  const start = writer.position;
  try {
    const lengths: number[] = [];
    for (const key of keys) {
      const before = writer.position;
      collection.key.write(key, writer);
      lengths.push(writer.position - before);
    }
    return collection.reading(given, (scope) =>
      given !== undefined && scope.lends
        ? getLent(collection, scope as ReadScope, start, lengths)
        : getCopied(collection, scope, start, lengths),
    );
  } finally {
    writer.position = start;
    writer.trim();
  }
}

function getCopied(collection: CollectionCore, scope: Scope, start: number, lengths: number[]): unknown[] {
  const values: unknown[] = [];
  const value = collection.valueIn(scope);
  let offset = start;
  for (let i = 0; i < lengths.length; i++) {
    const length = lengths[i] as number;
    values.push(getPrivate(scope.handle, collection.id, value, offset, length));
    offset += length;
  }
  return values;
}

function getLent(collection: CollectionCore, scope: ReadScope, start: number, lengths: number[]): unknown[] {
  // Nobody else may have it: it says what of the lease a sink reads.
  const places = new PrimordialUint32Array(lengths.length);
  for (let i = 0; i < lengths.length; i++) places[i] = lengths[i] as number;
  const values: unknown[] = [];
  const value = collection.valueIn(scope);
  let offset = start;
  let first = 0;
  while (first < lengths.length) {
    const lease = scope.lease(NO_VIEWS);
    let stop = scope.getMany(collection.id, offset, places, first, lease);
    if (stop === NEEDS_TABLE) {
      stop = control[CONTROL_ROWS] as number;
      lendTo(lease, scope, places, first, stop);
      renewTable();
    } else {
      lendTo(lease, scope, places, first, stop);
    }
    // Read before anything else calls native code.
    const next = control[CONTROL_KEY_LENGTH] as number;
    let at = offset;
    for (let i = first; i < stop; i++) {
      const row = places[i] as number;
      const length = lengths[i] as number;
      if (row === MANY_ABSENT) values.push(undefined);
      else if (row === MANY_PRIVATE) values.push(getPrivate(scope.handle, collection.id, value, at, length));
      else values.push(value.view(lease, row * 4 + 2));
      at += length;
    }
    offset = next;
    first = stop;
  }
  return values;
}

/** Aims a lease at what was lent to it, if anything was. */
function lendTo(lease: Lease, scope: ReadScope, places: Uint32Array, first: number, stop: number): void {
  for (let i = first; i < stop; i++) {
    if ((places[i] as number) < MANY_PRIVATE) {
      lease.aim(currentTable(), scope.core.windows);
      return;
    }
  }
}
