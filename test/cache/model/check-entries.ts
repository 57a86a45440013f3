import { type CacheMeta, META } from '../../../lib/cache/cache-meta.ts';
import { decodeState, u32 } from '../../../lib/cache/state-record.ts';
import type { Environment, ReadTransaction } from '../../../lib/index.ts';
import type { Tid } from '../../../lib/versions/engine/engine.ts';
import type { History } from './history.ts';

interface Entry {
  readonly key: string;
  readonly tid: Tid;
  /** Up to which commit it is said to be true, that one included. */
  readonly last: Tid;
  readonly text: string | undefined;
}

/** Throws if an entry of a cache, or what it says that is absent, is not true. */
export function checkEntries(env: Environment, histories: readonly History[], keys: readonly string[]): void {
  env.read((txn) => {
    const meta = env.collection('c.meta').get(META, txn) as CacheMeta | undefined;
    if (meta === undefined) return;
    // Histories that have a commit in common are the same up to it.
    const history = histories.find((each) => each.nonceOf(meta.at) === meta.nonce);
    if (history === undefined) throw new Error(`the cache is at ${meta.at} of no history`);
    const entries = entriesOf(env, txn, meta);
    for (const entry of entries) checkEntry(entry, history);
    const recorded = new Set(recordsOf(env, txn).map(([key]) => key));
    for (const [record, value] of pairs(env, 'c.spans', txn)) {
      const from = record.subarray(4).toString();
      const tid = u32(value, 4);
      if (u32(value, 8) !== meta.epoch) continue;
      const to = value[12] === 0 ? undefined : value.subarray(13).toString();
      for (const key of keys) {
        if (key < from || (to !== undefined && key >= to) || recorded.has(key)) continue;
        checkEntry({ key, tid, last: meta.at, text: undefined }, history);
      }
    }
  });
}

function checkEntry({ key, tid, last, text }: Entry, history: History): void {
  for (let at = Math.max(tid, 1); at <= last; at++) {
    const truth = history.at(key, at);
    if (truth.text === text && (text === undefined || truth.tid === tid)) continue;
    const entry = JSON.stringify({ tid, last, text });
    throw new Error(`the cache says of '${key}': ${entry}, and as of ${at} it is ${JSON.stringify(truth)}`);
  }
}

function entriesOf(env: Environment, txn: ReadTransaction, { at, epoch }: CacheMeta): Entry[] {
  return [...recordsOf(env, txn), ...olderOf(env, txn)].flatMap(([key, record]) => {
    const state = decodeState(record);
    if (state.next === undefined && state.epoch !== epoch) return [];
    const text = state.bytes === undefined ? undefined : Buffer.from(state.bytes).toString();
    return [{ key, tid: state.tid, last: state.next === undefined ? at : Math.min(at, state.next - 1), text }];
  });
}

function recordsOf(env: Environment, txn: ReadTransaction): [string, Buffer][] {
  return pairs(env, 'c.states', txn).map(([key, value]) => [key.subarray(4).toString(), value]);
}

function olderOf(env: Environment, txn: ReadTransaction): [string, Buffer][] {
  return pairs(env, 'c.older', txn).map(([key, value]) => [key.subarray(8, -8).toString(), value]);
}

function pairs(env: Environment, name: string, txn: ReadTransaction): [Buffer, Buffer][] {
  const found: [Buffer, Buffer][] = [];
  env
    .collection(name)
    .scan(
      {},
      ({ key, value }) =>
        void found.push([
          Buffer.from((key as { toBuffer(): Buffer }).toBuffer()),
          Buffer.from((value as { toBuffer(): Buffer }).toBuffer()),
        ]),
      txn,
    );
  return found;
}
