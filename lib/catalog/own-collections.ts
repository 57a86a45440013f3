import { CATALOG } from './catalog.ts';

/** The collection that has the log of changes: see docs/format.md. Native code writes it, in core/versions/change_log.cc. */
export const CHANGES = '__leasehold_changes';

/** The collections in which leasehold itself remembers something. `env.collections()` does not show them. */
export const OWN_COLLECTIONS: readonly string[] = [CATALOG, CHANGES];

export function isOwnCollection(name: string): boolean {
  return name === CATALOG || name === CHANGES;
}
