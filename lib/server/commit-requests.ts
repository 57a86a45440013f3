import { LeaseholdError } from '../base/errors.ts';
import type { CommitRequest } from '../versions/engine/engine.ts';
import { readCommit, writeConflicts } from '../wire/commit-message.ts';
import { payloadOf } from '../wire/connection.ts';
import type { Frame } from '../wire/frame-reader.ts';
import { Payload, protocolError } from '../wire/payload.ts';
import { FIN, Kind } from '../wire/protocol.ts';
import type { SessionContext } from './session-context.ts';

/** Commits, which may come in several frames each. */
export class CommitRequests {
  readonly #context: SessionContext;
  readonly #parts = new Map<number, Uint8Array[]>();
  /** How many bytes of commits have come whose last frame has not. */
  #size = 0;

  constructor(context: SessionContext) {
    this.#context = context;
  }

  take(frame: Frame): void {
    const { id, flags } = frame;
    const parts = this.#parts.get(id);
    if (parts === undefined && (flags & FIN) !== 0) {
      this.#commit(id, payloadOf(frame));
      return;
    }
    const part = payloadOf(frame).rest();
    const { limits } = this.#context.store;
    this.#size += part.length;
    if (this.#size > limits.commit) {
      throw protocolError(`a commit has more than ${limits.commit} bytes: see the option limits.commit of the server`);
    }
    if (parts === undefined) this.#parts.set(id, [part]);
    else parts.push(part);
    if (this.#parts.size > limits.streams) throw protocolError('too many commits at once come in several frames');
    if ((flags & FIN) === 0) return;
    const all = Buffer.concat(this.#parts.get(id) as Uint8Array[]);
    this.#parts.delete(id);
    this.#size -= all.length;
    this.#commit(id, new Payload(all, 0, all.length));
  }

  #commit(id: number, payload: Payload): void {
    const { collections, store, connection } = this.#context;
    const request = readCommit(payload, (number) => collections.name(number));
    this.#check(request);
    this.#context.later(id, store.engine.commit(request), (answer) => {
      const { out } = connection;
      if ('tid' in answer) {
        store.counters.commits++;
        out.begin(Kind.COMMITTED, FIN, id, 0);
        out.u64(answer.tid);
      } else {
        store.counters.conflicts++;
        out.begin(Kind.CONFLICTS, FIN, id, 0);
        writeConflicts(out, request, answer);
      }
      out.end();
    });
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
