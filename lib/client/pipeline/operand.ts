import { invalidType, outOfRange } from '../../base/errors.ts';
import { inspectAs } from '../../base/inspect.ts';
import type { StepPart } from '../../versions/engine/pipeline-step.ts';

/** The names of fields of a value: not its methods, and not those of a list. */
export type FieldName<T> = T extends readonly unknown[] | string | number | bigint | boolean | null | undefined
  ? never
  : T extends { at(index: number): unknown }
    ? never
    : unknown extends T
      ? string
      : { [N in keyof T]-?: T[N] extends (...args: never[]) => unknown ? never : N }[keyof T] & string;

/** What a field has; undefined among it if it may be absent. */
export type FieldOf<T, N> = unknown extends T
  ? unknown
  : T extends unknown
    ? N extends keyof T
      ? T[N]
      : undefined
    : never;

/** What a list, an array or a tuple has. */
export type ElementOf<T> = unknown extends T
  ? unknown
  : T extends readonly (infer E)[]
    ? E
    : T extends { at(index: number): infer E }
      ? E
      : never;

/** For the compiler only: what an operand stands for. */
export interface StandsFor<T> {
  readonly '~type': T;
}

let shown: <P>(operand: Operand<P>) => string;
let partOf: <P>(operand: Operand<P>, pipeline: object) => StepPart | undefined;

/** The part that an operand stands for; undefined for one of another pipeline. */
export function partIn<P>(operand: Operand<P>, pipeline: object): StepPart | undefined {
  return partOf(operand, pipeline);
}

/** What stands for a value that was not read yet, or for a part of it: the keys of later steps of a pipeline can be made of it. */
export class Operand<T> implements StandsFor<T> {
  /** For the compiler only: there is no such property. */
  declare readonly '~type': T;
  readonly #pipeline: object;
  readonly #part: StepPart;

  /** Not for users: the steps of a pipeline are such, and give others. */
  constructor(pipeline: object, part: StepPart) {
    this.#pipeline = pipeline;
    this.#part = part;
  }

  /** A field of a struct, or a property of an object. `ERR_INVALID_ARG_TYPE` */
  field<N extends FieldName<T>>(name: N): Operand<FieldOf<T, N>> {
    if (typeof name !== 'string') throw invalidType('name', 'a string', name);
    return this.#at(name);
  }

  /** An element of a list, an array or a tuple, counted from 0. `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE` */
  at(index: number): Operand<ElementOf<T>> {
    if (typeof index !== 'number') throw invalidType('index', 'a number', index);
    if (!Number.isInteger(index) || index < 0 || index >= 2 ** 32)
      throw outOfRange('index', 'an integer from 0', index);
    return this.#at(index);
  }

  static {
    partOf = (operand, pipeline) => (operand.#pipeline === pipeline ? operand.#part : undefined);
    shown = (operand) => {
      const { step, of, path } = operand.#part;
      return `Operand { the ${of} of step ${step}${path.map((each) => `.${each}`).join('')} }`;
    };
  }

  #at<P>(next: string | number): Operand<P> {
    return new Operand(this.#pipeline, { ...this.#part, path: [...this.#part.path, next] });
  }
}

// Not in the class: the TypeScript compiler gives it another name there, which is not set yet, where a field is only declared.
inspectAs(Operand.prototype, (self) => shown(self));

/** A key that a pipeline reads. It stands for the value too: an operand of later steps, and, in what the pipeline's function returns, the value itself. */
export class PipelineGet<KView, VView> extends Operand<VView> {
  /** The key itself: of use where it was made of other operands. */
  readonly key: Operand<KView>;

  /** Not for users: `pipeline.get()` makes these. */
  constructor(pipeline: object, step: number) {
    super(pipeline, { step, of: 'value', path: [] });
    this.key = new Operand(pipeline, { step, of: 'key', path: [] });
  }
}
