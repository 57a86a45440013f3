import { utf8Bytes } from '../base/platform.ts';
import { MOST_STEPS, MOST_TERMS, type PipelineStep, type StepPart } from '../versions/engine/pipeline-step.ts';
import type { NameOf, NumberOf } from './commit-message.ts';
import type { FrameWriter } from './frame-writer.ts';
import { type Payload, protocolError } from './payload.ts';

/** What a term of a key is. */
const BYTES = 0;
const PART_OF_VALUE = 1;
const PART_OF_KEY = 2;
/** A step of a path. */
const NAME = 0;
const INDEX = 1;

/** u64 at, u32 n, n steps: u16 collection, u8 whether the terms are elements, u8 how many, the terms. */
export function writePipeline(out: FrameWriter, at: number, steps: readonly PipelineStep[], numberOf: NumberOf): void {
  out.u64(at);
  out.u32(steps.length);
  for (const { collection, terms, isElements } of steps) {
    out.u16(numberOf(collection));
    out.u8(isElements ? 1 : 0);
    out.u8(terms.length);
    for (const term of terms) {
      if (term instanceof Uint8Array) {
        out.u8(BYTES);
        out.sized(term);
      } else writePart(out, term);
    }
  }
}

function writePart(out: FrameWriter, { step, of, path }: StepPart): void {
  out.u8(of === 'value' ? PART_OF_VALUE : PART_OF_KEY);
  out.u16(step);
  out.u8(path.length);
  for (const each of path) {
    if (typeof each === 'number') {
      out.u8(INDEX);
      out.u32(each);
    } else {
      out.u8(NAME);
      out.sized(utf8Bytes(each));
    }
  }
}

/** `ERR_PROTOCOL` */
export function readPipeline(
  payload: Payload,
  nameOf: NameOf,
): { readonly at: number; readonly steps: PipelineStep[] } {
  const at = payload.u64();
  const count = payload.count(5);
  if (count > MOST_STEPS) throw protocolError(`a pipeline has at most ${MOST_STEPS} steps`);
  const steps: PipelineStep[] = [];
  for (let i = 0; i < count; i++) {
    const collection = nameOf(payload.u16());
    const form = payload.u8();
    const length = payload.u8();
    if (form > 1 || length > MOST_TERMS || (form === 0 && length !== 1)) {
      throw protocolError('a step of a pipeline has a wrong number of terms');
    }
    const terms: (Uint8Array | StepPart)[] = [];
    for (let left = length; left > 0; left--) terms.push(readTerm(payload, i));
    steps.push({ collection, terms, isElements: form === 1 });
  }
  payload.finish();
  return { at, steps };
}

/** `before`: a part is of a step before this one. */
function readTerm(payload: Payload, before: number): Uint8Array | StepPart {
  const kind = payload.u8();
  if (kind === BYTES) return payload.sized();
  if (kind > PART_OF_KEY) throw protocolError('a key of a pipeline has a term of a kind that is not known');
  const step = payload.u16();
  if (step >= before) throw protocolError('a step of a pipeline uses one that does not stand before it');
  const length = payload.u8();
  if (length > MOST_TERMS) throw protocolError('a path in a pipeline is too long');
  const path: (string | number)[] = [];
  for (let left = length; left > 0; left--) {
    const of = payload.u8();
    if (of > INDEX) throw protocolError('a path in a pipeline has a step of a kind that is not known');
    path.push(of === INDEX ? payload.u32() : Buffer.from(payload.sized()).toString());
  }
  return { step, of: kind === PART_OF_VALUE ? 'value' : 'key', path };
}
