import { LeaseholdError } from '../base/errors.ts';
import { bytesToHex } from '../base/hex.ts';
import type { ByteRange } from '../read/bounds.ts';
import { compareKeys } from '../versions/byte-range.ts';
import { newCommitId } from '../versions/engine/commit-id.ts';
import type { Change, CommitRequest, EngineConflict, ReadState, StateWrite, Tid } from '../versions/engine/engine.ts';
import { outcomeUnknown } from '../versions/engine/outcome-unknown.ts';
import { itemsOf } from './answer.ts';
import { changesOf, keyName, type LoggedKeys } from './change-rows.ts';
import { type Collections, noCollection } from './collections.ts';
import type { Line } from './connection/line.ts';
import { type LargeValues, MOST_INLINE_BYTES } from './large-values.ts';
import { halfOpen } from './reading.ts';
import type { Statement } from './sql/statement.ts';

/** A commit that changes more keys than this is in the log of changes as ranges: one for each collection. */
const MOST_LOGGED_KEYS = 10_000;
const NONCE_BYTES = 8;
const MOST_KEY_BYTES = 2600;
/** More bytes of values are not sent in one statement: their text is twice as long, and a string has its limit. The values behind them are stored in pieces, however small. */
const MOST_STATEMENT_BYTES = 64 * 2 ** 20;

/** What the function `commit` gives as `result`. */
const COMMITTED = 0;
const CHANGED = 1;
const TOO_OLD = 2;

export interface CommitOptions {
  readonly statement: Statement;
  readonly line: Pick<Line, 'ask'>;
  readonly collections: Collections;
  readonly large: LargeValues;
}

/** A commit as the server takes it: its writes each once, without those that add. */
export interface PreparedCommit {
  readonly commitId: Uint8Array;
  readonly base: Tid;
  readonly reads: readonly ReadState[];
  readonly ranges: readonly { readonly collection: string; readonly range: ByteRange }[];
  readonly writes: readonly StateWrite[];
}

/** What was committed. */
export interface Committed {
  readonly tid: Tid;
  /** What others are told of it. Undefined if the same was committed before, by a statement whose answer was lost. */
  readonly made: MadeCommit | undefined;
}

export interface MadeCommit {
  readonly change: Change;
  /** The nonce of the commit before it. */
  readonly before: string;
  /** What the server says of its history: see `Polled`. */
  readonly epoch: number;
  readonly history: Tid;
}

/**
 * Commits with one statement, beside those that large values need. The server remembers the id: what was sent twice is committed once. `ERR_NO_COLLECTION`, `ERR_TOO_OLD`,
 * `ERR_SNAPSHOT_LOST`, `ERR_KEY_SIZE`; `ERR_OUTCOME_UNKNOWN` if it was sent, and nobody has said what became of it.
 */
export async function commitOnce(
  request: PreparedCommit,
  options: CommitOptions,
): Promise<Committed | readonly EngineConflict[]> {
  const { statement, line, large } = options;
  const { commitId, base, reads, ranges } = request;
  const writes = lastOfEach(request.writes);
  for (const { key } of writes) checkKey(key);
  const names = [...reads, ...writes, ...ranges].map(({ collection }) => collection);
  await numbersOf(new Set(names), options);
  const number = ({ collection }: { readonly collection: string }) => options.collections.known(collection);
  const ids: readonly (string | undefined)[] = isSmall(writes)
    ? new Array(writes.length).fill(undefined)
    : await storeLarge(writes, large);
  const bounds = ranges.map(({ range }) => halfOpen(range));
  const log = writes.length > MOST_LOGGED_KEYS ? rangesOf(writes) : [];
  const nonce = newNonce();
  const values = [
    commitId,
    nonce,
    base,
    reads.map(number),
    reads.map(({ key }) => key),
    reads.map(({ tid }) => tid),
    ranges.map(({ collection }) => collection),
    bounds.map(({ lower }) => lower),
    bounds.map(({ upper }) => upper ?? null),
    writes.map(number),
    writes.map(({ collection }) => collection),
    writes.map(({ key }) => key),
    writes.map(({ bytes }, i) => (ids[i] === undefined ? (bytes ?? null) : null)),
    ids.map((id) => id ?? null),
    writes.filter(({ bytes }) => bytes === undefined).length,
    ids.filter((id) => id !== undefined).length,
    log.map(({ collection }) => collection),
    log.map(({ lower }) => lower),
    log.map(({ upper }) => upper),
  ];
  const [row] = await line.ask(statement, values, outcomeUnknown);
  const { result, tid, before, epoch, history, time, badReads, badRanges } = resultOf((row as [string])[0]);
  if (result === COMMITTED) {
    if (before === undefined) return { tid, made: undefined };
    const change = { tid, nonce, time, ids: [new Uint8Array(commitId)], changes: changesOf(loggedOf(writes, log)) };
    return { tid, made: { change, before, epoch, history } };
  }
  large.drop(ids.filter((id) => id !== undefined));
  if (result === CHANGED) {
    return [
      ...badReads.map((place) => {
        const { collection, key } = reads[place - 1] as ReadState;
        return { collection, key };
      }),
      ...badRanges.sort((a, b) => a - b).map((place) => ranges[place - 1] as EngineConflict),
    ];
  }
  throw result === TOO_OLD
    ? new LeaseholdError(
        'ERR_TOO_OLD',
        `the log of changes does not reach back to commit ${base}, as of which the transaction has read: it cannot be known whether the commit was applied before`,
      )
    : new LeaseholdError(
        'ERR_SNAPSHOT_LOST',
        `the store has no commit ${base}: it was restored from a copy, or has lost commits`,
      );
}

