import { LeaseholdError } from '../../base/errors.ts';
import { OwnMap } from '../../base/own-map.ts';
import { PrimordialFloat64Array, typedArrayLength } from '../../base/primordials.ts';
import { writer } from '../../base/writer.ts';
import { appendBytes } from '../../lease/bytes.ts';
import {
  CHANGE_ADD,
  CHANGE_CHECK,
  CHANGE_CHECK_RANGE,
  CHANGE_COMMIT_ID,
  CHANGE_DELETE,
  CHANGE_PUT,
  RANGE_LOWER,
  RANGE_LOWER_OPEN,
  RANGE_UPPER,
  RANGE_UPPER_OPEN,
} from '../../native/constants.ts';
import type { CollectionId } from '../../native/handles.ts';
import { native } from '../../native/native.ts';
import type { ByteRange } from '../../read/bounds.ts';
import type { OpenCollection } from '../../read/open-collection.ts';
import { writeRange } from '../../transaction/clear-range.ts';
import { someone, wakeAfterCommit } from '../../transaction/commit-waits.ts';
import type { EnvironmentState } from '../../transaction/environment-state.ts';
import { readNewest } from '../../transaction/read-newest.ts';
import { writeVersion } from '../../write/encode.ts';
import { EncodedBatch } from '../../write/encoded-batch.ts';
import { compareKeys } from '../byte-range.ts';
import { decodeRecord, type RecordedCommit } from '../change-record.ts';
import { checkRequest } from './check-request.ts';
import type { CommitAnswer, CommitRequest, EngineConflict, Tid } from './engine.ts';
import { isTouched } from './recent-changes.ts';
import { EngineSnapshot, findVersioned } from './snapshot.ts';

const NO_LIMIT = 2 ** 53;

/**
 * See `Engine.commit`. The request becomes one batch: the checks of what was read, the id, the writes. So requests of many share a commit and
 * its sync.
 */
export async function commit(
  environment: EnvironmentState,
  request: CommitRequest,
  turn: CommitTurn,
): Promise<CommitAnswer> {
  checkRequest(request);
  if (request.writes.length === 0) return { tid: request.base };
  try {
    const answers = new PrimordialFloat64Array(await submit(environment, request, turn));
    const tid = answers[request.reads.length + request.ranges.length] as Tid;
    // Native code wakes them a moment later: it has to wake another thread first.
    if (someone.waits) wakeAfterCommit();
    if (request.writes.some(({ bytes }) => bytes !== undefined)) return { tid };
    // Who only deletes what is absent changes nothing: then there is no commit with this number, and nobody may wait for it.
    return { tid: Math.min(tid, native.changeBounds(environment.native).newest) };
  } catch (error) {
    if (!(error instanceof LeaseholdError) || error.code !== 'ERR_CONFLICT') throw error;
    return explain(environment, request, error.index as number);
  }
}

function submit(
  environment: EnvironmentState,
  { commitId, base, reads, ranges, writes }: CommitRequest,
  turn: CommitTurn,
): ArrayBuffer | Promise<ArrayBuffer> {
  const start = writer.position;
  try {
    const batch = new EncodedBatch(environment);
    for (const { collection, key, tid } of reads) addCheck(batch, CHANGE_CHECK, turn.id(collection), tid, key);
    for (const { collection, range } of ranges) {
      const id = turn.id(collection);
      batch.add(CHANGE_CHECK_RANGE, id, () => {
        writeVersion(base);
        return writeRange(flagsOf(range), NO_LIMIT, range.lower, range.upper);
      });
    }
    addCheck(batch, CHANGE_COMMIT_ID, turn.id(writes[0]?.collection as string), base, commitId);
    for (const { collection, key, bytes, adds } of writes) {
      const kind = bytes === undefined ? CHANGE_DELETE : adds === true ? CHANGE_ADD : CHANGE_PUT;
      batch.addPair(turn.of(collection), kind, key, bytes);
    }
    return (turn.now ? batch.submitNow() : undefined) ?? batch.submit();
  } finally {
    writer.position = start;
    writer.trim();
  }
}

/** Appends a change that has a version and a key. */
function addCheck(batch: EncodedBatch, kind: number, id: CollectionId, version: Tid, key: Uint8Array): void {
  batch.add(kind, id, () => {
    writeVersion(version);
    const keyAt = writer.position;
    appendBytes(writer, key, 0, typedArrayLength(key));
    return keyAt;
  });
}

function flagsOf({ lower, lowerOpen, upper, upperOpen }: ByteRange): number {
  return (
    (lower === undefined ? 0 : RANGE_LOWER | (lowerOpen ? RANGE_LOWER_OPEN : 0)) |
    (upper === undefined ? 0 : RANGE_UPPER | (upperOpen ? RANGE_UPPER_OPEN : 0))
  );
}

/** What requests share that are committed in the same call: the collections, as the newest version of the database has them. */
export class CommitTurn {
  /** Whether to commit in this thread, if that waits for nothing: it takes less time than waking another one. */
  readonly now: boolean;
  readonly #environment: EnvironmentState;
  readonly #found = new OwnMap<string, OpenCollection>();

  constructor(environment: EnvironmentState, now: boolean) {
    this.#environment = environment;
    this.now = now;
  }

  id(name: string): CollectionId {
    return this.of(name).id;
  }

  /** `ERR_NO_COLLECTION` */
  of(name: string): OpenCollection {
    const known = this.#found.get(name);
    if (known !== undefined) return known;
    const found = readNewest(this.#environment, (transaction) => findVersioned(transaction, name));
    if (found === undefined) {
      throw new LeaseholdError('ERR_NO_COLLECTION', `there is no collection '${name}': nothing was written`, {
        path: this.#environment.path,
      });
    }
    this.#found.set(name, found);
    return found;
  }
}

/**
 * Why a batch was not applied; `index` is the operation that failed. It may have been applied before, and its own writes are what it is in
 * conflict with: then it gives the tid.
 */
function explain(
  environment: EnvironmentState,
  request: CommitRequest,
  index: number,
): { readonly tid: Tid } | readonly EngineConflict[] {
  const snapshot = new EngineSnapshot(environment);
  try {
    const since = commitsSince(environment, request.base, snapshot.tid);
    for (const { tid, ids } of since) if (ids.some((id) => compareKeys(id, request.commitId) === 0)) return { tid };
    const { reads, ranges } = request;
    const failed = [...reads, ...ranges][index];
    return [
      ...reads
        .filter((read) => read === failed || snapshot.read(read).tid !== read.tid)
        .map(({ collection, key }) => ({ collection, key })),
      ...ranges.filter(
        (read) =>
          read === failed ||
          since.some(({ changes }) => changes.some((change) => isTouched(change, read.collection, read.range))),
      ),
    ];
  } finally {
    snapshot.end();
  }
}

/** `ERR_TOO_OLD` if the log of changes does not have all of them. */
function commitsSince(environment: EnvironmentState, base: Tid, newest: Tid): (RecordedCommit & { tid: Tid })[] {
  const commits: (RecordedCommit & { tid: Tid })[] = [];
  for (let tid = base + 1; tid <= newest; tid++) {
    const record = native.changeAfter(environment.native, tid - 1);
    if (record === null || typeof record === 'number') {
      throw new LeaseholdError(
        'ERR_TOO_OLD',
        `the log of changes does not reach back to commit ${base}, as of which the transaction has read: it cannot be known whether the commit ` +
          'was applied before',
        { path: environment.path },
      );
    }
    commits.push({ tid, ...decodeRecord(new Uint8Array(record), tid, () => true) });
  }
  return commits;
}
