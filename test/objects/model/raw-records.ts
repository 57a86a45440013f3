import type { Environment } from '../../../lib/index.ts';
import type { Lease } from '../../../lib/lease/lease.ts';
import type { ObjectsLibrary } from './library.ts';

/** What lies in a store, without any of the code that reads objects. */
export interface RawStore {
  /** The ids to which each object refers, by id. */
  readonly objects: ReadonlyMap<number, readonly number[]>;
  /** The owner of each row of a collection, and the ids to which the row refers. */
  readonly rows: readonly (readonly [owner: number, references: readonly number[]])[];
}

/** Returns a function that reads the column of references of each record, on an Environment that no store uses. */
export function rawReader(library: ObjectsLibrary, env: Environment): () => RawStore {
  const { OBJECTS, ITEMS } = library['catalog/own-collections'];
  const { collections } = library['environment/environment'].environmentParts(env);
  const { copyBytes } = library['lease/bytes'];
  const { bytesOf, startOf, lengthOf } = library['lease/sink'];
  const { acceptSame, ownValueCodec } = library['value/own-codecs'];
  const { referencesOf } = library['objects/record/record'];
  const { objectId } = library['key/object-id'];
  const codec = (name: string) =>
    ownValueCodec({
      name,
      description: { custom: `leasehold:${name}` },
      aims: false,
      ordered: false,
      objects: true,
      text: library['value/object-text'].objectText,
      write: () => undefined,
      view: (lease: Lease, at: number) =>
        referencesOf(copyBytes(bytesOf(lease, at), startOf(lease, at, null), lengthOf(lease, at, null))),
      accept: acceptSame({ custom: `leasehold:${name}` }),
    } as never);
  const objects = collections.openOwn(OBJECTS, { key: objectId, value: codec('object'), versions: true });
  const items = collections.openOwn(ITEMS, {
    key: library['key/item-key'].itemKey,
    value: codec('item'),
    versions: true,
    keys: 'any',
  });
  return () =>
    env.read((txn) => ({
      objects: new Map(objects.range({}, txn).map(({ key, value }) => [key as number, value as number[]])),
      rows: [...items.range({}, txn)].map(({ key, value }) => [(key as { owner: number }).owner, value as number[]]),
    }));
}

/** What refers to objects that are not there, for a message each. */
export function danglingReferences({ objects, rows }: RawStore): string[] {
  const dangling: string[] = [];
  const check = (who: string, ids: readonly number[]): void => {
    for (const id of ids) if (!objects.has(id)) dangling.push(`${who} refers to ${id}, which is not there`);
  };
  for (const [id, ids] of objects) check(`object ${id}`, ids);
  for (const [owner, ids] of rows) {
    check(`a row of ${owner}`, ids);
    check('a row', [owner]);
  }
  return dangling;
}