/** What the function `commit` gives, as text: '(0,5,ab,1,0,1700000000000,,)'. The last two are null, or arrays: '"{1,2}"', '{1}'. */
function resultOf(text: string) {
  const [result, tid, before, epoch, history, time] = itemsOf(text);
  const [, badReads, badRanges] = (/,("\{[\d,]*\}"|\{\d*\}|),("\{[\d,]*\}"|\{\d*\}|)\)$/.exec(text) ?? []) as string[];
  return {
    result: Number(result),
    tid: Number(tid),
    before,
    epoch: Number(epoch),
    history: Number(history),
    time: Number(time),
    badReads: placesIn(badReads),
    badRanges: placesIn(badRanges),
  };
}

function placesIn(text = ''): number[] {
  return text.match(/\d+/g)?.map(Number) ?? [];
}

function newNonce(): string {
  return bytesToHex(newCommitId(), 0, NONCE_BYTES);
}

/** What the log of changes has of a commit. The keys, which are the caller's, are copied. */
function loggedOf(writes: readonly StateWrite[], log: readonly KeyRange[]): LoggedKeys {
  const named = log.length === 0 ? writes : [];
  return {
    collections: named.map(({ collection }) => collection),
    keys: named.map(({ key }) => new Uint8Array(key)),
    ranges: log.map(({ collection }) => collection),
    lowers: log.map(({ lower }) => new Uint8Array(lower)),
    uppers: log.map(({ upper }) => new Uint8Array(upper)),
  };
}

async function numbersOf(names: ReadonlySet<string>, { collections }: CommitOptions): Promise<void> {
  for (const name of names) {
    if (collections.known(name) === undefined && (await collections.numberOf(name)) === undefined)
      throw noCollection(name);
  }
}

/** `ERR_KEY_SIZE` for a key that the indexes of PostgreSQL do not take, whatever is in it: some of those that are longer can be compressed. */
function checkKey({ length }: Uint8Array): void {
  if (length <= MOST_KEY_BYTES) return;
  throw new LeaseholdError(
    'ERR_KEY_SIZE',
    `a key in PostgreSQL must have at most ${MOST_KEY_BYTES} bytes; this one has ${length}`,
  );
}

/** Of the writes of one key, the last one counts. */
function lastOfEach(writes: readonly StateWrite[]): readonly StateWrite[] {
  if (writes.length === 1) return writes;
  const last = new Map<string, StateWrite>();
  for (const write of writes) last.set(keyName(write.collection, write.key), write);
  return last.size === writes.length ? writes : [...last.values()];
}

/** Whether no value has to be stored in pieces. */
function isSmall(writes: readonly StateWrite[]): boolean {
  let sum = 0;
  for (const { bytes } of writes) sum += bytes?.length ?? 0;
  return sum <= MOST_INLINE_BYTES;
}

/** The ids of the values that are stored in pieces, at their places. */
async function storeLarge(writes: readonly StateWrite[], large: LargeValues): Promise<(string | undefined)[]> {
  const ids = new Array<string | undefined>(writes.length).fill(undefined);
  let inline = 0;
  try {
    for (const [i, { bytes }] of writes.entries()) {
      if (bytes === undefined) continue;
      if (bytes.length > MOST_INLINE_BYTES || inline + bytes.length > MOST_STATEMENT_BYTES) {
        ids[i] = await large.store(bytes);
      } else inline += bytes.length;
    }
  } catch (error) {
    large.drop(ids.filter((id) => id !== undefined));
    throw error;
  }
  return ids;
}

interface KeyRange {
  readonly collection: string;
  lower: Uint8Array;
  upper: Uint8Array;
}

/** From the first to the last key of each collection. */
function rangesOf(writes: readonly StateWrite[]): KeyRange[] {
  const found = new Map<string, KeyRange>();
  for (const { collection, key } of writes) {
    const range = found.get(collection);
    if (range === undefined) found.set(collection, { collection, lower: key, upper: key });
    else if (compareKeys(key, range.lower) < 0) range.lower = key;
    else if (compareKeys(key, range.upper) > 0) range.upper = key;
  }
  return [...found.values()];
}

/** Whether a request has writes that add to a number: see `StateWrite.adds`. */
export function hasAdds({ writes }: CommitRequest): boolean {
  return writes.some(({ adds }) => adds === true);
}
