import type { LinkedClass } from '../../objects/record-links.ts';

/** Of fewer references nothing is known. */
const LEAST = 8;
/** At so many, all that was counted counts half: what programs did long ago fades. */
const MOST = 1024;

/** How often clients ask for what a field refers to, soon after they had the object. */
export class LearnedLink {
  #seen = 0;
  #asked = 0;

  /** A client had an object, and has asked for what the field refers to, or has not. */
  add(isAsked: boolean): void {
    this.#seen++;
    if (isAsked) this.#asked++;
    if (this.#seen < MOST) return;
    this.#seen /= 2;
    this.#asked /= 2;
  }

  /** From 0 to 1. */
  get rate(): number {
    return this.#seen < LEAST ? 0 : this.#asked / this.#seen;
  }
}

/** What a server has learned of the fields of classes, from all clients that want it to fetch ahead. */
export class LearnedLinks {
  readonly #links = new Map<LinkedClass, Map<string, LearnedLink>>();

  of(linked: LinkedClass, field: string): LearnedLink {
    let fields = this.#links.get(linked);
    if (fields === undefined) {
      fields = new Map();
      this.#links.set(linked, fields);
    }
    let link = fields.get(field);
    if (link === undefined) {
      link = new LearnedLink();
      fields.set(field, link);
    }
    return link;
  }
}
