import { Server as HttpServer } from 'node:http';
import type { Server as NetServer } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { clearTimeout, microtask, nextTurn, setTimeout } from '../base/clock.ts';
import { LeaseholdError } from '../base/errors.ts';
import { inspectAs } from '../base/inspect.ts';
import { OwnMap } from '../base/own-map.ts';
import type { Change } from '../versions/engine/engine.ts';
import type { Address } from '../wire/address.ts';
import type { Transport } from '../wire/transport.ts';
import type { Accepting } from './accepting.ts';
import { addressOf, listen } from './listen.ts';
import { listenForMetrics, type MetricsAddress, metricsText } from './metrics.ts';
import { refuse } from './refuse.ts';
import type { ServedStore, ServerCounters } from './served-store.ts';
import { Session } from './session.ts';

/** A running server: what `serve` gives. */
export class Server {
  readonly #store: ServedStore;
  readonly #listeners: NetServer[] = [];
  readonly #addresses: string[] = [];
  readonly #sessions = new OwnMap<Session, true>();
  readonly #accepting: Accepting;
  #metricsServer: HttpServer | undefined;
  #metricsAddress: string | undefined;
  #closing: Promise<void> | undefined;

  /** Not for users: `serve` makes these. */
  constructor(store: ServedStore, origins: readonly string[] | undefined) {
    this.#store = store;
    this.#accepting = {
      accept: (transport) => this.#accept(transport),
      refuse: (error, transport) => {
        store.refused(error);
        if (transport !== undefined) refuse(transport, error);
      },
      failed: (error) => store.tell(error),
      // A page of anybody could use a server of the user's host that asks for no token.
      takesPagesOf: (origin) => origins?.includes(origin) ?? store.tokens !== undefined,
    };
    store.engine.onChange((change) => {
      this.#sessions.forEach((_, session) => {
        tell(session, change);
      });
      microtask(() => store.moved());
    });
    store.engine.onGap(() => {
      microtask(() => {
        this.#sessions.forEach((_, session) => {
          session.tellMissed();
        });
        store.moved();
      });
    });
    store.engine.onEnd(() => void this.close());
  }

  /** Where it listens, with the ports that the system has given. */
  get addresses(): readonly string[] {
    return this.#addresses;
  }

  /** What it has counted since it began, and what there is now. */
  counters(): ServerCounters {
    const counters = { ...this.#store.counters, open: this.#sessions.size };
    this.#sessions.forEach((_, session) => {
      session.addTo(counters);
    });
    return counters;
  }

  /** What `counters()` gives, and figures of the environment, in Prometheus' text format. */
  metrics(): string {
    const { environment, engine } = this.#store;
    return metricsText(this.counters(), { ...environment.info(), tid: engine.processed() });
  }

  /** Where the metrics are to be had; undefined if that was not asked for. */
  get metricsAddress(): string | undefined {
    return this.#metricsAddress;
  }

  /** Answers http://host:port/metrics. `EADDRINUSE`, `EACCES`. */
  async listenForMetrics(at: MetricsAddress): Promise<void> {
    const server = await listenForMetrics(at, () => this.metrics());
    this.#metricsServer = server;
    this.#metricsAddress = `${addressOf(server, { ...at, kind: 'tcp', text: '' }).replace('tcp:', 'http:')}/metrics`;
  }

  /** Listens at one more address. `EADDRINUSE`, `EACCES`, … */
  async listen(address: Address, tls: TlsOptions | undefined): Promise<void> {
    const { server, address: text } = await listen(address, tls, this.#accepting);
    this.#listeners.push(server);
    this.#addresses.push(text);
  }

  /**
   * Takes no new clients and no new requests, answers those that it has, and closes each connection then: at the latest after `timeout` ms. Clients ask again
   * elsewhere what has no answer. The environment stays open.
   */
  close({ timeout = 5000 }: { timeout?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(timeout);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  static {
    inspectAs(Server.prototype, (self) => `Server { ${self.#addresses.join(', ')}, ${self.#sessions.size} clients }`);
  }

  #accept(transport: Transport): void {
    if (this.#closing !== undefined) {
      transport.destroy();
      return;
    }
    this.#store.counters.connections++;
    const session = new Session(this.#store, transport, () => {
      this.#sessions.delete(session);
      session.addTo(this.#store.counters, true);
    });
    this.#sessions.set(session, true);
  }

  async #close(timeout: number): Promise<void> {
    this.#metricsServer?.close();
    this.#metricsServer?.closeAllConnections();
    const closed = this.#listeners.map((listener) => new Promise<void>((resolve) => listener.close(() => resolve())));
    for (const listener of this.#listeners) if (listener instanceof HttpServer) listener.closeAllConnections();
    this.#store.commits.stop();
    this.#sessions.forEach((_, session) => {
      session.goAway();
    });
    const timer = setTimeout(() => {
      this.#sessions.forEach((_, session) => {
        session.connection.destroy(stopped());
      });
    }, timeout);
    await Promise.all(closed);
    // A socket may tell its session only now that it has closed.
    while (this.#sessions.size > 0) await nextTurn();
    clearTimeout(timer);
    this.#store.engine.close();
    await this.#store.trace?.close().catch((error) => this.#store.tell(error));
  }
}

/** A session that cannot be told a commit must end: it would take old states for new. The others are told. */
function tell(session: Session, change: Change): void {
  try {
    session.tell(change);
  } catch (error) {
    session.connection.fail(error);
  }
}

function stopped(): LeaseholdError {
  return new LeaseholdError('ERR_DISCONNECTED', 'the server was stopped');
}
