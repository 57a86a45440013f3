import { CONTROL_BYTES, CONTROL_ROWS } from '../native/constants.ts';
import { answered, control, native } from '../native/native.ts';
import { u32At } from '../wire/payload.ts';
import { HEAD_BYTES, Kind, SMALL_VALUE } from '../wire/protocol.ts';
import type { SessionContext } from './session-context.ts';

/** Room for an answer, and more: native code stops where there is none. */
const ROOM = SMALL_VALUE + 64;

/**
 * Answers the frames GET at the beginning of what came, as far as they read as of the newest commit, with no work in JavaScript
 * for each. Returns how many bytes of frames were answered: the frame that stands there then is read alone.
 */
export function answerGets(context: SessionContext, bytes: Uint8Array, from: number, to: number): number {
  const { engine, counters, trace } = context.store;
  // A trace has each key, rights are checked for each, and what is sent ahead depends on each.
  if (trace !== undefined || context.prefetch !== undefined || !context.rights.isAll || bytes[from + 8] !== Kind.GET)
    return 0;
  const at = u32At(bytes, from + HEAD_BYTES) + u32At(bytes, from + HEAD_BYTES + 4) * 2 ** 32;
  const snapshot = engine.snapshotOf(at);
  if (snapshot === undefined) return 0;
  const ids = context.collections.idsIn(snapshot);
  const { out } = context.connection;
  out.reserve(ROOM);
  const { memory, position } = out;
  const absent = engine.absentSince;
  const count = to - from;
  const done = answered(native.answerGets(snapshot.handle, ids, at, absent, bytes, from, count, memory, position));
  out.skipTo(control[CONTROL_BYTES] as number);
  counters.requests += control[CONTROL_ROWS] as number;
  return done;
}
