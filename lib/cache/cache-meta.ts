import type { Tid } from '../versions/engine/engine.ts';

/** What a cache knows of itself. It lies in `c.meta`, as JSON. */
export interface CacheMeta {
  /** The store whose states these are. */
  readonly storeId: string;
  /** What its clients may see there: clients with other rights are told other changes, and cannot share a cache. */
  readonly rights: string;
  /** Random: changes when everything is dropped. Who has another one writes nothing. */
  readonly generation: string;
  /** An open interval with another epoch is worth nothing. */
  readonly epoch: number;
  /** The newest commit whose changes were applied here. */
  readonly at: Tid;
  readonly nonce: string;
}

/** The key of CacheMeta. Another one when the collections change: a cache that was written before is then dropped. */
export const META = 'cache 2';
/** What the name of a collection follows in the key of its number. */
export const NUMBER_OF = 'number of ';
