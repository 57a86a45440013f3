import { writer } from '../base/writer.ts';
import { appendBytes } from '../lease/bytes.ts';
import { CHANGE_PUT_NEW } from '../native/constants.ts';
import { type OpenWrite, writingOf } from '../transaction/open-write.ts';
import { EncodedBatch } from '../write/encoded-batch.ts';
import { stateKey } from './cache-keys.ts';
import type { CacheTables } from './cache-tables.ts';
import { type NewState, storeState } from './cache-writes.ts';
import { HEAD_BYTES, writeHead } from './state-record.ts';

/** Longer values are stored one by one. */
const MOST_VALUE_BYTES = 16 * 1024;
/** About so many bytes go into one native call. */
const MOST_BYTES = 256 * 1024;

/**
 * Stores what was read. All commits up to that of the cache have been applied to it. States of keys that have none yet, which are nearly all, are put by one native call for many of
 * them; the others are merged one by one. To be called in a write transaction.
 */
export function storeStates(tables: CacheTables, states: readonly NewState[], epoch: number): void {
  for (let first = 0; first < states.length; ) first = storeSome(tables, states, first, epoch);
}

/** Stores some states from `first` on. Gives the number of the next one. */
function storeSome(tables: CacheTables, states: readonly NewState[], first: number, epoch: number): number {
  const { environment, openStates } = tables;
  const transaction = writingOf(environment) as OpenWrite;
  openStates.tellCodecs(transaction);
  const start = writer.position;
  const places: (Uint8Array | undefined)[] = [];
  let answers: Float64Array;
  let next = first;
  let name: string | undefined;
  let number = 0;
  try {
    const batch = new EncodedBatch(environment);
    for (; next < states.length && writer.position - start < MOST_BYTES; next++) {
      const state = states[next] as NewState;
      if (state.collection !== name) {
        name = state.collection;
        number = tables.makeNumber(name);
      }
      const at = (state.bytes?.length ?? 0) > MOST_VALUE_BYTES ? undefined : stateKey(number, state.key);
      places.push(at);
      if (at !== undefined) batch.add(CHANGE_PUT_NEW, openStates.id, () => writeState(state, epoch, at));
    }
    answers = batch.makeIn(transaction);
  } finally {
    writer.position = start;
  }
  let answered = 0;
  // No iterator, which a program can patch: what is left out here would be taken for absent in a range that is known whole.
  for (let i = 0; i < places.length; i++) {
    const at = places[i];
    const state = states[first + i] as NewState;
    if (at !== undefined && answers[answered++] === 1) tables.entered(at, HEAD_BYTES + (state.bytes?.length ?? 0));
    else storeState(tables, state, epoch);
  }
  return next;
}

/** Writes a record and its key. Gives where the key begins. */
function writeState({ tid, next, bytes }: NewState, epoch: number, at: Uint8Array): number {
  writer.reserve(HEAD_BYTES);
  writeHead(writer.bytes, writer.position, { tid, next, epoch, isAbsent: bytes === undefined });
  writer.position += HEAD_BYTES;
  if (bytes !== undefined) appendBytes(writer, bytes, 0, bytes.length);
  const keyAt = writer.position;
  appendBytes(writer, at, 0, at.length);
  return keyAt;
}
