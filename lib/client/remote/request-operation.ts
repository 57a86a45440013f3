import { LeaseholdError } from '../../base/errors.ts';
import { joinBytes } from '../../lease/bytes.ts';
import type { CommitAnswer, CommitRequest } from '../../versions/engine/engine.ts';
import { outcomeUnknown } from '../../versions/engine/outcome-unknown.ts';
import { commitSize, MOST_COMMIT_PARTS, readConflicts, writeCommit } from '../../wire/commit-message.ts';
import { payloadOf, unexpected } from '../../wire/connection.ts';
import type { Frame } from '../../wire/frame-reader.ts';
import { FrameWriter } from '../../wire/frame-writer.ts';
import { type Payload, u32At } from '../../wire/payload.ts';
import { CHUNK_BYTES, FIN, HEAD_BYTES, Kind, NEXT, type WireLimits } from '../../wire/protocol.ts';
import type { CollectionNumbers } from './collection-numbers.ts';
import type { AskedSession, Operation } from './operation.ts';

/** A request whose answer is one frame. */
export class RequestOperation<T> implements Operation {
  readonly #kind: number;
  readonly #write: (session: AskedSession) => void;
  readonly #answer: number;
  readonly #read: (payload: Payload) => T;
  readonly #done: (error: Error | undefined, value?: T) => void;
  /** The number of the collection, if it concerns one. */
  readonly #collection: (session: AskedSession) => number;

  constructor(
    kind: number,
    write: (session: AskedSession) => void,
    answer: number,
    read: (payload: Payload) => T,
    done: (error: Error | undefined, value?: T) => void,
    collection: (session: AskedSession) => number = () => 0,
  ) {
    this.#kind = kind;
    this.#write = write;
    this.#answer = answer;
    this.#read = read;
    this.#done = done;
    this.#collection = collection;
  }

  send(session: AskedSession, id: number): void {
    const number = this.#collection(session);
    session.out.begin(this.#kind, FIN, id, number);
    this.#write(session);
    session.out.end();
  }

  frame(frame: Frame): boolean {
    if (frame.kind !== this.#answer) throw unexpected(frame);
    this.#done(undefined, this.#read(payloadOf(frame)));
    return true;
  }

  fail(error: Error): void {
    this.#done(error);
  }
}

/** A commit. After a reconnection it is sent again: its id tells the server whether it was applied. */
export class CommitOperation implements Operation {
  readonly #request: CommitRequest;
  readonly #numbers: CollectionNumbers;
  readonly #done: (error: Error | undefined, answer?: CommitAnswer) => void;
  #isSent = false;
  /** Whether it was sent before it was sent last: whatever the answer, the first one may have been made. */
  #wasSent = false;

  constructor(
    request: CommitRequest,
    numbers: CollectionNumbers,
    done: (error: Error | undefined, answer?: CommitAnswer) => void,
  ) {
    this.#request = request;
    this.#numbers = numbers;
    this.#done = done;
  }

  /** `ERR_VALUE_SIZE`, `ERR_BUSY` */
  send(session: AskedSession, id: number): void {
    const { reads, ranges, writes } = this.#request;
    this.#wasSent = this.#isSent;
    checkParts(reads.length + ranges.length + writes.length);
    for (const each of [reads, ranges, writes]) {
      for (const { collection } of each) this.#numbers.numberIn(session, collection);
    }
    const { out, limits } = session;
    const numberOf = (collection: string): number => this.#numbers.numberIn(session, collection);
    if (commitSize(this.#request) <= Math.min(CHUNK_BYTES, limits.request, limits.commit)) {
      out.begin(Kind.COMMIT, FIN, id, 0);
      writeCommit(out, this.#request, numberOf);
      out.end();
    } else sendInPieces(out, id, limits, (whole) => writeCommit(whole, this.#request, numberOf));
    this.#isSent = true;
  }

  frame(frame: Frame): boolean {
    const payload = payloadOf(frame);
    if (frame.kind === Kind.COMMITTED) this.#done(undefined, { tid: payload.u64() });
    else if (frame.kind === Kind.CONFLICTS) {
      const { turn } = this.#request;
      if (turn !== undefined) turn.isNext = (frame.flags & NEXT) !== 0;
      this.#done(undefined, readConflicts(payload, this.#request));
    } else throw unexpected(frame);
    return true;
  }

  fail(error: Error): void {
    this.#done(this.#wasSent ? outcomeUnknown(error) : error);
  }

  lost(error: LeaseholdError): void {
    this.#done(this.#isSent ? outcomeUnknown(error) : error);
  }
}

/** Sends what may be too long for one frame. `ERR_VALUE_SIZE` */
function sendInPieces(out: FrameWriter, id: number, limits: WireLimits, write: (whole: FrameWriter) => void): void {
  const whole = new FrameWriter();
  whole.begin(Kind.COMMIT, FIN, id, 0);
  write(whole);
  whole.end();
  const bytes = joinBytes(whole.take());
  const end = HEAD_BYTES + u32At(bytes, 0);
  checkLength(end - HEAD_BYTES, limits.commit);
  const most = Math.min(CHUNK_BYTES, limits.request);
  for (let at = HEAD_BYTES; at < end; at += most) {
    const next = Math.min(end, at + most);
    out.begin(Kind.COMMIT, next === end ? FIN : 0, id, 0);
    if (end <= most) {
      out.bytes(bytes, at, next - at);
      out.end();
    } else out.endWith(bytes.subarray(at, next));
  }
  whole.release(end <= most);
}

function checkParts(count: number): void {
  if (count <= MOST_COMMIT_PARTS) return;
  throw tooLarge(`reads and writes ${count} keys and ranges, and at most ${MOST_COMMIT_PARTS}`);
}

function checkLength(length: number, most: number): void {
  if (length > most) throw tooLarge(`has ${length} bytes, and the server takes at most ${most}`);
}

function tooLarge(what: string): LeaseholdError {
  return new LeaseholdError(
    'ERR_VALUE_SIZE',
    `a commit ${what}: make several commits, or see the option limits.commit of the server. Nothing was written`,
  );
}
