import { typedArrayLength } from '../base/primordials.ts';
import type { CommitRequest, EngineConflict, ReadRange, ReadState, StateWrite } from '../versions/engine/engine.ts';
import type { FrameWriter } from './frame-writer.ts';
import { type Payload, protocolError } from './payload.ts';
import { readByteRange, writeByteRange } from './range-message.ts';

/** Gives the number of a collection in a connection. */
export type NumberOf = (collection: string) => number;
/** Gives the name of a collection by that number. `ERR_PROTOCOL`. */
export type NameOf = (number: number) => string;

const MOST_ID_BYTES = 255;
/** What a write does. */
const DELETE = 0;
const PUT = 1;
const ADD = 2;
/** The most reads, ranges and writes of a commit together: each takes more memory than its bytes. */
export const MOST_COMMIT_PARTS: number = 2 ** 20;

/** About how many bytes `writeCommit` writes: no less. */
export function commitSize({ reads, ranges, writes }: CommitRequest): number {
  let size = 1024;
  for (const { key } of reads) size += 16 + typedArrayLength(key);
  for (const { range } of ranges) {
    size += 16 + (range.lower === undefined ? 0 : typedArrayLength(range.lower));
    size += range.upper === undefined ? 0 : typedArrayLength(range.upper);
  }
  for (const { key, bytes } of writes)
    size += 16 + typedArrayLength(key) + (bytes === undefined ? 0 : typedArrayLength(bytes));
  return size;
}

export function writeCommit(out: FrameWriter, request: CommitRequest, numberOf: NumberOf): void {
  const { commitId, base, reads, ranges, writes, turn } = request;
  out.u64(base);
  out.u32(turn?.number ?? 0);
  out.u32(reads.length);
  out.u32(ranges.length);
  out.u32(writes.length);
  out.sized(commitId);
  for (const { collection, key, tid } of reads) {
    out.u16(numberOf(collection));
    out.u64(tid);
    out.sized(key);
  }
  for (const { collection, range } of ranges) {
    out.u16(numberOf(collection));
    writeByteRange(out, range, 0);
  }
  for (const { collection, key, bytes, adds } of writes) {
    out.u16(numberOf(collection));
    out.u8(bytes === undefined ? DELETE : adds === true ? ADD : PUT);
    out.sized(key);
    if (bytes !== undefined) out.sized(bytes);
  }
}

export function readCommit(payload: Payload, nameOf: NameOf): CommitRequest {
  const base = payload.u64();
  const number = payload.u32();
  const counts = [payload.count(14), payload.count(3), payload.count(7)] as const;
  if (counts[0] + counts[1] + counts[2] > MOST_COMMIT_PARTS) {
    throw protocolError(`a commit has at most ${MOST_COMMIT_PARTS} reads, ranges and writes`);
  }
  const commitId = payload.sized();
  if (commitId.length === 0 || commitId.length > MOST_ID_BYTES)
    throw protocolError('the id of a commit has a wrong length');
  const reads: ReadState[] = [];
  const ranges: ReadRange[] = [];
  const writes: StateWrite[] = [];
  for (let i = 0; i < counts[0]; i++) {
    const collection = nameOf(payload.u16());
    const tid = payload.u64();
    reads.push({ collection, tid, key: payload.sized() });
  }
  for (let i = 0; i < counts[1]; i++) {
    const collection = nameOf(payload.u16());
    ranges.push({ collection, range: readByteRange(payload, 0).range });
  }
  for (let i = 0; i < counts[2]; i++) {
    const collection = nameOf(payload.u16());
    const kind = payload.u8();
    if (kind > ADD) throw protocolError('a write neither puts, nor deletes, nor adds');
    const key = payload.sized();
    if (kind === DELETE) writes.push({ collection, key, bytes: undefined });
    else writes.push({ collection, key, bytes: payload.sized(), ...(kind === ADD && { adds: true }) });
  }
  payload.finish();
  return { base, commitId, reads, ranges, writes, ...(number > 0 && { turn: { number, isNext: false } }) };
}

/** u32 how many, and for each the number of what was read: reads first, then ranges. */
export function writeConflicts(
  out: FrameWriter,
  { reads, ranges }: CommitRequest,
  found: readonly EngineConflict[],
): void {
  out.u32(found.length);
  for (const conflict of found) {
    const isKey = 'key' in conflict;
    const index = isKey
      ? reads.findIndex(({ collection, key }) => collection === conflict.collection && key === conflict.key)
      : ranges.findIndex(({ range }) => range === conflict.range);
    out.u32(isKey ? index : reads.length + index);
  }
}

export function readConflicts(payload: Payload, { reads, ranges }: CommitRequest): EngineConflict[] {
  const conflicts: EngineConflict[] = [];
  for (let left = payload.count(4); left > 0; left--) {
    const index = payload.u32();
    const read = reads[index];
    const range = ranges[index - reads.length];
    if (read !== undefined) conflicts.push({ collection: read.collection, key: read.key });
    else if (range !== undefined) conflicts.push(range);
    else throw protocolError('a conflict names nothing that was read');
  }
  payload.finish();
  return conflicts;
}
