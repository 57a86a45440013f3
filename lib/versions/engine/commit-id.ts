import { randomBytes } from '../../base/platform.ts';
import { copyBytes } from '../../lease/bytes.ts';

const ID_BYTES = 16;
/** So many are drawn at a time: one by one, that takes as long as writing the request. */
const IDS = 128;

let drawn: Uint8Array = new Uint8Array(0);
let next = 0;

/** The id of a commit: 16 random bytes. */
export function newCommitId(): Uint8Array {
  if (next === drawn.length) {
    drawn = randomBytes(ID_BYTES * IDS);
    next = 0;
  }
  const from = next;
  next += ID_BYTES;
  return copyBytes(drawn, from, ID_BYTES);
}
