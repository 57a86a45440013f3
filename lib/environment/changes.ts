import { checkObject } from '../base/check-arguments.ts';
import type { EnvironmentState } from '../transaction/environment-state.ts';
import { type Commit, changes, wantedNames } from '../versions/changes.ts';
import type { FeedOptions } from '../versions/changes-options.ts';
import type { Feed } from '../versions/feed.ts';
import type { AnyCollection } from './batch.ts';
import { openCollectionOf } from './collection.ts';
import type { Collections } from './collections.ts';

export interface ChangesFeedOptions extends FeedOptions {
  /** Only commits that change one of these collections, and of them only what they change there. Names are those of now and later. */
  collections?: Iterable<AnyCollection | string>;
}

/** See `Environment.changes`. */
export function changesOf(
  environment: EnvironmentState,
  collections: Collections,
  options: ChangesFeedOptions,
): Feed<Commit> {
  checkObject(options, 'options');
  const names = wantedNames(options.collections, (collection) => openCollectionOf(collection)?.name);
  return changes(environment, options, names, (name) => collections.keyCodec(name));
}
