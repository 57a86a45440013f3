import type { StepCodecs } from '../pipeline/pipeline-run.ts';
import type { ByteRange } from '../read/bounds.ts';
import type { EngineBounds, RowBatch, Tid } from '../versions/engine/engine.ts';
import type { PipelineStep } from '../versions/engine/pipeline-step.ts';

/** The state of a key: the tid is 0 if it is absent. */
export interface ReadValue {
  readonly tid: Tid;
  readonly bytes: Uint8Array | undefined;
}

/** Steps to read, and the codecs of their collections by name. */
export interface StepsToRead {
  readonly steps: readonly PipelineStep[];
  readonly codecsOf: (collection: string) => StepCodecs;
}

/** What was read of a step. Without a key, it was made of something absent. */
export interface ReadStep extends ReadValue {
  readonly collection: string;
  readonly key: Uint8Array | undefined;
}

/** How a collection reads: the newest commit, a view of one commit, or a transaction with what it has written. */
export interface Reads {
  /** Gives what `make` makes of the state, in the call that has received it. */
  get<T>(collection: string, key: Uint8Array, make: (value: ReadValue) => T): Promise<T>;
  /** In the order of the keys. */
  getMany(collection: string, keys: readonly Uint8Array[]): Promise<ReadValue[]>;
  /** Calls `take` with batches of rows, in order, until it returns false. The next batch is read when the promise that it returns is fulfilled. */
  range(collection: string, bounds: EngineBounds, take: (batch: RowBatch) => unknown): Promise<void>;
  count(collection: string, range: ByteRange): Promise<number>;
  /** What the steps of a pipeline read, in their order, as of one commit. */
  pipeline(toRead: StepsToRead): Promise<ReadStep[]>;
}
