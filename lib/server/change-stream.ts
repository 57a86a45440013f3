import { LeaseholdError } from '../base/errors.ts';
import type { Tid } from '../versions/engine/engine.ts';
import type { FrameWriter } from '../wire/frame-writer.ts';
import { u32At } from '../wire/payload.ts';
import { HEAD_BYTES, Kind } from '../wire/protocol.ts';
import type { Rights } from './rights/rights.ts';
import type { ServedStore } from './served-store.ts';
import type { Stream } from './streams.ts';

/** The commits after one, then the next ones as they come: until the client cancels it. */
export class ChangeStream implements Stream {
  readonly id: number;
  credit: number;
  readonly isEndless = true;
  readonly #store: ServedStore;
  readonly #rights: Rights;
  readonly #stop: () => void;
  #tid: Tid;

  /** `moved` is called when there is a new commit. */
  constructor(id: number, store: ServedStore, rights: Rights, after: Tid, credit: number, moved: () => void) {
    this.id = id;
    this.credit = credit;
    this.#store = store;
    this.#rights = rights;
    // Another process that serves the store may have told the client more than this one knows.
    if (after > store.engine.processed()) store.engine.catchUp();
    if (after > store.engine.processed()) {
      throw new LeaseholdError('ERR_SNAPSHOT_LOST', `the server has no commit ${after}: read everything again`);
    }
    this.#tid = after;
    this.#stop = store.onMoved(moved);
  }

  get isIdle(): boolean {
    return this.#tid >= this.#store.engine.processed();
  }

  write(out: FrameWriter): boolean {
    const change = this.#store.changeAfter(this.#tid);
    if (change === undefined) {
      throw new LeaseholdError(
        'ERR_TOO_OLD',
        `the log of changes of the server does not reach back to commit ${this.#tid + 1}: read everything again`,
      );
    }
    const told = this.#store.toldTo(this.#rights, change);
    this.#tid = change.tid;
    out.begin(Kind.CHANGED, 0, this.id, 0);
    out.bytes(told, HEAD_BYTES, u32At(told, 0));
    out.end();
    return false;
  }

  close(): void {
    this.#stop();
  }
}
