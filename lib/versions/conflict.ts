import { LeaseholdError, withField } from '../base/errors.ts';
import { inspect } from '../base/platform.ts';
import { append } from '../base/primordials.ts';
import { Lease, NO_VIEWS } from '../lease/lease.ts';
import type { CollectionId } from '../native/handles.ts';
import type { OpenCollection } from '../read/open-collection.ts';
import type { EnvironmentState } from '../transaction/environment-state.ts';

/** What an `ERR_CONFLICT` names in `conflicts`: something that another transaction has changed. */
export interface Conflict {
  /** The name of the collection. */
  readonly collection: string;
  /** The key, as the collection's codec gives it; undefined if something in a range has changed that the transaction had read. */
  readonly key: unknown;
}

/** Finds what is behind a collection by its native number. */
export type CollectionById = (id: CollectionId) => OpenCollection | undefined;

/** How many conflicts a message names. */
const SHOWN = 3;

/** What `native.transactCommit` gives for a conflict, as users see it. */
export function conflictsOf(found: readonly (CollectionId | Uint8Array | null)[], byId: CollectionById): Conflict[] {
  const conflicts: Conflict[] = [];
  for (let i = 0; i + 1 < found.length; i += 2) {
    const collection = byId(found[i] as CollectionId);
    const bytes = found[i + 1] as Uint8Array | null;
    append(conflicts, {
      collection: collection?.name ?? '',
      key: bytes === null ? undefined : keyOf(collection, bytes),
    });
  }
  return conflicts;
}

function keyOf(collection: OpenCollection | undefined, bytes: Uint8Array): unknown {
  const lease = Lease.private(NO_VIEWS, bytes, bytes.length);
  return collection?.key.view(lease, 0);
}

/** The error of a transaction that has met a conflict each time. */
export function conflictError(environment: EnvironmentState, conflicts: Conflict[], runs: number): LeaseholdError {
  const error = new LeaseholdError(
    'ERR_CONFLICT',
    `env.transact() has run its function ${runs === 1 ? 'once' : `${runs} times`}, and each time others changed meanwhile what it had ` +
      `read or written, the last time ${conflictNames(conflicts)}: nothing was written. Try again later, allow more \`retries\`, or read and write less in one transaction`,
    { path: environment.path },
  );
  return withField(error, 'conflicts', conflicts);
}

/** The first conflicts, as a message names them. */
export function conflictNames(conflicts: readonly Conflict[]): string {
  const names = conflicts.slice(0, SHOWN).map(nameOf).join(', ');
  return conflicts.length > SHOWN ? `${names} and ${conflicts.length - SHOWN} more` : names;
}

function nameOf({ collection, key }: Conflict): string {
  return key === undefined ? `a range of '${collection}'` : `${shown(key)} in '${collection}'`;
}

function shown(key: unknown): string {
  try {
    return inspect(key, { breakLength: Number.POSITIVE_INFINITY });
  } catch {
    return 'a key';
  }
}
