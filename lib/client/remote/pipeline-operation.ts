import { utf8ByteLength } from '../../base/platform.ts';
import { typedArrayLength } from '../../base/primordials.ts';
import type { Loaded, Tid } from '../../versions/engine/engine.ts';
import type { PipelineStep } from '../../versions/engine/pipeline-step.ts';
import { payloadOf, unexpected } from '../../wire/connection.ts';
import type { Frame } from '../../wire/frame-reader.ts';
import { writePipeline } from '../../wire/pipeline-message.ts';
import { FIN, Kind } from '../../wire/protocol.ts';
import { readStates } from '../../wire/states-message.ts';
import type { CollectionNumbers } from './collection-numbers.ts';
import type { AskedSession, Operation } from './operation.ts';

/** About how many bytes steps take in a request: no less. */
export function sizeOfSteps(steps: readonly PipelineStep[]): number {
  let size = 0;
  for (const { terms } of steps) {
    size += 4;
    for (const term of terms) {
      size += 5;
      if (term instanceof Uint8Array) size += typedArrayLength(term);
      else for (const each of term.path) size += 5 + (typeof each === 'string' ? utf8ByteLength(each) : 0);
    }
  }
  return size;
}

/** The states of keys that the server makes of what it has read before. It may leave some out. */
export class PipelineOperation implements Operation {
  readonly #steps: readonly PipelineStep[];
  readonly #at: Tid;
  readonly #numbers: CollectionNumbers;
  readonly #take: (state: Loaded) => void;
  readonly #done: (error: Error | undefined) => void;

  constructor(
    steps: readonly PipelineStep[],
    at: Tid,
    numbers: CollectionNumbers,
    take: (state: Loaded) => void,
    done: (error: Error | undefined) => void,
  ) {
    this.#steps = steps;
    this.#at = at;
    this.#numbers = numbers;
    this.#take = take;
    this.#done = done;
  }

  send(session: AskedSession, id: number): void {
    const { numberIn } = this.#numbers;
    // Before the frame begins: OPEN is a frame of its own.
    for (const { collection } of this.#steps) numberIn(session, collection);
    session.out.begin(Kind.PIPELINE, FIN, id, 0);
    writePipeline(session.out, this.#at, this.#steps, (collection) => numberIn(session, collection));
    session.out.end();
  }

  frame(frame: Frame): boolean {
    if (frame.kind !== Kind.STATES || (frame.flags & FIN) === 0) throw unexpected(frame);
    const payload = payloadOf(frame);
    readStates(payload, (number) => this.#numbers.nameOf(number), this.#take);
    payload.finish();
    this.#done(undefined);
    return true;
  }

  fail(error: Error): void {
    this.#done(error);
  }
}
