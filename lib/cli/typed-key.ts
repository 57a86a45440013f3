import type { TypedForm } from '../value/text-form.ts';
import { asUsage, Failure, USAGE } from './failure.ts';

/** A codec whose keys, or values of their form, can be typed. */
interface Typed {
  readonly name: string;
  readonly text: { readonly typed: TypedForm };
}

/** The key that the user has typed, in the form that its codec says. `what` is its name in errors. */
export function keyFrom(text: string, { name, text: { typed } }: Typed, what: string = 'the key'): unknown {
  const key = asUsage(() => typed.from(text));
  if (key === undefined) {
    throw new Failure(USAGE, `${what} must be ${typed.wanted} (the codec is ${name}), not ${text}`);
  }
  return key;
}
