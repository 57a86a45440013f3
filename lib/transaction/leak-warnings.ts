import { callers } from '../base/callers.ts';
import { microtask } from '../base/clock.ts';
import { mapGet, mapSet, weakMapGet, weakMapSet } from '../base/primordials.ts';
import type { ListedRead } from './open-lists.ts';

/*
 * Warnings of forgotten transactions. There is one for each place that begins such transactions, and another one whenever the
 * count of the place has grown tenfold. To find the place costs a hundred times as much as to begin a transaction. So it is
 * done only once a transaction has been forgotten, or from the start if the environment variable LEASEHOLD_TRACE_LEAKS is set.
 */

interface Leaks {
  readonly place: string;
  readonly path: string;
  count: number;
  /** The count at which the next warning is given. */
  next: number;
  /** Whether a warning will be given at the end of this job. */
  due: boolean;
}

/** After a transaction of an unknown place was forgotten, the places of so many later ones are recorded. */
const RECORDED = 1000;
/** Beyond so many places, all others share one entry. */
const MOST_PLACES = 1000;
const UNKNOWN = '';

const places = new WeakMap<ListedRead, string>();
const leaks = new Map<string, Leaks>();
let toRecord = process.env.LEASEHOLD_TRACE_LEAKS ? Number.POSITIVE_INFINITY : 0;

/** To be called when a transaction begins: records where, if places are recorded. May run user code (`Error.prepareStackTrace`). */
export function notePlace(transaction: ListedRead): void {
  if (toRecord === 0) return;
  toRecord--;
  weakMapSet(places, transaction, callers());
}

/** To be called when a forgotten transaction is ended: counts it, and warns after this job if a warning is due. */
export function countLeak(transaction: ListedRead): void {
  const place = weakMapGet(places, transaction) ?? UNKNOWN;
  if (place === UNKNOWN && toRecord < RECORDED) toRecord = RECORDED;
  const leak = leaksAt(place, transaction.environment.path);
  leak.count++;
  if (leak.due || leak.count < leak.next) return;
  leak.due = true;
  // In a microtask, so that the warning counts all that the same collection has found. Besides, a warning keeps its stack
  // alive until it has been shown, and this stack may hold other transactions.
  microtask(() => warn(leak));
}

function leaksAt(place: string, path: string): Leaks {
  const known = mapGet(leaks, place);
  if (known !== undefined) return known;
  if (place !== UNKNOWN && leaks.size >= MOST_PLACES) return leaksAt(UNKNOWN, path);
  const made = { place, path, count: 0, next: 1, due: false };
  mapSet(leaks, place, made);
  return made;
}

function warn(leak: Leaks): void {
  const { place, path, count } = leak;
  leak.due = false;
  leak.next = count * 10;
  const what = count === 1 ? `a read transaction on '${path}' was` : `${count} read transactions on '${path}' were`;
  const [them, they] = count === 1 ? ['it', 'It'] : ['them', 'They'];
  const where =
    place === UNKNOWN
      ? `Where ${they.toLowerCase()} began was not recorded. Such places are recorded from now on, and from the start with the environment ` +
        'variable LEASEHOLD_TRACE_LEAKS=1.'
      : `${they} began here:\n${place}`;
  process.emitWarning(
    `${what} forgotten: the garbage collector ended ${them}. Call end(), declare transactions with \`using\`, or use env.read(fn). ` +
      'Finish iterators, or call their return(). A function given to env.transact() must not wait for what nobody settles: pass a ' +
      `signal. ${where}`,
    { type: 'LeaseholdWarning', code: 'LEASEHOLD_TXN_LEAK' },
  );
}
