import { bytes } from './bytes.ts';
import type { OrderedCodec } from './codec.ts';
import { ownValueCodec } from './own-codecs.ts';

/**
 * `bytes` for values of any codec, to look at what a program has stored that is not at hand. Opening a collection with this
 * codec leaves the remembered codec unchanged.
 */
export const storedBytes: OrderedCodec<never, ReturnType<typeof bytes.view>> = ownValueCodec({
  ...bytes,
  description: '',
  accept: (remembered: unknown): unknown => remembered,
});
