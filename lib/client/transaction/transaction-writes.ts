import { bytesToHex } from '../../base/hex.ts';
import type { ByteRange } from '../../read/bounds.ts';
import { compareKeys, isIn } from '../../versions/byte-range.ts';
import type { EngineRow, StateWrite, Tid } from '../../versions/engine/engine.ts';

/** What a transaction has written and not committed: the last write of each key. */
export class TransactionWrites {
  readonly #writes = new Map<string, StateWrite>();

  get size(): number {
    return this.#writes.size;
  }

  set(write: StateWrite): void {
    this.#writes.set(nameOf(write.collection, write.key), write);
  }

  /** Undefined if the key was not written. */
  get(collection: string, key: Uint8Array): StateWrite | undefined {
    return this.#writes.get(nameOf(collection, key));
  }

  all(): StateWrite[] {
    return [...this.#writes.values()];
  }

  /** Those in a range, in order. */
  inRange(collection: string, range: ByteRange, reverse: boolean): StateWrite[] {
    const found = [...this.#writes.values()].filter((each) => each.collection === collection && isIn(each.key, range));
    found.sort((a, b) => (reverse ? compareKeys(b.key, a.key) : compareKeys(a.key, b.key)));
    return found;
  }
}

/** Puts writes, which have the version `tid`, among the rows that were read. Both must be in order; `isBefore` tells which key comes first. */
export function merged(
  rows: readonly EngineRow[],
  writes: readonly StateWrite[],
  tid: Tid,
  isBefore: (a: Uint8Array, b: Uint8Array) => boolean,
): EngineRow[] {
  const all: EngineRow[] = [];
  let next = 0;
  const add = ({ key, bytes }: StateWrite): void => {
    if (bytes !== undefined) all.push({ key, tid, bytes });
  };
  for (const row of rows) {
    while (next < writes.length && isBefore((writes[next] as StateWrite).key, row.key))
      add(writes[next++] as StateWrite);
    const write = writes[next];
    if (write !== undefined && compareKeys(write.key, row.key) === 0) {
      add(write);
      next++;
    } else {
      all.push(row);
    }
  }
  while (next < writes.length) add(writes[next++] as StateWrite);
  return all;
}

function nameOf(collection: string, key: Uint8Array): string {
  return `${collection}\0${bytesToHex(key, 0, key.length)}`;
}
