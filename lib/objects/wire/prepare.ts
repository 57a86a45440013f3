import { randomBytes } from '../../base/platform.ts';
import { writer } from '../../base/writer.ts';
import { GARBAGE, ITEMS, OBJECTS } from '../../catalog/own-collections.ts';
import type { Remembered } from '../../catalog/remembered-codecs.ts';
import { itemKey } from '../../key/item-key.ts';
import { idBytes, objectId } from '../../key/object-id.ts';
import { COLLECTION_ANY_KEYS, COLLECTION_VERSIONS } from '../../native/constants.ts';
import { bytes } from '../../value/bytes.ts';
import type { Engine, Loaded } from '../../versions/engine/engine.ts';
import type { ClassRow } from '../../versions/engine/object-source.ts';
import { ROOT } from '../base.ts';
import { makeStored, rowOf } from '../class/classes.ts';
import { dictionaryDefinition } from '../collections/dictionary.ts';
import { notHere } from '../errors.ts';
import { itemValue } from '../record/item.ts';
import { recordCodec } from '../record/record.ts';
import { encoded } from './wire-rows.ts';

/** What an engine's owner does to prepare it for objects. */
export interface ObjectPlace {
  readonly engine: Engine;
  makeCollection(name: string, remembered: Remembered): Promise<void>;
  addClass(row: ClassRow): Promise<number>;
}

const objects = recordCodec(() => {
  throw notHere();
});

/** What the store remembers of the collections in which its objects are: the same as in an environment. */
const COLLECTIONS: readonly (readonly [name: string, remembered: Remembered])[] = [
  [OBJECTS, { key: objectId.name, value: objects.description, flags: COLLECTION_VERSIONS }],
  [ITEMS, { key: itemKey.name, value: itemValue.description, flags: COLLECTION_VERSIONS | COLLECTION_ANY_KEYS }],
  [GARBAGE, { key: objectId.name, value: bytes.description, flags: COLLECTION_VERSIONS }],
];

/** Makes the store of objects on an engine, with its root, if it is absent. */
export async function prepareObjects({ engine, makeCollection, addClass }: ObjectPlace): Promise<void> {
  const key = { collection: OBJECTS, key: idBytes(ROOT) };
  if (await isThere(engine, key)) return;
  for (const [name, remembered] of COLLECTIONS) await makeCollection(name, remembered);
  const row = rowOf(dictionaryDefinition);
  const stored = makeStored(await addClass(row), row);
  const root = encoded(() => objects.write({ stored, values: [], references: [] } as never, writer));
  // Another client may do the same: then this is a conflict, and all is as it should be.
  await engine.commit({
    commitId: randomBytes(16),
    base: engine.processed(),
    reads: [{ ...key, tid: 0 }],
    ranges: [],
    writes: [{ ...key, bytes: root }],
  });
}

async function isThere(engine: Engine, key: { collection: string; key: Uint8Array }): Promise<boolean> {
  let found: Loaded | undefined;
  await engine.load([key], engine.processed(), (state) => {
    found = state;
  });
  return found?.bytes !== undefined;
}
