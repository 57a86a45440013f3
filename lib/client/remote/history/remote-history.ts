import type { SeenStore } from '../../../cache/history/seen-store.ts';
import type { Change, Engine, Tid } from '../../../versions/engine/engine.ts';
import { EngineListeners } from '../../../versions/engine/listeners.ts';
import type { ClientHello, ServerHello } from '../../../wire/hello.ts';
import { DEFAULT_LIMITS } from '../../../wire/protocol.ts';
import type { ConnectionState } from '../link.ts';
import type { RemoteOptions } from '../remote-options.ts';
import { checkSuccessor, helloAfter } from './successor.ts';

/** Of which store an engine is, and up to which commit it was told everything: by the server that it is connected to, or was last. */
export class RemoteHistory {
  readonly listeners: EngineListeners = new EngineListeners();
  readonly #engine: Engine;
  readonly #seen: SeenStore | undefined;
  readonly #welcomed: ((engine: Engine, hello: ServerHello) => void) | undefined;
  readonly #onState: (state: ConnectionState) => void;
  #server: ServerHello | undefined;
  #processed: Tid = 0;
  #nonce = '';
  /** Whether the server has begun to tell what was missed, and has not ended yet. */
  #isVerifying = false;

  constructor(engine: Engine, { seen, welcomed, onState }: RemoteOptions) {
    this.#engine = engine;
    this.#seen = seen;
    this.#welcomed = welcomed;
    this.#onState = onState;
  }

  /** What the server has said. Not to be called before one has. */
  get server(): ServerHello {
    return this.#server as ServerHello;
  }

  get processed(): Tid {
    return this.#processed;
  }

  /** What to say to a server. */
  hello(): ClientHello {
    return helloAfter(this.#server?.storeId, { tid: this.#processed, nonce: this.#nonce }, this.#seen);
  }

  /** Begins with what a cache was told, as if its server had been here and were gone. */
  beginAway({ storeId, tid, nonce, rights }: SeenStore): void {
    this.welcome({ storeId, tid, nonce, limits: DEFAULT_LIMITS, ...(rights !== '' && { rights }) });
  }

  /** A server has answered. What it tells comes after this. `ERR_SNAPSHOT_LOST`, `ERR_DISCONNECTED`. */
  welcome(hello: ServerHello): void {
    const before = this.#server;
    if (before === undefined) {
      this.#server = hello;
      this.#moveTo(hello.reset === undefined && this.#seen !== undefined ? this.#seen : hello);
      this.#welcomed?.(this.#engine, hello);
      return;
    }
    checkSuccessor(hello, before.storeId, this.#processed);
    this.#server = hello;
    // Those who may see other things than before were not told all that has changed of them, or will not be.
    const rights = hello.rights === before.rights ? undefined : (hello.rights ?? '');
    if (hello.reset === 'too-old' || rights !== undefined) this.#skipTo(hello, rights);
  }

  /** Tells a commit, then moves on to it: in one synchronous step, in which nobody reads. */
  tell(change: Change): void {
    if (change.tid <= this.#processed) return;
    this.listeners.change(change);
    this.#moveTo(change);
    if (this.#isVerifying) this.state('connected');
  }

  /** The state of the connection. It is 'verifying' as long as the server tells what was missed. */
  state(state: ConnectionState): void {
    this.#isVerifying = state === 'connected' && this.#processed < this.server.tid;
    this.#onState(this.#isVerifying ? 'verifying' : state);
  }

  /** It is not known what has changed while there was no connection. */
  #skipTo(hello: ServerHello, rights: string | undefined): void {
    this.listeners.gap(hello.tid, hello.nonce, rights);
    this.#moveTo(hello);
  }

  #moveTo({ tid, nonce }: { readonly tid: Tid; readonly nonce: string }): void {
    this.#processed = tid;
    this.#nonce = nonce;
  }
}
