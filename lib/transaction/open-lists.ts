import type { NativeSource } from '../lease/source.ts';

/**
 * The part of an OpenRead that its environment needs, to list it and to end it. An interface of its own, since `open-read.ts`
 * imports `environment-state.ts`.
 */
export interface ListedRead extends NativeSource {
  readonly environment: { readonly path: string };
  /** -1 until it has begun. */
  readonly handle: number;
  /** Whether reads through it are possible. */
  readonly open: boolean;
  /** The object that should end it, until `watch` has registered that object with the collector. */
  owner: object | undefined;
  watched: boolean;
  /** Links of the list of the environment's open transactions, and whether this one is on the list. */
  next: ListedRead | undefined;
  previous: ListedRead | undefined;
  linked: boolean;
  /** The next on the list of those that are being ended (`EnvironmentState.ending`); null if this one is not on the list. */
  nextEnding: ListedRead | undefined | null;
  /** Whether it has ended completely. */
  readonly isDone: boolean;
  end(): void;
}

/** The part of an OpenWrite that its environment needs. */
export interface ListedWrite {
  /** Its parent. */
  readonly outer: ListedWrite | undefined;
  abort(): void;
}
