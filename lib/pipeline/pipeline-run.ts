import { invalidValue } from '../base/errors.ts';
import { joinBytes } from '../lease/bytes.ts';
import type { PipelineStep, StepPart } from '../versions/engine/pipeline-step.ts';
import { asData, partOf } from './part-of.ts';

/** The codecs of a collection, as a pipeline needs them. */
export interface StepCodecs {
  readonly key: { readonly prefix: 'elements' | 'bytes' | 'none' };
  encodeKey(key: unknown): Uint8Array;
  keyOf(bytes: Uint8Array): unknown;
  valueOf(bytes: Uint8Array): unknown;
}

/** What has been read of a step. */
interface Given {
  readonly key: Uint8Array | undefined;
  readonly bytes: Uint8Array | undefined;
  /** Both as plain data, once they were needed. */
  keyData?: unknown;
  valueData?: unknown;
}

/** The steps of a pipeline while they are read: makes the key of each of what the steps before it have read. It is the same on the server and on the client. */
export class PipelineRun {
  readonly steps: readonly PipelineStep[];
  readonly #codecsOf: (collection: string) => StepCodecs;
  readonly #given: (Given | undefined)[] = [];

  constructor(steps: readonly PipelineStep[], codecsOf: (collection: string) => StepCodecs) {
    this.steps = steps;
    this.#codecsOf = codecsOf;
  }

  isGiven(index: number): boolean {
    return this.#given[index] !== undefined;
  }

  /** Whether the key of a step can be made: all steps that it is made of were read. */
  isReady(index: number): boolean {
    const { terms } = this.steps[index] as PipelineStep;
    return terms.every((term) => term instanceof Uint8Array || this.isGiven(term.step));
  }

  /** The key of a step that is ready; undefined if a part of it is absent. What the codecs throw, `ERR_INVALID_ARG_VALUE`. */
  keyOf(index: number): Uint8Array | undefined {
    const { collection, terms, isElements } = this.steps[index] as PipelineStep;
    if (!isElements) {
      const [term] = terms as [Uint8Array | StepPart];
      if (term instanceof Uint8Array) return term;
      const part = this.#part(term);
      return part === undefined ? undefined : this.#codecsOf(collection).encodeKey(part);
    }
    const codecs = this.#codecsOf(collection);
    if (codecs.key.prefix !== 'elements') {
      throw invalidValue(`the keys of the collection '${collection}' have no elements: give the key whole`);
    }
    const pieces: Uint8Array[] = [];
    for (const term of terms) {
      if (term instanceof Uint8Array) pieces.push(term);
      else {
        const part = this.#part(term);
        if (part === undefined) return undefined;
        pieces.push(codecs.encodeKey([part]));
      }
    }
    return joinBytes(pieces);
  }

  /** A step was read. Without a key, it is absent. */
  give(index: number, key: Uint8Array | undefined, bytes: Uint8Array | undefined): void {
    this.#given[index] = { key, bytes };
  }

  #part({ step, of, path }: StepPart): unknown {
    const given = this.#given[step] as Given;
    const codecs = this.#codecsOf((this.steps[step] as PipelineStep).collection);
    if (of === 'key') {
      if (given.key === undefined) return undefined;
      given.keyData ??= asData(codecs.keyOf(given.key));
      return partOf(given.keyData, path);
    }
    if (given.bytes === undefined) return undefined;
    given.valueData ??= asData(codecs.valueOf(given.bytes));
    return partOf(given.valueData, path);
  }
}
