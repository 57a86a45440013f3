import type { ReadableCollection } from './readable-collection.ts';

/** A collection, or the name of one that exists. */
export type StoreCollectionOrName = string | ReadableCollection<never, unknown, unknown>;

/** One change of a batch. With `ifVersion` it is made only if the key has that version. */
export type StoreOperation =
  | {
      readonly type: 'put';
      readonly collection: StoreCollectionOrName;
      readonly key: unknown;
      readonly value: unknown;
      readonly ifVersion?: number;
    }
  | {
      readonly type: 'del';
      readonly collection: StoreCollectionOrName;
      readonly key: unknown;
      readonly ifVersion?: number;
    };
