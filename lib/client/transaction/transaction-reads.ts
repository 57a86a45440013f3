import { OwnMap } from '../../base/own-map.ts';
import { latin1Slice } from '../../base/platform.ts';
import { nameOf } from '../../cache/young-states.ts';
import type { ByteRange } from '../../read/bounds.ts';
import { compareKeys } from '../../versions/byte-range.ts';
import type { EngineBounds, ReadRange, ReadState, RowBatch, StateKey, Tid } from '../../versions/engine/engine.ts';
import { isAbsent } from '../../versions/engine/is-absent.ts';
import type { CollectionCodecs } from '../collection-codecs.ts';
import { readSteps } from '../pipeline/read-steps.ts';
import { type OwnValue, ownValue, type ReadStep, type Reads, type ReadValue, type StepsToRead } from '../reads.ts';
import { merged, TransactionWrites } from './transaction-writes.ts';

/** Reads in a transaction: notes what was read, and sees what was written. */
export class TransactionReads implements Reads {
  readonly writes: TransactionWrites = new TransactionWrites();
  readonly reads: Map<string, ReadState> = new Map();
  readonly ranges: ReadRange[] = [];
  /** Those of the collections that were used. */
  readonly codecs: OwnMap<string, CollectionCodecs> = new OwnMap();
  readonly #base: Reads;
  /** The version of what it has written: the number of its commit is this or a greater one. */
  readonly #version: Tid;
  readonly #notesReads: boolean;

  constructor(base: Reads, tid: Tid, notesReads: boolean) {
    this.#base = base;
    this.#version = tid + 1;
    this.#notesReads = notesReads;
  }

  async get<T>(collection: string, key: Uint8Array, make: (value: ReadValue) => T): Promise<T> {
    return (await this.getMany(collection, [key], make))[0] as T;
  }

  async getMany<T>(collection: string, keys: readonly Uint8Array[], make: (value: ReadValue) => T): Promise<T[]> {
    return (await this.#getOwn(collection, keys)).map((value) => make(value));
  }

  async #getOwn(collection: string, keys: readonly Uint8Array[]): Promise<OwnValue[]> {
    const own = keys.map((key) => this.writes.get(collection, key));
    const missing = keys.filter((_, i) => own[i] === undefined);
    const found = missing.length === 0 ? [] : await this.#base.getMany(collection, missing, ownValue);
    for (let i = 0; i < missing.length; i++)
      this.#note(collection, missing[i] as Uint8Array, (found[i] as OwnValue).tid);
    let next = 0;
    return own.map((write) => {
      if (write === undefined) return found[next++] as OwnValue;
      return { tid: write.bytes === undefined ? 0 : this.#version, bytes: write.bytes };
    });
  }

  async range(collection: string, bounds: EngineBounds, take: (batch: RowBatch) => unknown): Promise<void> {
    const { reverse = false, ...range } = bounds;
    if (this.#notesReads) this.ranges.push({ collection, range });
    const isBefore = (a: Uint8Array, b: Uint8Array): boolean =>
      reverse ? compareKeys(a, b) > 0 : compareKeys(a, b) < 0;
    let after: Uint8Array | undefined;
    let goesOn = true;
    const rest = (): ByteRange => (after === undefined ? range : behind(range, after, reverse));
    await this.#base.range(collection, bounds, async ({ rows, complete }) => {
      const last = rows.at(-1)?.key;
      if (last === undefined) return true;
      // Those behind the last row may come before rows of the next batch.
      const writes = this.writes.inRange(collection, rest(), reverse).filter(({ key }) => !isBefore(last, key));
      after = last;
      goesOn = (await take({ rows: merged(rows, writes, this.#version, isBefore), complete })) !== false;
      return goesOn;
    });
    if (!goesOn) return;
    const others = merged([], this.writes.inRange(collection, rest(), reverse), this.#version, isBefore);
    if (others.length > 0) await take({ rows: others, complete: undefined });
  }

  async count(collection: string, range: ByteRange): Promise<number> {
    if (this.#notesReads) this.ranges.push({ collection, range });
    const writes = this.writes.inRange(collection, range, false);
    const before = await this.#base.getMany(
      collection,
      writes.map(({ key }) => key),
      isAbsent,
    );
    let count = await this.#base.count(collection, range);
    writes.forEach(({ bytes }, i) => {
      count += Number(bytes !== undefined) - Number(before[i] === false);
    });
    return count;
  }

  /** With what it has written before, it asks once for each level of steps. */
  async pipeline(toRead: StepsToRead): Promise<ReadStep[]> {
    if (this.writes.size === 0) {
      const read = await this.#base.pipeline(toRead);
      for (const { collection, key, tid } of read) if (key !== undefined) this.#note(collection, key, tid);
      return read;
    }
    const known = new Map<string, OwnValue>();
    return readSteps(
      toRead,
      (key) => known.get(nameOf(key)),
      async (missing) => {
        const read = async ({ collection, key }: StateKey): Promise<void> => {
          const [value] = await this.#getOwn(collection, [key]);
          known.set(nameOf({ collection, key }), value as OwnValue);
        };
        await Promise.all(missing.map(read));
      },
    );
  }

  #note(collection: string, key: Uint8Array, tid: Tid): void {
    if (this.#notesReads) this.reads.set(`${collection}\0${latin1Slice(key, 0, key.length)}`, { collection, key, tid });
  }
}

function behind(range: ByteRange, after: Uint8Array, reverse: boolean): ByteRange {
  return reverse ? { ...range, upper: after, upperOpen: true } : { ...range, lower: after, lowerOpen: true };
}
