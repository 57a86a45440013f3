import { OBJECTS } from '../../catalog/own-collections.ts';
import { payloadOf } from '../../wire/connection.ts';
import type { Frame } from '../../wire/frame-reader.ts';
import { protocolError } from '../../wire/payload.ts';
import type { SessionContext } from '../session-context.ts';
import { Prefetch } from './prefetch.ts';

const WHOLE = { lower: undefined, lowerOpen: false, upper: undefined, upperOpen: false };

/** From now on the client is sent objects before it asks for them. `ERR_FORBIDDEN` unless all objects may be read. */
export function beginPrefetch(context: SessionContext, { id, collection }: Frame): void {
  const { collections, connection, rights, store } = context;
  rights.checkRange(OBJECTS, WHOLE, false);
  if (collections.name(collection) !== OBJECTS) throw protocolError(`PREFETCH is for '${OBJECTS}'`);
  if (context.prefetch !== undefined) throw protocolError('PREFETCH was asked for already');
  context.prefetch = new Prefetch(id, store, connection, context.sentObjects(), collection);
}

/** u32 n, n numbers of states that were sent ahead. */
export function used(context: SessionContext, frame: Frame): void {
  const payload = payloadOf(frame);
  const numbers: number[] = [];
  for (let left = payload.count(4); left > 0; left--) numbers.push(payload.u32());
  payload.finish();
  context.prefetch?.used(numbers);
}
