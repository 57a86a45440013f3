import type { ValueCoder } from './coder.ts';
import type { JoinForm } from './join-form.ts';
import type { KeyText, TextForm } from './text-form.ts';
import type { ValueBinding } from './value-binding.ts';

/** Everything about the values of a collection: how to write, read, join and print them, and what the database remembers. */
export interface ValueCodec<V, VView> extends ValueCoder<V, VView> {
  readonly name: string;
  /** What the database remembers of this codec, as JSON: for a struct, its schema. */
  readonly description: unknown;
  /** Whether a view asks its lease for the bytes each time that it is read. */
  readonly aims: boolean;
  /** Whether the bytes sort as the values do. */
  readonly ordered: boolean;
  /** What a prefix of values means, if the values of one key are in order: see `KeyCodec`. Left out if they have none. */
  readonly prefix?: 'elements' | 'bytes';
  /** Whether values can be objects with fields. */
  readonly objects: boolean;
  readonly text: TextForm;
  /**
   * For a codec that stores side data in the database: makes the coders of one collection, which use its side data. The codec
   * itself then writes and reads values that need no side data.
   */
  readonly bind?: () => ValueBinding<V, VView>;
  /**
   * Checks that this codec can read records written under `remembered` (an earlier `description`), and the other way round. If not,
   * throws `ERR_CODEC`, which names the difference. Returns the description to remember from now on.
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
