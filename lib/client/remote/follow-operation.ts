import { utf8ByteLength } from '../../base/platform.ts';
import { ITEMS, OBJECTS } from '../../catalog/own-collections.ts';
import type { FollowRequest, FollowTaker } from '../../versions/engine/engine.ts';
import type { BlockReader } from '../../wire/block-reader.ts';
import { payloadOf, unexpected } from '../../wire/connection.ts';
import { MOST_FOLLOWED, readFollowed, writeFollow } from '../../wire/follow-message.ts';
import { type Frame, sizeOf } from '../../wire/frame-reader.ts';
import { DEFAULT_CREDIT, FIN, Kind } from '../../wire/protocol.ts';
import type { CollectionNumbers } from './collection-numbers.ts';
import type { AskedSession, Operation } from './operation.ts';

/** The same in requests that each name as many objects as a server takes. */
export function followRequests(request: FollowRequest): FollowRequest[] {
  const requests: FollowRequest[] = [];
  const budget = Math.min(request.budget, 2 ** 32 - 1);
  for (let at = 0; at < request.ids.length; at += MOST_FOLLOWED) {
    requests.push({ ...request, budget, ids: request.ids.slice(at, at + MOST_FOLLOWED) });
  }
  return requests;
}

/** About how many bytes a request has. */
export function followSize({ ids, hints }: FollowRequest): number {
  return 8 * ids.length + utf8ByteLength(JSON.stringify(hints));
}

/** Objects, and those to which they refer. */
export class FollowOperation implements Operation {
  readonly #request: FollowRequest;
  readonly #numbers: CollectionNumbers;
  readonly #taker: FollowTaker;
  readonly #done: (error: Error | undefined) => void;
  #id = 0;

  constructor(
    request: FollowRequest,
    numbers: CollectionNumbers,
    taker: FollowTaker,
    done: (error: Error | undefined) => void,
  ) {
    this.#request = request;
    this.#numbers = numbers;
    this.#taker = taker;
    this.#done = done;
  }

  send(session: AskedSession, id: number): void {
    this.#id = id;
    // The numbers in the answer are those of this client.
    for (const name of [OBJECTS, ITEMS]) this.#numbers.numberIn(session, name);
    session.out.begin(Kind.FOLLOW, FIN, id, 0);
    writeFollow(session.out, this.#request, DEFAULT_CREDIT);
    session.out.end();
  }

  frame(frame: Frame, _reader: BlockReader, session: AskedSession): boolean {
    if (frame.kind !== Kind.FOLLOWED) throw unexpected(frame);
    readFollowed(payloadOf(frame), (number) => this.#numbers.nameOf(number), this.#taker);
    const isLast = (frame.flags & FIN) !== 0;
    if (isLast) this.#done(undefined);
    else session.credit(this.#id, sizeOf(frame.end - frame.start));
    return isLast;
  }

  fail(error: Error): void {
    this.#done(error);
  }
}
