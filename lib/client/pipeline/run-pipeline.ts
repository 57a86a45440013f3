import { invalidType, LeaseholdError } from '../../base/errors.ts';
import { isThenable } from '../../transaction/thenable.ts';
import type { Backend } from '../backend.ts';
import type { Reads, ReadValue } from '../reads.ts';
import type { StoreCodecs } from '../store-codecs.ts';
import { finishPipeline, Pipeline, type PipelineResult, pipelineResult } from './pipeline.ts';

/** Calls a function that says what to read, reads it, and gives what the function has returned, with values in the place of the steps. See `Store.pipeline`. */
export async function runPipeline<R>(
  backend: Backend,
  reads: Reads,
  fn: (pipeline: Pipeline) => R,
): Promise<PipelineResult<R>> {
  if (typeof fn !== 'function') throw invalidType('fn', 'a function', fn);
  const pipeline = new Pipeline(backend);
  const returned = fn(pipeline);
  if (isThenable(returned)) {
    returned.then(undefined, () => {});
    throw new LeaseholdError(
      'ERR_ASYNC_CALLBACK',
      'the function given to store.pipeline() must not be async: it names all steps, and pipeline() waits for their values',
    );
  }
  const { steps, codecs } = await finishPipeline(pipeline);
  const byName = new Map<string, StoreCodecs>();
  for (const each of codecs) byName.set(each.name, each);
  const read = await reads.pipeline({ steps, codecsOf: (name) => byName.get(name) as StoreCodecs });
  const valueAt = (step: number): unknown => (codecs[step] as StoreCodecs).toValue(read[step] as ReadValue);
  return pipelineResult(pipeline, returned, valueAt) as PipelineResult<R>;
}
