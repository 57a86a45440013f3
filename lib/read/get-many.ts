import { invalidType } from '../base/errors.ts';
import { PrimordialUint32Array } from '../base/primordials.ts';
import { writer } from '../base/writer.ts';
import { type Lease, NO_VIEWS } from '../lease/lease.ts';
import { currentTable, renewTable } from '../lease/row-table.ts';
import { CONTROL_KEY_LENGTH, CONTROL_ROWS, MANY_ABSENT, MANY_PRIVATE, NEEDS_TABLE } from '../native/constants.ts';
import { control } from '../native/native.ts';
import { getPrivate } from '../transaction/copied-reads.ts';
import type { OpenRead } from '../transaction/open-read.ts';
import type { OpenTransaction } from '../transaction/open-transaction.ts';
import type { OpenCollection } from './open-collection.ts';

/** The values of several keys, undefined for keys that are absent. Makes one native call for all values that share a lease. */
export function getMany(
  collection: OpenCollection,
  keys: Iterable<never>,
  given: OpenTransaction | undefined,
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
    if (collection.sharing !== undefined) return getEachShared(collection, given, start, lengths);
    return collection.reading(given, (transaction) =>
      given !== undefined && transaction.lends
        ? getLent(collection, transaction as OpenRead, start, lengths)
        : getCopied(collection, transaction, start, lengths),
    );
  } finally {
    writer.position = start;
    writer.trim();
  }
}

function getEachShared(
  collection: OpenCollection,
  given: OpenTransaction | undefined,
  start: number,
  lengths: number[],
): unknown[] {
  return collection.reading(given, (transaction) => {
    let offset = start;
    return lengths.map((length) => {
      offset += length;
      return collection.getShared(transaction, offset - length, length);
    });
  });
}

function getCopied(
  collection: OpenCollection,
  transaction: OpenTransaction,
  start: number,
  lengths: number[],
): unknown[] {
  const values: unknown[] = [];
  const value = collection.valueIn(transaction);
  let offset = start;
  for (let i = 0; i < lengths.length; i++) {
    const length = lengths[i] as number;
    values.push(getPrivate(transaction.handle, collection.id, value, offset, length));
    offset += length;
  }
  return values;
}

function getLent(collection: OpenCollection, transaction: OpenRead, start: number, lengths: number[]): unknown[] {
  // Nobody else may hold this array: its numbers decide which bytes of the lease a sink reads.
  const places = new PrimordialUint32Array(lengths.length);
  for (let i = 0; i < lengths.length; i++) places[i] = lengths[i] as number;
  const values: unknown[] = [];
  const value = collection.valueIn(transaction);
  let offset = start;
  let first = 0;
  while (first < lengths.length) {
    const lease = transaction.lend(NO_VIEWS);
    let stop = transaction.getMany(collection.id, offset, places, first, lease);
    if (stop === NEEDS_TABLE) {
      stop = control[CONTROL_ROWS] as number;
      lendTo(lease, transaction, places, first, stop);
      renewTable();
    } else {
      lendTo(lease, transaction, places, first, stop);
    }
    // Read this first: `getPrivate` below calls native code, which overwrites the control block.
    const next = control[CONTROL_KEY_LENGTH] as number;
    let at = offset;
    for (let i = first; i < stop; i++) {
      const row = places[i] as number;
      const length = lengths[i] as number;
      if (row === MANY_ABSENT) values.push(undefined);
      else if (row === MANY_PRIVATE) values.push(getPrivate(transaction.handle, collection.id, value, at, length));
      else values.push(value.view(lease, row * 4 + 2));
      at += length;
    }
    offset = next;
    first = stop;
  }
  return values;
}

/** Aims a lease at the rows that were lent to it, if there are any. */
function lendTo(lease: Lease, transaction: OpenRead, places: Uint32Array, first: number, stop: number): void {
  for (let i = first; i < stop; i++) {
    if ((places[i] as number) < MANY_PRIVATE) {
      lease.aim(currentTable(), transaction.environment.windows);
      return;
    }
  }
}
