import { utf8ByteLength } from '../base/platform.ts';
import { MOST_KEY_BYTES } from './key-size.ts';

/**
 * The collection in which leasehold remembers the codecs of each collection: the key is the collection's name, the value
 * JSON. The side data of codecs is there too, under a NUL and the name; no name contains a NUL. `env.collections()` does
 * not show this collection.
 */
export const CATALOG = '__leasehold';

/** The collection that has the log of changes: see docs/format.md. Native code writes it, in core/versions/change_log.cc. */
export const CHANGES = '__leasehold_changes';

/**
 * What the name of the index by time of a collection whose values expire begins with; the collection's name follows. Native code writes it, in
 * core/expiry/expiry_index.cc.
 */
export const EXPIRY_PREFIX = '__leasehold_expiry:';

/** Persistent objects: their records by id, the rows of persistent collections by owner and key, the classes, and which objects are to be deleted. */
export const OBJECTS = '__leasehold_objects';
export const ITEMS = '__leasehold_items';
export const CLASSES = '__leasehold_classes';
export const GARBAGE = '__leasehold_garbage';

/** How far the copy of a store is, in the target, while it is made. */
export const COPYING = '__leasehold_copying';

/** The collections of leasehold's own of which a database has at most one each. */
export const OWN_COLLECTIONS: readonly string[] = [CATALOG, CHANGES, OBJECTS, ITEMS, CLASSES, GARBAGE, COPYING];

/** Whether leasehold itself remembers something in a collection of that name. `env.collections()` does not show it. */
export function isOwnCollection(name: string): boolean {
  return OWN_COLLECTIONS.includes(name) || name.startsWith(EXPIRY_PREFIX);
}

/** The most bytes of the name of a collection whose values expire. */
export const MOST_EXPIRING_NAME_BYTES: number = MOST_KEY_BYTES - utf8ByteLength(EXPIRY_PREFIX);
