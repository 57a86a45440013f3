import { fractionOf } from './random.ts';

/** Entities a leaf of the index has, and leaves an inner node of the index has. */
const LEAF = 40;
const INNER = 40;
/** The most objects of an entity. */
const LARGEST = 24;

/**
 * A store of objects that is not stored: everything follows from the numbers of objects. Most objects belong to an entity, such
 * as an order and its lines, and lie together. An index of three levels leads to the entities.
 */
export class ObjectGraph {
  /** How many entities there are. */
  readonly entities: number;
  readonly #seed: number;
  readonly #leaves: number;

  /** About `objects` objects, at least 100. */
  constructor(objects: number, seed: number) {
    this.#seed = seed;
    // An entity has 7 objects on average.
    this.entities = Math.max(1, Math.round(objects / (7 + 1 / LEAF)));
    this.#leaves = Math.ceil(this.entities / LEAF);
  }

  /** All numbers of objects are below this one. */
  get end(): number {
    return this.#firstOf(this.entities);
  }

  /** What a program reads to find an entity: the root of the index, an inner node, a leaf. */
  pathTo(entity: number): number[] {
    const leaf = Math.floor(entity / LEAF);
    return [0, 1 + Math.floor(leaf / INNER), this.#inner + 1 + leaf];
  }

  /** The objects of an entity, breadth first: the first one refers to the others, directly or not. */
  objectsOf(entity: number): number[] {
    const skew = fractionOf(entity, this.#seed) ** 2.5;
    const count = 1 + Math.floor(skew * LARGEST);
    return Array.from({ length: count }, (_, i) => this.#firstOf(entity) + i);
  }

  /** The size of an object in bytes: log-normal, with a median of 170, as in stores of web sites; some objects are files. */
  sizeOf(object: number): number {
    const a = 1 - fractionOf(object, this.#seed + 1);
    const b = fractionOf(object, this.#seed + 2);
    const normal = Math.sqrt(-2 * Math.log(a)) * Math.cos(2 * Math.PI * b);
    if (object < this.#firstOf(0)) return Math.round(3000 * Math.exp(0.4 * normal));
    const isFile = fractionOf(object, this.#seed + 3) < 0.004;
    const size = isFile ? 30_000 * Math.exp(0.9 * normal) : 170 * Math.exp(1.2 * normal);
    return Math.min(1_000_000, Math.max(40, Math.round(size)));
  }

  get #inner(): number {
    return Math.ceil(this.#leaves / INNER);
  }

  /** The first object of an entity: each has room for the most objects. */
  #firstOf(entity: number): number {
    return this.#inner + 1 + this.#leaves + entity * (LARGEST + 1);
  }
}
