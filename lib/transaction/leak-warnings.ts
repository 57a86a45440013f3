import { callers } from '../base/callers.ts';
import { microtask } from '../base/clock.ts';
import { mapGet, mapSet, weakMapGet, weakMapSet } from '../base/primordials.ts';
import type { ListedRead } from './open-lists.ts';

/*
 * The warnings of forgotten transactions: one for each place that begins them, and again whenever its count has grown
 * tenfold. To look where a transaction begins costs a hundred times as much as to begin it, so that is not done until one has
 * been forgotten; or from the start, if the environment variable LEASEHOLD_TRACE_LEAKS is set.
 */

interface Leaks {
  readonly place: string;
  readonly path: string;
  count: number;
  /** The count at which it is warned of next. */
  next: number;
  /** Whether a warning will be given at the end of this job. */
  due: boolean;
}

/** After one was forgotten whose place is not known, this many are looked at as they begin. */
const LOOKED_AT = 1000;
/** More places than this share one entry. */
const MOST_PLACES = 1000;
const UNKNOWN = '';

const places = new WeakMap<ListedRead, string>();
const leaks = new Map<string, Leaks>();
let toLookAt = process.env.LEASEHOLD_TRACE_LEAKS ? Number.POSITIVE_INFINITY : 0;

/** To be called when a transaction begins: looks where, if that is worth while. May run user code: `Error.prepareStackTrace`. */
export function notePlace(transaction: ListedRead): void {
  if (toLookAt === 0) return;
  toLookAt--;
  weakMapSet(places, transaction, callers());
}

/** To be called when a forgotten transaction is ended: warns of it once this job is done, if it is time to. */
export function countLeak(transaction: ListedRead): void {
  const place = weakMapGet(places, transaction) ?? UNKNOWN;
  if (place === UNKNOWN && toLookAt < LOOKED_AT) toLookAt = LOOKED_AT;
  const leak = leaksAt(place, transaction.environment.path);
  leak.count++;
  if (leak.due || leak.count < leak.next) return;
  leak.due = true;
  // With those that the same collection has found; and off the stack, which a warning refers to until it has been shown,
  // and which may refer to other transactions.
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
  const what = count === 1 ? 'a read transaction' : `${count} read transactions`;
  const where =
    place === UNKNOWN
      ? 'Where that began was not recorded; from now on it is, and from the start with the environment variable LEASEHOLD_TRACE_LEAKS=1.'
      : `That began here:\n${place}`;
  process.emitWarning(
    `${what} on '${path}' ${count === 1 ? 'was' : 'were'} forgotten without having been ended, and ended by the collector. Call end(), ` +
      `declare it with \`using\`, or use env.read(fn); finish iterators, or call their return(). ${where}`,
    { type: 'LeaseholdWarning', code: 'LEASEHOLD_TXN_LEAK' },
  );
}
