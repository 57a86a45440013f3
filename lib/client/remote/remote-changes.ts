import type { Change, Tid } from '../../versions/engine/engine.ts';
import type { BlockReader } from '../../wire/block-reader.ts';
import { readChange } from '../../wire/change-message.ts';
import { payloadOf, unexpected } from '../../wire/connection.ts';
import { type Frame, sizeOf } from '../../wire/frame-reader.ts';
import { DEFAULT_CREDIT, FIN, Kind } from '../../wire/protocol.ts';
import type { AskedSession, Operation } from './operation.ts';

/** The commits of a server, in order, as an iterable. A slow consumer holds back the server: what is on the way is bounded. */
export class RemoteChanges implements Operation, AsyncIterableIterator<Change, undefined> {
  readonly stays = true;
  #tid: Tid;
  #session: AskedSession | undefined;
  #id = 0;
  /** How many bytes were taken for which the server was given no credit yet. */
  #taken = 0;
  readonly #queue: { readonly change: Change; readonly size: number }[] = [];
  #error: Error | undefined;
  #isDone = false;
  #wake: (() => void) | undefined;
  /** Calls of `next` wait for the ones before them. */
  #last: Promise<unknown> = Promise.resolve();
  readonly #ended: (self: RemoteChanges) => void;

  /** `ended`: nobody reads it any more. */
  constructor(after: Tid, ended: (self: RemoteChanges) => void) {
    this.#tid = after;
    this.#ended = ended;
  }

  send(session: AskedSession, id: number): void {
    this.#session = session;
    this.#id = id;
    this.#taken = 0;
    session.out.begin(Kind.CHANGES, FIN, id, 0);
    session.out.u64(this.#queue.at(-1)?.change.tid ?? this.#tid);
    session.out.u32(DEFAULT_CREDIT);
    session.out.end();
  }

  frame(frame: Frame, _reader: BlockReader): boolean {
    if (frame.kind !== Kind.CHANGED) throw unexpected(frame);
    this.#queue.push({ change: readChange(payloadOf(frame)), size: sizeOf(frame.end - frame.start) });
    this.#wake?.();
    return false;
  }

  fail(error: Error): void {
    this.#error = error;
    this.#wake?.();
  }

  next(): Promise<IteratorResult<Change, undefined>> {
    const next = this.#last.then(() => this.#next());
    this.#last = next.catch(() => {});
    return next;
  }

  async #next(): Promise<IteratorResult<Change, undefined>> {
    for (;;) {
      const next = this.#isDone ? undefined : this.#queue.shift();
      if (next !== undefined) {
        this.#tid = next.change.tid;
        this.#acknowledge(next.size);
        return { done: false, value: next.change };
      }
      if (this.#isDone) return { done: true, value: undefined };
      if (this.#error !== undefined) {
        this.#isDone = true;
        throw this.#error;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }

  /** Not each change: that would be one more message each time. */
  #acknowledge(bytes: number): void {
    this.#taken += bytes;
    if (this.#taken < DEFAULT_CREDIT / 2) return;
    this.#session?.credit(this.#id, this.#taken);
    this.#taken = 0;
  }

  async return(): Promise<IteratorResult<Change, undefined>> {
    if (!this.#isDone) {
      this.#isDone = true;
      this.#ended(this);
      this.#wake?.();
    }
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}
