/** What is wrong with a store. */
export interface Problem {
  /**
   * - `'dangling'`: an object refers to one that is not there.
   * - `'unreadable'`: a record or a row cannot be decoded.
   * - `'class'`: a record has the number of a class that the store does not know.
   * - `'references'`: a record or a row refers to other objects than the column says by which `collect()` marks.
   * - `'owner'`: rows belong to an object that is not there.
   * - `'count'`: a collection has another number of entries than its count says.
   */
  readonly kind: 'dangling' | 'unreadable' | 'class' | 'references' | 'owner' | 'count';
  /** The object at fault, or the owner of the rows. */
  readonly id: number;
  /** The name of its class, if that is known. */
  readonly class: string | undefined;
  /** What is wrong, and what to do. */
  readonly message: string;
}
