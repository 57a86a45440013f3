/**
 * A read transaction as the environment that it is of lists it. What it is beyond that, `open-transaction.ts` says, which
 * imports this.
 */
export interface ListedRead {
  readonly environment: { readonly path: string };
  /** -1 until it has begun. */
  readonly handle: number;
  /** Whether it can be read through. */
  readonly open: boolean;
  /** What should end it, while the collector has not been asked to tell when that goes. */
  owner: object | undefined;
  watched: boolean;
  /** The list of the environment's open transactions, and whether this is on it. */
  next: ListedRead | undefined;
  previous: ListedRead | undefined;
  linked: boolean;
  /** The list of those that are being ended; null if this is not on it. See `EnvironmentState.ending`. */
  nextEnding: ListedRead | undefined | null;
  /** Whether nothing is left to do of its end. */
  readonly isDone: boolean;
  end(): void;
}

/** The same of a write transaction. */
export interface ListedWrite {
  /** The one that it is a child of. */
  readonly outer: ListedWrite | undefined;
  abort(): void;
}
