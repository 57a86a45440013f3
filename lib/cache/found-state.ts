import { toBytes } from '../lease/sink.ts';
import type { LentValue, Loaded, StateKey, Tid } from '../versions/engine/engine.ts';
import { HEAD_BYTES, type StateHead } from './state-record.ts';

/**
 * A state that stands in the file of a cache. A read transaction of the cache lends its bytes. When that transaction ends, the bytes move to the heap if somebody
 * still holds them.
 */
export class FoundState implements Loaded {
  readonly collection: string;
  readonly key: Uint8Array;
  readonly tid: Tid;
  readonly next: Tid | undefined;
  readonly lent: LentValue | undefined;

  /** `record`: where the whole record lies. Its row belongs to this state from now on: it is aimed at the value alone. */
  constructor({ collection, key }: StateKey, { tid, next, isAbsent }: StateHead, record: LentValue) {
    this.collection = collection;
    this.key = key;
    this.tid = tid;
    this.next = next;
    this.lent = isAbsent ? undefined : record;
    const { lease, at } = record;
    const row = lease.base + at;
    lease.table[row] = (lease.table[row] as number) + HEAD_BYTES;
    lease.table[row + 1] = (lease.table[row + 1] as number) - HEAD_BYTES;
  }

  /** A copy. */
  get bytes(): Uint8Array | undefined {
    return this.lent === undefined ? undefined : toBytes(this.lent.lease, this.lent.at, null);
  }
}
