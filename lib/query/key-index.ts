import { bareArray, freezeClass, PrimordialUint32Array, typedArrayFill, typedArraySet } from '../primordials.ts';
import { Chunks } from './chunks.ts';
import type { Epoch } from './epoch.ts';

/** A cell holds a row plus 1, 0 if it is free, and above that six bits of the row's hash, which tell most others apart. */
const ROW_BITS = 26;
const ROW_MASK = 2 ** ROW_BITS - 1;
/** Moves the bits of a hash above those that say where in a segment it is looked for to the upper bits of a cell. */
const TAG_SHIFT = ROW_BITS - 14;
export const MOST_ROWS: number = ROW_MASK;

/** How many cells a segment has; a small index has a single smaller one. */
const LARGEST = 2 ** 14;
const SMALLEST = 8;

/** A segment while it is split. */
const splitting = new PrimordialUint32Array(LARGEST + 2);

/**
 * The rows of a table by their hashes: extendible hashing (Fagin, Nievergelt, Pippenger and Strong, 1979). The upper bits
 * of a hash lead to a segment, in which it is looked for from the cell on that its lower bits say. A segment that is 5/8
 * full is split in two, so that there is never a moment at which everything is copied.
 *
 * After its cells a segment says how many of them are taken, and how many upper bits all its hashes have in common.
 */
export class KeyIndex {
  /** The segment for each value of the `#depth` upper bits. */
  #segments: Uint32Array[] = bareArray();
  #depth = 0;
  #size = SMALLEST;
  readonly #hashes = new Chunks();

  constructor() {
    this.#segments[0] = makeSegment(SMALLEST, 0);
  }

  /** How many cells a segment has: a power of two. */
  get size(): number {
    return this.#size;
  }

  /** The segment in which rows with this hash are. */
  segmentOf(hash: number): Uint32Array {
    return this.#segments[(hash >>> 1) >>> (31 - this.#depth)] as Uint32Array;
  }

  /** Adds the row after the last. */
  add(hash: number, row: number): void {
    this.#hashes.reserve(row + 1);
    this.#hashes.set(row, hash);
    let segment = this.segmentOf(hash);
    while (isFull(segment, this.#size)) {
      this.#grow(segment);
      segment = this.segmentOf(hash);
    }
    put(segment, this.#size, hash, row);
  }

  /** Has the processor fetch what adding these hashes will read. Gives a number, so that it is not optimised away. */
  touch(hashes: Uint32Array, count: number): number {
    const mask = this.#size - 1;
    let touched = 0;
    for (let i = 0; i < count; i++) {
      const hash = hashes[i] as number;
      touched |= this.segmentOf(hash)[hash & mask] as number;
    }
    return touched;
  }

  /** Takes out a row that is there, and closes the gap. */
  remove(row: number): void {
    const hash = this.#hashes.get(row);
    const segment = this.segmentOf(hash);
    const size = this.#size;
    const mask = size - 1;
    let gap = hash & mask;
    while (rowIn(segment[gap] as number) !== row) gap = (gap + 1) & mask;
    for (let i = (gap + 1) & mask; segment[i] !== 0; i = (i + 1) & mask) {
      const wanted = this.#hashes.get(rowIn(segment[i] as number));
      // A row that is looked for from a cell behind the gap on stays.
      if (((i - wanted) & mask) < ((i - gap) & mask)) continue;
      segment[gap] = segment[i] as number;
      gap = i;
    }
    segment[gap] = 0;
    segment[size] = (segment[size] as number) - 1;
  }

  /** An index of the same rows as they are numbered after `epoch`. */
  renumber(epoch: Epoch): KeyIndex {
    const renumbered = new KeyIndex();
    const size = this.#size;
    for (let s = 0; s < this.#segments.length; s++) {
      const segment = this.#segments[s] as Uint32Array;
      if (s > 0 && segment === this.#segments[s - 1]) continue;
      for (let i = 0; i < size; i++) {
        const cell = segment[i] as number;
        if (cell !== 0) renumbered.add(this.#hashes.get(rowIn(cell)), epoch.renumber(rowIn(cell)));
      }
    }
    return renumbered;
  }

  #grow(segment: Uint32Array): void {
    const size = this.#size;
    if (size < LARGEST) {
      const grown = makeSegment(2 * size, 0);
      this.#moveCells(segment, 0, grown, grown, 2 * size);
      this.#segments[0] = grown;
      this.#size = 2 * size;
      return;
    }
    const depth = (segment[size + 1] as number) + 1;
    if (depth > this.#depth) this.#double();
    typedArraySet(splitting, segment);
    typedArrayFill(segment, 0);
    segment[size + 1] = depth;
    const high = makeSegment(size, depth);
    this.#moveCells(splitting, 32 - depth, segment, high, size);
    const segments = this.#segments;
    for (let s = 0; s < segments.length; s++) {
      if (segments[s] === segment && ((s >>> (this.#depth - depth)) & 1) === 1) segments[s] = high;
    }
  }

  /** Puts the rows of a segment into two others, of `size` cells, by a bit of their hashes. */
  #moveCells(segment: Uint32Array, bit: number, low: Uint32Array, high: Uint32Array, size: number): void {
    for (let i = 0; i < this.#size; i++) {
      const cell = segment[i] as number;
      if (cell === 0) continue;
      const hash = this.#hashes.get(rowIn(cell));
      put(((hash >>> bit) & 1) === 0 ? low : high, size, hash, rowIn(cell));
    }
  }

  #double(): void {
    const doubled: Uint32Array[] = bareArray();
    for (let s = 0; s < this.#segments.length; s++) {
      doubled[2 * s] = doubled[2 * s + 1] = this.#segments[s] as Uint32Array;
    }
    this.#segments = doubled;
    this.#depth++;
  }
}

freezeClass(KeyIndex);

/** The row in a cell that is not free. */
export function rowIn(cell: number): number {
  return (cell & ROW_MASK) - 1;
}

/** Whether the row in a cell may have this hash. */
export function mayHave(cell: number, hash: number): boolean {
  return (cell ^ (hash << TAG_SHIFT)) >>> ROW_BITS === 0;
}

function isFull(segment: Uint32Array, size: number): boolean {
  return (segment[size] as number) >= (size >>> 3) * 5;
}

function makeSegment(size: number, depth: number): Uint32Array {
  const segment = new PrimordialUint32Array(size + 2);
  segment[size + 1] = depth;
  return segment;
}

/** Writes a row to the first free cell for it. */
function put(segment: Uint32Array, size: number, hash: number, row: number): void {
  let i = hash & (size - 1);
  while (segment[i] !== 0) i = (i + 1) & (size - 1);
  segment[i] = ((hash << TAG_SHIFT) & ~ROW_MASK) | (row + 1);
  segment[size] = (segment[size] as number) + 1;
}
