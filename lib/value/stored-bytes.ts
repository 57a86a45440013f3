import { bytes } from './bytes.ts';
import type { OrderedCodec } from './codec.ts';
import { ownValueCodec } from './own-codecs.ts';

/**
 * `bytes` for values of any codec, to look at values when the program that has their codec is not at hand. Opening a collection with this
 * codec leaves the remembered codec unchanged.
 */
export const storedBytes: OrderedCodec<never, ReturnType<typeof bytes.view>> = ownValueCodec({
  ...bytes,
  description: '',
  accept: (remembered: unknown): unknown => remembered,
});
