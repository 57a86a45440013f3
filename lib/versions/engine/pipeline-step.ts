/** A part of what a step before has read: its value or its key, or what stands at a path in that. */
export interface StepPart {
  /** The number of that step. */
  readonly step: number;
  readonly of: 'value' | 'key';
  /** Names of fields and properties, and places in lists and arrays. */
  readonly path: readonly (string | number)[];
}

/**
 * A key that is read, and which may be made of what steps before it have read. A step whose key has a part that is absent is not read: its key is absent.
 */
export interface PipelineStep {
  readonly collection: string;
  /** Bytes of the key, and parts that become bytes. */
  readonly terms: readonly (Uint8Array | StepPart)[];
  /** Whether each term is one or several elements of a key that has elements; otherwise there is one term, which is the whole key. */
  readonly isElements: boolean;
}

/** The most steps of a pipeline. */
export const MOST_STEPS = 256;
/** The most terms of a key, and the most steps of a path. */
export const MOST_TERMS = 64;
