import { LeaseholdError } from '../../base/errors.ts';
import { WRITE } from '../../cache/trace/trace-batch.ts';
import type { TraceWriter } from '../../cache/trace/trace-writer.ts';
import type { CommitRequest } from '../../versions/engine/engine.ts';
import { readCommit, writeConflicts } from '../../wire/commit-message.ts';
import { payloadOf } from '../../wire/connection.ts';
import type { Frame } from '../../wire/frame-reader.ts';
import { Payload, protocolError } from '../../wire/payload.ts';
import { FIN, Kind, NEXT } from '../../wire/protocol.ts';
import type { SessionContext } from '../session-context.ts';

/** What has come of a commit whose last frame has not come. */
interface Begun {
  bytes: Uint8Array;
  length: number;
}

/** Commits, which may come in several frames each. */
export class CommitRequests {
  readonly #context: SessionContext;
  readonly #begun = new Map<number, Begun>();
  /** How many bytes have come of the commits in `#begun`. */
  #begunBytes = 0;
  /** How many bytes the commits have that were given to the engine and have no answer. */
  #waitingBytes = 0;

  constructor(context: SessionContext) {
    this.#context = context;
  }

  /** Whether the commits that have no answer take so much memory that no request must be read. */
  get isFull(): boolean {
    return this.#waitingBytes > this.#context.store.limits.commit;
  }

  take(frame: Frame): void {
    const { id, flags, start, end } = frame;
    const isLast = (flags & FIN) !== 0;
    const begun = this.#begun.get(id) ?? (isLast ? undefined : this.#begin(id));
    if (begun === undefined) {
      this.#commit(id, payloadOf(frame));
      return;
    }
    const { limits } = this.#context.store;
    this.#begunBytes += end - start;
    if (this.#begunBytes > limits.commit) {
      throw protocolError(`a commit has more than ${limits.commit} bytes: see the option limits.commit of the server`);
    }
    append(begun, frame);
    if (!isLast) return;
    this.#begun.delete(id);
    this.#begunBytes -= begun.length;
    this.#commit(id, new Payload(begun.bytes, 0, begun.length));
  }

  #begin(id: number): Begun {
    if (this.#begun.size >= this.#context.store.limits.streams) {
      throw protocolError('too many commits at once come in several frames');
    }
    const begun = { bytes: new Uint8Array(0), length: 0 };
    this.#begun.set(id, begun);
    return begun;
  }

  #commit(id: number, payload: Payload): void {
    const { collections, store, connection } = this.#context;
    const size = payload.left;
    const request = readCommit(payload, (number) => collections.name(number));
    this.#check(request);
    const answer = this.#context.later(
      id,
      () => store.commits.commit(request, this.#context.rights, this),
      (answer) => {
        const { out } = connection;
        if ('tid' in answer) {
          store.counters.commits++;
          if (store.trace !== undefined) recordWrites(store.trace, request, answer.tid);
          out.begin(Kind.COMMITTED, FIN, id, 0);
          out.u64(answer.tid);
        } else {
          store.counters.conflicts++;
          out.begin(Kind.CONFLICTS, request.turn?.isNext ? FIN | NEXT : FIN, id, 0);
          writeConflicts(out, request, answer);
        }
        out.end();
      },
    );
    this.#waitingBytes += size;
    void this.#finish(answer, size);
  }

  /** The client is gone. */
  close(): void {
    this.#context.store.commits.leave(this);
  }

  async #finish(answer: Promise<void>, size: number): Promise<void> {
    await answer;
    this.#waitingBytes -= size;
    this.#context.moved();
  }

  /** `ERR_FORBIDDEN`, `ERR_READ_ONLY` */
  #check({ reads, ranges, writes }: CommitRequest): void {
    const { rights, store } = this.#context;
    for (const { collection, key } of reads) rights.checkKey(collection, key, false);
    for (const { collection, range } of ranges) rights.checkRange(collection, range, false);
    for (const { collection, key } of writes) rights.checkKey(collection, key, true);
    if (store.isReadOnly && writes.length > 0) {
      throw new LeaseholdError('ERR_READ_ONLY', 'the server serves this store for reading only');
    }
  }
}

function recordWrites(trace: TraceWriter, { writes }: CommitRequest, tid: number): void {
  for (const { collection, key, bytes } of writes) trace.record(WRITE, collection, key, bytes?.length ?? 0, tid);
}

/** Memory grows with what has come. */
function append(begun: Begun, { bytes, start, end }: Frame): void {
  const { length } = begun;
  const needed = length + end - start;
  if (needed > begun.bytes.length) {
    const grown = new Uint8Array(Math.max(needed, 2 * length));
    grown.set(begun.bytes.subarray(0, length), 0);
    begun.bytes = grown;
  }
  begun.bytes.set(bytes.subarray(start, end), length);
  begun.length = needed;
}
