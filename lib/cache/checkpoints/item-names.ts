import { createHash } from 'node:crypto';
import { hexSlice } from '../../base/platform.ts';
import type { StateKey } from '../../versions/engine/engine.ts';
import type { Point } from './point.ts';

/** The longest name of an item: memcached takes no longer one. */
export const MOST_NAME = 250;

/**
 * The names of what a store has in a shared cache. They have no spaces and no control characters. Each begins with a hash of the store and of the rights with which it is read, so that
 * two stores in one cache never mix. A name that would be too long is replaced by its hash.
 */
export class ItemNames {
  readonly #store: string;
  /** How the names of a collection begin. */
  readonly #collections = new Map<string, string>();

  constructor(storeId: string, rights: string) {
    this.#store = `lh1:${hashOf(`${storeId}\0${rights}`).slice(0, 22)}:`;
  }

  /** The name of the checkpoints. */
  get checkpoints(): string {
    return `${this.#store}checkpoints`;
  }

  /** How the names of a key begin. */
  ofKey({ collection, key }: StateKey): string {
    let begin = this.#collections.get(collection);
    if (begin === undefined) {
      begin = `${this.#store}${Buffer.from(collection).toString('hex')}:`;
      this.#collections.set(collection, begin);
    }
    return `${begin}${hexSlice(key, 0, key.length)}:`;
  }

  /** The name of the state of a key as of a commit. */
  ofState(ofKey: string, { tid, nonce }: Point): string {
    const name = `${ofKey}${tid.toString(36)}:${nonce}`;
    return name.length <= MOST_NAME ? name : `${this.#store}#${hashOf(name)}`;
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
