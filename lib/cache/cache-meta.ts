import type { Tid } from '../versions/engine/engine.ts';

/**
 * The format of the collections of a cache. Another one when they change: programs of two versions that use one folder take the cache from each other, and never read what
 * the other one has stored.
 */
export const CACHE_FORMAT = 3;

/** What a cache knows of itself. It lies in `c.meta`, as JSON. */
export interface CacheMeta {
  readonly format: typeof CACHE_FORMAT;
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

/** The key of CacheMeta. The same in all formats: whoever begins with another one ends the generation of those who use the cache. */
export const META = 'cache';
/** What the name of a collection follows in the key of its number. */
export const NUMBER_OF = 'number of ';
