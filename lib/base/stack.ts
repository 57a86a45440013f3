import { apply } from './primordials.ts';

/** As arguments of a call, these take 8 KiB of the stack. */
const ARGUMENTS: readonly number[] = Array.from({ length: 1024 }, () => 0);

function nothing(): void {}

/**
 * Throws V8's RangeError if the stack has less than 8 KiB left. To be called before something begins that must also be able to end: what the
 * caller does at its end has this room then, however deep the calls in between have gone.
 */
export function checkStack(): void {
  apply(nothing, undefined, ARGUMENTS);
}

/** Whether an error is that of a full stack. It is a RangeError, and so are others: V8 tells them apart by the text alone. */
export function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.startsWith('Maximum call stack');
}
