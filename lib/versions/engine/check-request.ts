import { checkObject, checkSize } from '../../base/check-arguments.ts';
import { invalidType, outOfRange } from '../../base/errors.ts';
import { isUint8Array, typedArrayLength } from '../../base/primordials.ts';
import type { CommitRequest } from './engine.ts';

const MOST_ID_BYTES = 255;

/** Throws `ERR_INVALID_ARG_TYPE` or `ERR_OUT_OF_RANGE`. The keys of writes are checked when they are encoded. */
export function checkRequest(request: CommitRequest): void {
  checkObject(request, 'the request');
  const { commitId, reads, ranges, writes } = request;
  checkBytes(commitId, 'commitId');
  const length = typedArrayLength(commitId);
  if (length < 1 || length > MOST_ID_BYTES) throw outOfRange('commitId', `1 to ${MOST_ID_BYTES} bytes`, commitId);
  for (const { key, tid } of reads) {
    checkBytes(key, 'the key of a read');
    if (tid === undefined) throw invalidType('the tid of a read', 'a number', tid);
    checkSize(tid, 'the tid of a read', 0, Number.MAX_SAFE_INTEGER);
  }
  for (const { range } of ranges) {
    if (range.lower !== undefined) checkBytes(range.lower, 'the lower bound of a range');
    if (range.upper !== undefined) checkBytes(range.upper, 'the upper bound of a range');
  }
  for (const { key, bytes, adds } of writes) {
    checkBytes(key, 'the key of a write');
    if (bytes !== undefined || adds === true) checkBytes(bytes, 'the bytes of a write');
  }
}

function checkBytes(value: unknown, name: string): void {
  if (!isUint8Array(value)) throw invalidType(name, 'a Uint8Array', value);
}
