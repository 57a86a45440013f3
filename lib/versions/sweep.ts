import { aborted, checkSignal } from '../base/abort.ts';
import { checkObject, checkOptionNames, checkSize } from '../base/check-arguments.ts';
import { LeaseholdError } from '../base/errors.ts';
import { PrimordialFloat64Array } from '../base/primordials.ts';
import { writer } from '../base/writer.ts';
import { EXPIRY_PREFIX } from '../catalog/own-collections.ts';
import type { CollectionId } from '../native/handles.ts';
import { answered, native } from '../native/native.ts';
import type { EnvironmentState } from '../transaction/environment-state.ts';
import type { OpenTransaction } from '../transaction/open-transaction.ts';
import { readNewest } from '../transaction/read-newest.ts';
import { EncodedBatch } from '../write/encoded-batch.ts';

export interface SweepOptions {
  /** At most so many entries are deleted. Default: all that have expired. */
  limit?: number;
  signal?: AbortSignal;
}

/** How many entries of an index one transaction goes through: others who write wait for a few ms at most. */
const SLICE = 1000;

/** See `Environment.sweep`. */
export async function sweep(environment: EnvironmentState, options: SweepOptions): Promise<number> {
  checkObject(options, 'options');
  checkOptionNames(options, ['limit', 'signal'], 'sweep()');
  const { limit = Number.MAX_SAFE_INTEGER, signal } = options;
  checkSize(limit, 'limit', 1, Number.MAX_SAFE_INTEGER);
  checkSignal(signal);
  environment.checkOpen();
  if (environment.readOnly) throw new LeaseholdError('ERR_READ_ONLY', 'the environment is read-only: a sweep writes');
  let deleted = 0;
  for (const id of expiringCollections(environment)) {
    for (let more = true; more && deleted < limit; ) {
      if (signal?.aborted === true) throw aborted(signal);
      const slice = await sweepSlice(environment, id, Math.min(SLICE, limit - deleted));
      deleted += slice.deleted;
      more = slice.more;
    }
  }
  return deleted;
}

/** Deletes some entries of a collection that have expired. `more` says whether there are others. */
async function sweepSlice(
  environment: EnvironmentState,
  id: CollectionId,
  most: number,
): Promise<{ deleted: number; more: boolean }> {
  const answers = new PrimordialFloat64Array(await addSweep(environment, id, most));
  const answer = answers[0] as number;
  return { deleted: Math.floor(answer / 2), more: answer % 2 === 1 };
}

function addSweep(environment: EnvironmentState, id: CollectionId, most: number): Promise<ArrayBuffer> {
  environment.checkOpen();
  const start = writer.position;
  try {
    const batch = new EncodedBatch(environment);
    batch.addSweep(id, most);
    return batch.submit();
  } finally {
    writer.position = start;
  }
}

/** The collections of a database whose values expire. */
function expiringCollections(environment: EnvironmentState): CollectionId[] {
  return readNewest(environment, (transaction) => idsIn(transaction));
}

function idsIn({ handle }: OpenTransaction): CollectionId[] {
  const ids: CollectionId[] = [];
  for (const name of answered(native.collections(handle))) {
    if (!name.startsWith(EXPIRY_PREFIX)) continue;
    const id = answered(native.findCollection(handle, name.slice(EXPIRY_PREFIX.length)));
    if (id >= 0) ids.push(id);
  }
  return ids;
}

/** Deletes one slice of what has expired in each collection. Gives in how many ms there is more to do; Infinity if never. */
export async function sweepOnce(environment: EnvironmentState): Promise<number> {
  const due = readNewest(environment, (transaction) =>
    idsIn(transaction).map((id) => ({ id, ms: answered(native.dueIn(transaction.handle, id)) })),
  );
  let next = Number.POSITIVE_INFINITY;
  for (const { id, ms } of due) {
    if (ms > 0) next = Math.min(next, ms);
    if (ms === 0 && (await sweepSlice(environment, id, SLICE)).more) next = 0;
  }
  return next;
}
