import { nameOf } from '../../cache/young-states.ts';
import { PipelineRun } from '../../pipeline/pipeline-run.ts';
import type { Engine, Loaded, StateKey, Tid } from '../../versions/engine/engine.ts';
import type { PipelineStep } from '../../versions/engine/pipeline-step.ts';
import { type OwnValue, ownValue, type ReadStep, type ReadValue, type StepsToRead } from '../reads.ts';

/** Reads all steps with an engine as of a commit: with one question, where the engine takes it, and one more for each level of what has no answer then. */
export async function readWithEngine(engine: Engine, toRead: StepsToRead, at: Tid): Promise<ReadStep[]> {
  const received = new Map<string, OwnValue>();
  const take = (state: Loaded): void => void received.set(nameOf(state), ownValue(state));
  let isAsked = engine.pipeline === undefined;
  return readSteps(
    toRead,
    (key) => received.get(nameOf(key)) ?? engine.known?.(key, at),
    async (missing) => {
      if (isAsked) await engine.load(missing, at, take);
      else await engine.pipeline?.(toRead.steps, at, take);
      isAsked = true;
    },
  );
}

/**
 * Reads steps in their order, as far as `find` gives states; then `fetch` gets the keys that are missing, and it goes on. `fetch` need not bring all of them; then it is
 * called again.
 */
export async function readSteps(
  { steps, codecsOf }: StepsToRead,
  find: (key: StateKey) => ReadValue | undefined,
  fetch: (missing: readonly StateKey[]) => Promise<void>,
): Promise<ReadStep[]> {
  const run = new PipelineRun(steps, codecsOf);
  const read: ReadStep[] = [];
  for (;;) {
    const missing: StateKey[] = [];
    for (let i = 0; i < steps.length; i++) {
      if (run.isGiven(i) || !run.isReady(i)) continue;
      const { collection } = steps[i] as PipelineStep;
      const key = run.keyOf(i);
      const found = key === undefined ? ABSENT : find({ collection, key });
      if (found === undefined) {
        missing.push({ collection, key: key as Uint8Array });
        continue;
      }
      const { tid, bytes } = ownValue(found);
      run.give(i, key, bytes);
      read[i] = { collection, key, tid, bytes };
    }
    if (missing.length === 0) return read;
    await fetch(missing);
  }
}

const ABSENT: OwnValue = { tid: 0, bytes: undefined };
