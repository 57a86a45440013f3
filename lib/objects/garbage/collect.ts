import { aborted, checkSignal } from '../../base/abort.ts';
import { checkObject, checkOptionNames } from '../../base/check-arguments.ts';
import { nextTurn } from '../../base/clock.ts';
import { invalidType, LeaseholdError, withField } from '../../base/errors.ts';
import { checkNotInTransact } from '../../versions/transact.ts';
import type { Base } from '../base.ts';
import { condemn } from './condemn.ts';
import { Marker } from './marker.ts';
import { Sweep } from './sweep.ts';

/** How far `collect` is. */
export interface CollectProgress {
  /** `'list'`: it finds out which objects there are; `'mark'`: which of them the root reaches; `'sweep'`: it deletes the others. */
  readonly phase: 'list' | 'mark' | 'sweep';
  /** Of so many objects, so many are done. While it marks, `total` is how many there are, of which some may be garbage. */
  readonly done: number;
  readonly total: number;
  /** How many objects are deleted so far. */
  readonly deleted: number;
}

export interface CollectOptions {
  /** Called now and then. What it throws ends the collection. */
  onProgress?: (progress: CollectProgress) => void;
  /** Ends the collection, which the next one finishes. */
  signal?: AbortSignal;
  /**
   * The ids of objects that count as referring to nothing if their records, or rows of theirs, are damaged. Such an object is not deleted as long as
   * something refers to it, but what only it has referred to is.
   */
  skip?: readonly number[];
}

/** What `collect` has done. */
export interface Collected {
  /** How many objects there were when it began. */
  readonly objects: number;
  /** How many objects it has deleted, and how many rows of persistent collections. */
  readonly deleted: number;
  readonly rows: number;
}

/** See `Store.collect`. */
export async function collect(base: Base, options: CollectOptions): Promise<Collected> {
  const { onProgress, signal, skip = [] } = checked(base, options);
  const sweep = new Sweep(base);
  const tell = (phase: CollectProgress['phase'], done: number, total: number): void => {
    if (signal?.aborted !== true) onProgress?.({ phase, done, total, deleted: sweep.objects });
    if (signal?.aborted === true) throw aborted(signal);
  };
  const sweepAll = async (total: number): Promise<void> => {
    for (tell('sweep', 0, total); await sweep.slice(); tell('sweep', Math.min(sweep.objects, total), total))
      await nextTurn();
  };
  // What an earlier collection has condemned and not deleted.
  await sweepAll(0);
  const left = sweep.objects;
  const { objects, reached } = await findGarbage(base, tell, skip);
  await sweepAll(left + objects - reached);
  return { objects: objects + left, deleted: sweep.objects, rows: sweep.rows };
}

function checked(base: Base, options: CollectOptions): CollectOptions {
  checkObject(options, 'options');
  checkOptionNames(options, ['onProgress', 'signal', 'skip'], 'collect()');
  const { onProgress, signal, skip } = options;
  if (onProgress !== undefined && typeof onProgress !== 'function')
    throw invalidType('onProgress', 'a function', onProgress);
  checkSignal(signal);
  if (skip !== undefined && (!Array.isArray(skip) || !skip.every((id) => Number.isSafeInteger(id) && id > 0)))
    throw invalidType('skip', 'an array of ids of objects', skip);
  base.state.checkOpen();
  checkNotInTransact(base.state, 'store.collect()');
  if (base.state.readOnly) throw new LeaseholdError('ERR_READ_ONLY', 'the environment is read-only: collect() deletes');
  return options;
}

/** Condemns what the root does not reach. */
async function findGarbage(
  base: Base,
  tell: (phase: CollectProgress['phase'], done: number, total: number) => void,
  skipped: readonly number[],
): Promise<{ objects: number; reached: number }> {
  let phase: 'list' | 'mark' = 'list';
  let total = 0;
  const tellPhase = (): void => {
    const { listed, reached } = marker.counts;
    if (phase === 'list') tell(phase, listed, Math.max(total, listed));
    else tell(phase, reached, listed);
  };
  const marker: Marker = new Marker(base, tellPhase, skipped);
  try {
    const txn = base.environment.read();
    let tid: number;
    try {
      total = base.objects.stat(txn).entries;
      tellPhase();
      await marker.list(txn);
      phase = 'mark';
      tellPhase();
      await marker.mark(txn);
      tellPhase();
      ({ tid } = txn);
    } finally {
      txn.end();
    }
    await condemn(base, marker, tid);
    const { listed, reached } = marker.counts;
    return { objects: listed, reached };
  } catch (error) {
    const { damaged } = marker.counts;
    throw damaged === 0 ? error : damagedObject(damaged, base);
  } finally {
    marker.end();
  }
}

function damagedObject(id: number, base: Base): LeaseholdError {
  const error = new LeaseholdError(
    'ERR_CODEC',
    `the record or a row of object ${id} is damaged: what it refers to is not known, so nothing is deleted. Restore the store from a copy; or delete or replace what refers to ` +
      `this object, or the row; or call collect({ skip: [${id}] }), which deletes what only this object has referred to. store.check() names all damaged objects`,
    { path: base.environment.path },
  );
  return withField(error, 'id', id);
}
