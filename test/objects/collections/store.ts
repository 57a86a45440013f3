import { AsyncResource } from 'node:async_hooks';
import { openStore, type PersistentClass, persistent, type Store, t } from '../../../lib/objects/index.ts';
import { temporaryFolder } from '../../support/fixture.ts';

/** Calls `fn` outside of any transaction. */
export const outside: <T>(fn: () => T) => T = AsyncResource.bind((fn) => fn());

type ItemFields = { n: typeof t.i32 };
export const Item: PersistentClass<ItemFields, new () => object> = persistent('collections.Item', { n: t.i32 })(
  class {},
);

export function stored(path: string = temporaryFolder()): Store {
  return openStore(path, { durability: 'nosync' });
}
