import { READ } from '../cache/trace/trace-batch.ts';
import type { StateKey } from '../versions/engine/engine.ts';
import { payloadOf } from '../wire/connection.ts';
import type { Frame } from '../wire/frame-reader.ts';
import { KEYS_ONLY, REVERSE, SMALL_VALUE } from '../wire/protocol.ts';
import { readByteRange, readScan } from '../wire/range-message.ts';
import { LoadedStream } from './loaded-stream.ts';
import { RowStream } from './row-stream.ts';
import type { SessionContext } from './session-context.ts';
import { ValueStream, writeState } from './value-stream.ts';

/** u64 at, key. */
export function get(context: SessionContext, frame: Frame): void {
  const payload = payloadOf(frame);
  const at = payload.u64();
  const collection = context.collections.name(frame.collection);
  const key = payload.rest();
  context.rights.checkKey(collection, key, false);
  const { id } = frame;
  const { engine, window, trace } = context.store;
  const { out } = context.connection;
  engine.load([{ collection, key }], at, (state) => {
    const { bytes } = state;
    trace?.record(READ, collection, key, bytes?.length ?? 0, state.tid);
    if (bytes === undefined || bytes.length <= SMALL_VALUE) {
      writeState(out, id, state);
      return;
    }
    context.checkStreams(id);
    // One that must wait for others gives its memory back, and is loaded again when its turn comes.
    const isNext = !context.streams.isFull;
    if (isNext) writeState(out, id, state);
    context.addStream(new ValueStream(id, engine, { collection, key }, at, window, isNext ? bytes : undefined));
  });
}

/** u64 at, u32 n, n keys behind their lengths. */
export function getMany(context: SessionContext, frame: Frame): void {
  const payload = payloadOf(frame);
  const at = payload.u64();
  const collection = context.collections.name(frame.collection);
  const keys: StateKey[] = [];
  for (let left = payload.count(4); left > 0; left--) {
    const key = payload.sized();
    context.rights.checkKey(collection, key, false);
    keys.push({ collection, key });
  }
  payload.finish();
  context.checkStreams(frame.id);
  context.addStream(new LoadedStream(frame.id, context.store, keys, at));
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
