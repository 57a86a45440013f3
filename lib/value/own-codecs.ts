import { LeaseholdError } from '../base/errors.ts';
import { inspectAsName } from '../base/inspect.ts';
import { objectFreeze, weakSetAdd, weakSetHas } from '../base/primordials.ts';
import type { ValueCodec } from './codec.ts';
import { descriptionText } from './description-text.ts';

const own = new WeakSet<object>();

/**
 * Marks a codec as one of leasehold's, and freezes it. Only such codecs are called with leases. `inspectAs` says how `util.inspect`
 * prints it; by default as its name.
 */
export function ownValueCodec<C extends ValueCodec<never, unknown>>(
  codec: C,
  inspectAs: (codec: C) => void = inspectAsName,
): C {
  weakSetAdd(own, codec);
  inspectAs(codec);
  return objectFreeze(codec);
}

export function isOwnValueCodec(value: object): value is ValueCodec<unknown, unknown> {
  return weakSetHas(own, value);
}

/** The `accept` of a codec that reads only its own records. */
export function acceptSame(description: unknown): (remembered: unknown) => unknown {
  const expected = JSON.stringify(description);
  return (remembered) => {
    if (JSON.stringify(remembered) === expected) return remembered;
    throw otherCodec(remembered, description);
  };
}

/** The error for values that were written with another codec. Both are what `description` gives. */
export function otherCodec(remembered: unknown, own: unknown): LeaseholdError {
  return new LeaseholdError(
    'ERR_CODEC',
    `the values are ${descriptionText(remembered)} in the database and ${descriptionText(own)} here`,
  );
}
