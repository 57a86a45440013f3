import { clearTimeout } from '../../base/clock.ts';
import { bytesToHex } from '../../base/hex.ts';
import { OwnMap } from '../../base/own-map.ts';
import { typedArrayLength } from '../../base/primordials.ts';
import { isIn } from '../../versions/byte-range.ts';
import type { CommitRequest, EngineConflict, ReadRange, StateKey } from '../../versions/engine/engine.ts';
import type { Rights } from '../rights/rights.ts';

/** The most keys and ranges that are kept for a transaction. */
const MOST_KEPT = 256;

/** A transaction that runs again after conflicts, and what is kept for it meanwhile. */
export class GivenTurn {
  /** The client that has sent it, and how that client names it. */
  readonly owner: object;
  readonly number: number;
  /** Called when its commit may be answered: with true if it is its turn. Later calls do nothing. */
  readonly answer: (isNext: boolean) => void;
  isGranted = false;
  timer: NodeJS.Timeout | undefined;
  /** What waits for its end. */
  readonly waiting: (() => void)[] = [];
  readonly #keys = new OwnMap<string, true>();
  /** The collections of these keys. */
  readonly #collections = new OwnMap<string, true>();
  readonly #ranges: ReadRange[] = [];

  constructor(owner: object, number: number, answer: (isNext: boolean) => void) {
    this.owner = owner;
    this.number = number;
    this.answer = answer;
  }

  /** Keeps what a commit had read: all of it if that is little, and else what others have changed. Nobody keeps what he must not write. */
  keep({ reads, ranges }: CommitRequest, conflicts: readonly EngineConflict[], rights: Rights): void {
    const kept = reads.length + ranges.length <= MOST_KEPT ? [...reads, ...ranges] : conflicts.slice(0, MOST_KEPT);
    for (const each of kept) {
      const { collection } = each;
      if ('range' in each) {
        if (rights.allowsRange(collection, each.range, true)) this.#ranges.push(each);
      } else if (rights.allowsKey(collection, each.key, true)) {
        this.#keys.set(nameOf(each), true);
        this.#collections.set(collection, true);
      }
    }
  }

  /** Whether nothing is kept. */
  get isEmpty(): boolean {
    return this.#keys.size === 0 && this.#ranges.length === 0;
  }

  /** Whether a commit writes what is kept. */
  isTouched({ writes }: CommitRequest): boolean {
    for (const write of writes) {
      if (this.#keys.has(nameOf(write))) return true;
      for (const { collection, range } of this.#ranges) {
        if (collection === write.collection && isIn(write.key, range)) return true;
      }
    }
    return false;
  }

  /** Whether nothing of it is kept for the turns that were added; adds it to them. Where ranges are kept, those of a collection are not told apart. */
  isApartFrom(others: KeptByOthers): boolean {
    let isApart = true;
    this.#keys.forEach((_, name) => {
      if (others.keys.has(name)) isApart = false;
      others.keys.set(name, true);
    });
    this.#collections.forEach((_, collection) => {
      if (others.ranged.has(collection)) isApart = false;
    });
    for (const { collection } of this.#ranges) {
      if (others.ranged.has(collection) || others.collections.has(collection)) isApart = false;
    }
    this.#collections.forEach((_, collection) => {
      others.collections.set(collection, true);
    });
    for (const { collection } of this.#ranges) others.ranged.set(collection, true);
    return isApart;
  }

  /** It ends: whoever waits for it goes on. */
  end(): void {
    clearTimeout(this.timer);
    this.answer(false);
    for (const go of this.waiting) go();
  }
}

/** What some turns keep. */
export class KeptByOthers {
  readonly keys: OwnMap<string, true> = new OwnMap();
  /** The collections of which they keep keys, and those of which they keep ranges. */
  readonly collections: OwnMap<string, true> = new OwnMap();
  readonly ranged: OwnMap<string, true> = new OwnMap();
}

function nameOf({ collection, key }: StateKey): string {
  return `${collection}\0${bytesToHex(key, 0, typedArrayLength(key))}`;
}
