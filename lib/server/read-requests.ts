import { READ } from '../cache/trace/trace-batch.ts';
import { payloadOf } from '../wire/connection.ts';
import type { Frame } from '../wire/frame-reader.ts';
import { Payload } from '../wire/payload.ts';
import { KEYS_ONLY, REST, REVERSE, SMALL_VALUE } from '../wire/protocol.ts';
import { readByteRange, readScan } from '../wire/range-message.ts';
import { LoadedStream } from './loaded-stream.ts';
import { RowStream } from './row-stream.ts';
import type { SessionContext } from './session-context.ts';
import { ValueStream, writeState } from './value-stream.ts';

/** u64 at, with REST u64 how many bytes the client has, key. */
export function get(context: SessionContext, frame: Frame): void {
  const payload = payloadOf(frame);
  const at = payload.u64();
  const from = (frame.flags & REST) === 0 ? 0 : payload.u64();
  const collection = context.collections.name(frame.collection);
  const key = payload.rest();
  context.rights.checkKey(collection, key, false);
  const { id } = frame;
  const { engine, window, trace } = context.store;
  const { out } = context.connection;
  const state = engine.lend({ collection, key }, at);
  const { bytes } = state;
  trace?.record(READ, collection, key, bytes?.length ?? 0, state.tid);
  if (bytes === undefined || bytes.length <= SMALL_VALUE) {
    writeState(out, id, state);
    context.prefetch?.asked(state);
    return;
  }
  context.checkStreams(id);
  // One that must wait for others gives its memory back, and is loaded again when its turn comes.
  const isNext = !context.streams.isFull;
  if (isNext) writeState(out, id, state);
  context.addStream(new ValueStream(id, engine, { collection, key, from }, at, window, isNext ? bytes : undefined));
}

/** u64 at, u32 n, n keys behind their lengths. */
export function getMany(context: SessionContext, frame: Frame): void {
  const payload = payloadOf(frame);
  const at = payload.u64();
  const collection = context.collections.name(frame.collection);
  const count = payload.count(4);
  const bytes = payload.rest();
  const keys = new Payload(bytes, 0, bytes.length);
  for (let left = count; left > 0; left--) {
    if (context.rights.isAll) keys.skipSized();
    else context.rights.checkKey(collection, keys.sized(), false);
  }
  keys.finish();
  context.checkStreams(frame.id);
  const asked = { collection, bytes, count, at };
  context.addStream(new LoadedStream(frame.id, context.store, asked, context.prefetch));
}

export function scan(context: SessionContext, frame: Frame): void {
  const request = readScan(payloadOf(frame), KEYS_ONLY | REVERSE);
  const collection = context.collections.name(frame.collection);
  context.rights.checkRange(collection, request.range, false);
  context.checkStreams(frame.id);
  context.addStream(new RowStream(frame.id, context.store.engine, collection, request));
}

/** u64 at, a range. */
export function count(context: SessionContext, frame: Frame): void {
  const payload = payloadOf(frame);
  const at = payload.u64();
  const { range } = readByteRange(payload, 0);
  payload.finish();
  const collection = context.collections.name(frame.collection);
  context.rights.checkRange(collection, range, false);
  context.number(frame.id, context.store.engine.count(collection, range, at));
}
