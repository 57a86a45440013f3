import type { Tid } from '../../versions/engine/engine.ts';
import { FIN, Kind } from '../../wire/protocol.ts';
import type { AskedSession, Operation } from './operation.ts';

/** A snapshot that the server is asked to keep. It has no end: the operation stays until it is released. */
export class HoldOperation implements Operation {
  readonly stays = true;
  readonly #at: Tid;
  #session: AskedSession | undefined;
  #id = 0;
  #isReleased = false;
  readonly #answered: (error: Error | undefined) => void;

  /** `answered` is called when the server has said whether it keeps the snapshot, after each connection. */
  constructor(at: Tid, answered: (error: Error | undefined) => void = () => {}) {
    this.#at = at;
    this.#answered = answered;
  }

  send(session: AskedSession, id: number): void {
    this.#session = session;
    this.#id = id;
    session.out.begin(Kind.HOLD, FIN, id, 0);
    session.out.u64(this.#at);
    session.out.end();
  }

  frame(): boolean {
    this.#answered(undefined);
    return false;
  }

  /** The snapshot is gone: whoever reads it later is told. */
  fail(error: Error): void {
    this.#answered(error);
  }

  /** Returns whether this is the first call. */
  release(): boolean {
    if (this.#isReleased) return false;
    this.#isReleased = true;
    const session = this.#session;
    if (session === undefined || !session.isOpen) return true;
    session.out.begin(Kind.RELEASE, FIN, this.#id, 0);
    session.out.end();
    session.schedule();
    return true;
  }
}
