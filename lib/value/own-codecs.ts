import { LeaseholdError } from '../base/errors.ts';
import { objectFreeze, weakSetAdd, weakSetHas } from '../base/primordials.ts';
import type { ValueCodec } from './codec.ts';

const own = new WeakSet<object>();

/** Marks a codec as one of leasehold's. Only such codecs are called with leases. */
export function ownValueCodec<C extends ValueCodec<never, unknown>>(codec: C): C {
  weakSetAdd(own, codec);
  return objectFreeze(codec);
}

export function isOwnValueCodec(value: object): value is ValueCodec<unknown, unknown> {
  return weakSetHas(own, value);
}

/** The `accept` of a codec that reads only its own records. */
export function acceptSame(description: unknown): (remembered: unknown) => unknown {
  const expected = JSON.stringify(description);
  return (remembered) => {
    const given = JSON.stringify(remembered);
    if (given === expected) return remembered;
    throw new LeaseholdError(
      'ERR_CODEC',
      `the values were written with the codec ${given}, which ${expected} cannot read`,
    );
  };
}
