import { rmSync } from 'node:fs';
import { createServer, type Server as NetServer, Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { microtask } from '../base/clock.ts';
import { LeaseholdError } from '../base/errors.ts';
import { inspectAs } from '../base/inspect.ts';
import type { Address } from '../wire/address.ts';
import { SocketTransport } from '../wire/socket-transport.ts';
import type { Transport } from '../wire/transport.ts';
import type { ServedStore, ServerCounters } from './served-store.ts';
import { Session } from './session.ts';

/** A running server: what `serve` gives. */
export class Server {
  readonly #store: ServedStore;
  readonly #listeners: NetServer[] = [];
  readonly #addresses: string[] = [];
  readonly #sessions = new Set<Session>();
  #closing: Promise<void> | undefined;

  /** Not for users: `serve` makes these. */
  constructor(store: ServedStore) {
    this.#store = store;
    store.engine.onChange((change) => {
      for (const session of this.#sessions) session.tell(change);
      microtask(() => store.moved());
    });
    store.engine.onEnd(() => void this.close());
  }

  /** Where it listens, with the ports that the system has given. */
  get addresses(): readonly string[] {
    return this.#addresses;
  }

  counters(): ServerCounters {
    return { ...this.#store.counters, open: this.#sessions.size };
  }

  /** Listens at one more address. `EADDRINUSE`, `EACCES`, … */
  async listen(address: Address, tls: TlsOptions | undefined): Promise<void> {
    const accept = (socket: Socket): void => this.#accept(new SocketTransport(socket, peerOf(socket)));
    const listener = address.kind === 'tls' ? createTlsServer(tls ?? {}, accept) : createServer(accept);
    await listening(listener, address);
    this.#listeners.push(listener);
    this.#addresses.push(addressOf(listener, address));
  }

  /**
   * Takes no new clients and no new requests, answers those that it has, and closes all connections: at the latest after `timeout` ms. The
   * environment stays open.
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
    this.#sessions.add(new Session(this.#store, transport, (session) => this.#sessions.delete(session)));
  }

  async #close(timeout: number): Promise<void> {
    const closed = this.#listeners.map((listener) => new Promise<void>((resolve) => listener.close(() => resolve())));
    for (const session of this.#sessions) session.goAway();
    const timer = setTimeout(() => {
      for (const session of this.#sessions) session.connection.destroy(stopped());
    }, timeout);
    await Promise.all(closed);
    clearTimeout(timer);
    this.#store.engine.close();
  }
}

function stopped(): LeaseholdError {
  return new LeaseholdError('ERR_DISCONNECTED', 'the server was stopped');
}

function peerOf(socket: Socket): string {
  return socket.remoteAddress === undefined ? 'a client' : `${socket.remoteAddress}:${socket.remotePort}`;
}

function listening(listener: NetServer, address: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    listener.once('error', reject);
    listener.once('listening', () => {
      listener.off('error', reject);
      resolve();
    });
    if (address.kind === 'unix') listenAtPath(listener, address.path, reject);
    else listener.listen(address.port, address.host);
  });
}

/** A socket's file stays when a server is killed. It is removed if nobody answers there. */
function listenAtPath(listener: NetServer, path: string, reject: (error: Error) => void): void {
  const probe = new Socket();
  probe.once('connect', () => {
    probe.destroy();
    reject(new LeaseholdError('EADDRINUSE', `another server listens at ${path}`));
  });
  probe.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ECONNREFUSED') rmSync(path, { force: true });
    listener.listen(path);
  });
  probe.connect(path);
}

function addressOf(listener: NetServer, address: Address): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  const at = listener.address() as { port: number };
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `${address.kind}://${host}:${at.port}`;
}
