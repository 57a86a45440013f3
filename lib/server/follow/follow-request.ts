import { ITEMS, OBJECTS } from '../../catalog/own-collections.ts';
import { checkHints } from '../../objects/hints.ts';
import { payloadOf } from '../../wire/connection.ts';
import { readFollow, writeFollowed } from '../../wire/follow-message.ts';
import type { Frame } from '../../wire/frame-reader.ts';
import { protocolError } from '../../wire/payload.ts';
import { FIN, Kind } from '../../wire/protocol.ts';
import type { SessionContext } from '../session-context.ts';
import { FollowStream } from './follow-stream.ts';

const WHOLE = { lower: undefined, lowerOpen: false, upper: undefined, upperOpen: false };
/** The most bytes of one answer, whatever the client says. */
const MOST_BUDGET = 16 * 2 ** 20;

/** Sends objects, and those to which they refer. `ERR_FORBIDDEN` unless all objects may be read. */
export function follow(context: SessionContext, frame: Frame): void {
  const { collections, connection, rights, store } = context;
  const { at, ids, hints, credit, budget } = readFollow(payloadOf(frame));
  for (const name of [OBJECTS, ITEMS]) {
    rights.checkRange(name, WHOLE, false);
    if (collections.numberOf(name) === undefined) throw protocolError(`FOLLOW needs a number for '${name}': see OPEN`);
  }
  const checked = checkHints(hints);
  context.checkStreams(frame.id);
  const numberOf = (name: string): number => collections.numberOf(name) as number;
  const links = store.links.get();
  if (links === undefined) {
    const { out } = connection;
    out.begin(Kind.FOLLOWED, FIN, frame.id, 0);
    writeFollowed(out, [], [], numberOf);
    out.end();
    return;
  }
  const options = { at, ids, hints: checked, credit, budget: Math.min(budget, MOST_BUDGET) };
  context.addStream(new FollowStream(frame.id, store, options, { links, sent: context.sentObjects(), numberOf }));
}
