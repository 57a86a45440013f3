import { LeaseholdError } from '../base/errors.ts';
import { MOST_ANSWER_BYTES } from '../wire/protocol.ts';

/** The most bytes of a value in a frame that it shares with others. */
const MOST = MOST_ANSWER_BYTES / 2;

/** `ERR_VALUE_SIZE` if a value is too large for an answer of several rows or states: frames have a largest size. GET gives such a value in chunks. */
export function checkShared(bytes: Uint8Array | undefined): void {
  if (bytes === undefined || bytes.length <= MOST) return;
  throw new LeaseholdError(
    'ERR_VALUE_SIZE',
    `a value has ${bytes.length} bytes, and with others at most ${MOST} can be read together: read it alone, with get()`,
  );
}
