import { invalidType, invalidValue, LeaseholdError } from '../../base/errors.ts';
import { inspectAs } from '../../base/inspect.ts';
import { append } from '../../base/primordials.ts';
import type { PipelineStep, StepPart } from '../../versions/engine/pipeline-step.ts';
import { MOST_STEPS, MOST_TERMS } from '../../versions/engine/pipeline-step.ts';
import type { Backend } from '../backend.ts';
import type { CollectionCodecs } from '../collection-codecs.ts';
import { codecsOf, type ReadableCollection } from '../readable-collection.ts';
import type { StoreCodecs } from '../store-codecs.ts';
import { Operand, PipelineGet, partIn, type StandsFor } from './operand.ts';

/** An operand whose value can be a key, or an element of a key, of one of the types `K`. One of an unknown type is taken too. */
type Fitting<T, K> = Operand<unknown> &
  StandsFor<T> &
  (unknown extends T ? unknown : [Extract<NonNullable<T>, K>] extends [never] ? never : unknown);

/** A key with operands in the place of some of its elements. */
type WithOperands<K> = K extends readonly unknown[] ? { readonly [I in keyof K]: K[I] | StandsFor<unknown> } : never;

/** What a pipeline gives for what its function has returned: the values in the place of the steps; undefined for keys that are absent. */
export type PipelineResult<R> =
  R extends PipelineGet<infer _, infer V>
    ? V | undefined
    : R extends readonly unknown[] | { readonly [name: string]: unknown }
      ? { -readonly [N in keyof R]: PipelineResult<R[N]> }
      : R;

/** How deep the steps are nested at most in what the function returns. */
const DEEPEST = 100;

interface GivenStep {
  readonly codecs: CollectionCodecs;
  readonly key: unknown;
}

let endOf: (pipeline: Pipeline) => readonly GivenStep[];

/** Ends a pipeline. Its steps, with their codecs by the names of the collections. What the codecs throw. */
export async function finishPipeline(pipeline: Pipeline): Promise<{ steps: PipelineStep[]; codecs: StoreCodecs[] }> {
  const steps: PipelineStep[] = [];
  const codecs: StoreCodecs[] = [];
  for (const { codecs: given, key } of endOf(pipeline)) {
    const known = await given.toRead();
    codecs.push(known);
    steps.push({ collection: known.name, ...termsOf(pipeline, key, known) });
  }
  return { steps, codecs };
}

/** What the function of a pipeline has returned, with `valueAt` of the number of each step in its place. `ERR_INVALID_ARG_TYPE` for a part of a value. */
export function pipelineResult(
  pipeline: Pipeline,
  returned: unknown,
  valueAt: (step: number) => unknown,
  depth: number = 0,
): unknown {
  if (returned instanceof PipelineGet) {
    const part = partIn(returned, pipeline);
    if (part === undefined) throw invalidValue('the step that was returned is of another pipeline');
    return valueAt(part.step);
  }
  if (returned instanceof Operand) {
    throw invalidType('what the function of a pipeline returns', 'steps: take the field of their values', returned);
  }
  if (typeof returned !== 'object' || returned === null) return returned;
  if (depth === DEEPEST) {
    throw invalidValue(
      `what the function of a pipeline returns contains itself, or is nested more than ${DEEPEST} levels deep`,
    );
  }
  const inner = (each: unknown): unknown => pipelineResult(pipeline, each, valueAt, depth + 1);
  if (Array.isArray(returned)) return returned.map(inner);
  const prototype: unknown = Object.getPrototypeOf(returned);
  if (prototype !== Object.prototype && prototype !== null) return returned;
  return Object.fromEntries(Object.entries(returned).map(([name, each]) => [name, inner(each)]));
}

/** What the function of `store.pipeline()` gets, to say what to read. */
export class Pipeline {
  readonly #backend: Backend;
  readonly #steps: GivenStep[] = [];
  #isOpen = true;

  /** Not for users: `store.pipeline()` makes these. */
  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /**
   * Reads a key of a collection. The key, or an element of it, can be a step before this one, or a part of that: `p.get(customers, order.field('customer'))`. If that is
   * absent or null, so is this key. `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`; `ERR_BUSY` above 256 steps.
   */
  get<K, KView, VView>(
    collection: ReadableCollection<K, KView, VView>,
    key: K | WithOperands<K>,
  ): PipelineGet<KView, VView>;
  get<K, KView, VView, T>(
    collection: ReadableCollection<K, KView, VView>,
    key: Fitting<T, K | KView>,
  ): PipelineGet<KView, VView>;
  get<KView, VView>(collection: ReadableCollection<never, KView, VView>, key: unknown): PipelineGet<KView, VView> {
    const codecs = codecsOf(collection, this.#backend);
    if (codecs === undefined) throw invalidType('collection', 'a collection of the store', collection);
    if (!this.#isOpen) throw invalidValue('the function of the pipeline has returned: it names all steps before');
    if (this.#steps.length >= MOST_STEPS) {
      throw new LeaseholdError('ERR_BUSY', `a pipeline has at most ${MOST_STEPS} steps: use several`);
    }
    // What the program does with its array later is of no consequence.
    const own: unknown = Array.isArray(key) ? [...key] : key;
    for (const operand of operandsIn(own)) {
      const part = partIn(operand, this);
      if (part === undefined) throw invalidValue('the operand is of another pipeline');
      if (part.path.length > MOST_TERMS) throw invalidValue(`an operand is at most ${MOST_TERMS} levels deep`);
    }
    const get = new PipelineGet<KView, VView>(this, this.#steps.length);
    append(this.#steps, { codecs, key: own });
    return get;
  }

  static {
    endOf = (pipeline) => {
      pipeline.#isOpen = false;
      return pipeline.#steps;
    };
    inspectAs(Pipeline.prototype, (self) => `Pipeline { ${self.#steps.length} steps }`);
  }
}

function operandsIn(key: unknown): readonly Operand<unknown>[] {
  if (key instanceof Operand) return [key];
  return Array.isArray(key) ? key.filter((each) => each instanceof Operand) : [];
}

function termsOf(pipeline: Pipeline, key: unknown, codecs: StoreCodecs): Pick<PipelineStep, 'terms' | 'isElements'> {
  const partOf = (operand: Operand<unknown>): StepPart => partIn(operand, pipeline) as StepPart;
  if (key instanceof Operand) return { terms: [partOf(key)], isElements: false };
  if (operandsIn(key).length === 0) return { terms: [codecs.encodeKey(key)], isElements: false };
  if (codecs.key.prefix !== 'elements') {
    throw invalidValue(`the keys of ${codecs.title} have no elements: an operand is the whole key`);
  }
  const terms: (Uint8Array | StepPart)[] = [];
  for (const each of key as readonly unknown[]) {
    terms.push(each instanceof Operand ? partOf(each) : codecs.encodeKey([each]));
  }
  if (terms.length > MOST_TERMS) throw invalidValue(`a key with operands has at most ${MOST_TERMS} elements`);
  return { terms, isElements: true };
}
