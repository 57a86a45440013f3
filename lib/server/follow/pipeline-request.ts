import { READ } from '../../cache/trace/trace-batch.ts';
import { FRAME_LARGE_BYTES } from '../../native/constants.ts';
import { PipelineRun, type StepCodecs } from '../../pipeline/pipeline-run.ts';
import type { Loaded } from '../../versions/engine/engine.ts';
import type { PipelineStep } from '../../versions/engine/pipeline-step.ts';
import { payloadOf } from '../../wire/connection.ts';
import type { Frame } from '../../wire/frame-reader.ts';
import { readPipeline } from '../../wire/pipeline-message.ts';
import { FIN, Kind, PIPELINE_BYTES } from '../../wire/protocol.ts';
import { stateSize, writeStates } from '../../wire/states-message.ts';
import type { SessionContext } from '../session-context.ts';

/**
 * Reads keys that are made of what was read before, in one frame with all states. It stops where it cannot go on: at a value that is too large, or whose codec only
 * the client has. The client goes on there by itself, and meets the same error if there is one.
 */
export function pipeline(context: SessionContext, frame: Frame): void {
  const { at, steps } = readPipeline(payloadOf(frame), (number) => context.collections.name(number));
  const states = readSteps(context, at, steps);
  const { out } = context.connection;
  const numberOf = (name: string): number => context.collections.numberOf(name) as number;
  out.begin(Kind.STATES, FIN, frame.id, 0);
  writeStates(out, states, numberOf);
  out.end();
}

function readSteps({ rights, store }: SessionContext, at: number, steps: readonly PipelineStep[]): Loaded[] {
  const { engine, trace } = store;
  const codecs = new Map<string, StepCodecs>();
  const run = new PipelineRun(steps, (name) => {
    const known = codecs.get(name) ?? store.codecs.of(name);
    codecs.set(name, known);
    return known;
  });
  const states: Loaded[] = [];
  let size = 0;
  for (let i = 0; i < steps.length && size < PIPELINE_BYTES; i++) {
    const key = tryKeyOf(run, i);
    if (key === UNKNOWN) continue;
    if (key === undefined) {
      run.give(i, undefined, undefined);
      continue;
    }
    const { collection } = steps[i] as PipelineStep;
    rights.checkKey(collection, key, false);
    const state = engine.lend({ collection, key }, at);
    const { bytes } = state;
    trace?.record(READ, collection, key, bytes?.length ?? 0, state.tid);
    states.push(state);
    size += stateSize(state);
    // What is made of a value that does not come with the others is not made here.
    if (bytes === undefined || bytes.length <= FRAME_LARGE_BYTES) run.give(i, key, bytes);
  }
  return states;
}

const UNKNOWN = Symbol('unknown');

function tryKeyOf(run: PipelineRun, index: number): Uint8Array | undefined | typeof UNKNOWN {
  if (!run.isReady(index)) return UNKNOWN;
  try {
    return run.keyOf(index);
  } catch {
    return UNKNOWN;
  }
}
