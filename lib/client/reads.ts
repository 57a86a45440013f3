import type { StepCodecs } from '../pipeline/pipeline-run.ts';
import type { ByteRange } from '../read/bounds.ts';
import type { EngineBounds, Loaded, RowBatch, Tid } from '../versions/engine/engine.ts';
import type { PipelineStep } from '../versions/engine/pipeline-step.ts';

/** The state of a key. A promise must not give it if it is `lent`: a program could have patched what promises look at. */
export type ReadValue = Pick<Loaded, 'tid' | 'lent' | 'bytes'>;

/** The same with bytes of its own. The tid is 0 if the key is absent. */
export interface OwnValue {
  readonly tid: Tid;
  readonly bytes: Uint8Array | undefined;
}

/** Copies what is lent. */
export function ownValue(read: ReadValue): OwnValue {
  const { tid, bytes } = read;
  return { tid: bytes === undefined ? 0 : tid, bytes };
}

/** Steps to read, and the codecs of their collections by name. */
export interface StepsToRead {
  readonly steps: readonly PipelineStep[];
  readonly codecsOf: (collection: string) => StepCodecs;
}

/** What was read of a step. Without a key, it was made of something absent. */
export interface ReadStep extends OwnValue {
  readonly collection: string;
  readonly key: Uint8Array | undefined;
}

/** How a collection reads: the newest commit, a view of one commit, or a transaction with what it has written. */
export interface Reads {
  /** Gives what `make` makes of the state, in the call that has received it. */
  get<T>(collection: string, key: Uint8Array, make: (value: ReadValue) => T): Promise<T>;
  /** Gives what `make` makes of the states, in the order of the keys. */
  getMany<T>(collection: string, keys: readonly Uint8Array[], make: (value: ReadValue) => T): Promise<T[]>;
  /** Calls `take` with batches of rows, in order, until it returns false. The next batch is read when the promise that it returns is fulfilled. */
  range(collection: string, bounds: EngineBounds, take: (batch: RowBatch) => unknown): Promise<void>;
  count(collection: string, range: ByteRange): Promise<number>;
  /** What the steps of a pipeline read, in their order, as of one commit. */
  pipeline(toRead: StepsToRead): Promise<ReadStep[]>;
}
