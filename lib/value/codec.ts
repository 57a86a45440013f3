import type { ValueCoder } from './coder.ts';
import type { JoinForm } from './join-form.ts';
import type { KeyText, TextForm } from './text-form.ts';
import type { ValueBinding } from './value-binding.ts';

/** How a collection's values are written and read: all that is known of them. */
export interface ValueCodec<V, VView> extends ValueCoder<V, VView> {
  readonly name: string;
  /** What the database remembers of this codec, as JSON: for a struct, its schema. */
  readonly description: unknown;
  /** Whether what `view` gives asks the lease each time it is read. */
  readonly aims: boolean;
  /** Whether the bytes sort as the values do. */
  readonly ordered: boolean;
  /** Whether values can be objects, whose fields can be picked. */
  readonly objects: boolean;
  readonly text: TextForm;
  /**
   * For a codec that keeps something in the database beside the values: makes what writes and reads those of one
   * collection. The codec itself then writes values that can be read without, and reads those.
   */
  readonly bind?: () => ValueBinding<V, VView>;
  /**
   * Throws `ERR_CODEC`, naming what differs, unless records written under `remembered` (an earlier `description`) can
   * be read with this codec and the other way round. Gives what is to be remembered from now on.
   */
  accept(remembered: unknown): unknown;
}

/**
 * A codec whose records sort as the values do, and that serves for keys as well as for values. As a key codec its
 * `write` never gives Foreign bytes: `toKeyCodec` sees to that.
 */
export interface OrderedCodec<V, VView> extends ValueCodec<V, VView> {
  readonly prefix: 'bytes';
  readonly text: KeyText;
  readonly join: JoinForm;
}
