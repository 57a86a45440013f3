import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../versions/random.ts';

/** What a proxy does with bytes: it cuts the connection with this chance at each piece, waits up to `delay` ms, and passes pieces of at most `most` bytes. */
export interface Faults {
  readonly cut?: number;
  readonly delay?: number;
  readonly most?: number;
}

/** A TCP proxy between clients and a server, which is as bad as networks are. */
export class BadNetwork {
  readonly #server: Server;
  readonly #random: Random;
  readonly #target: () => string;
  readonly #sockets = new Set<Socket>();
  faults: Faults;
  /** How many connections it has cut. */
  cuts = 0;
  /** How many bytes have passed. */
  passed = 0;
  /** How many connections have been made. */
  connections = 0;
  /** While true, nothing passes. */
  isSilent = false;
  /** How many more bytes of what the server sends pass. */
  allowed: number = Number.POSITIVE_INFINITY;

  private constructor(target: () => string, random: Random, faults: Faults) {
    this.#target = target;
    this.#random = random;
    this.faults = faults;
    this.#server = createServer((client) => this.#accept(client));
  }

  /** `target`: gives the address of the server, a TCP port, for each connection. */
  static start(target: () => string, random: Random, faults: Faults = {}): Promise<BadNetwork> {
    const proxy = new BadNetwork(target, random, faults);
    return new Promise((resolve) => proxy.#server.listen(0, '127.0.0.1', () => resolve(proxy)));
  }

  get address(): string {
    return `tcp://127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.cuts++;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.cutAll();
    await closed;
  }

  #accept(client: Socket): void {
    this.connections++;
    const { hostname, port } = new URL(this.#target());
    const server = connect(Number(port), hostname);
    for (const [from, to, isAnswer] of [
      [client, server, false],
      [server, client, true],
    ] as const) {
      this.#sockets.add(from);
      from.setNoDelay(true);
      from.on('error', () => {});
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      void this.#pass(from, to, isAnswer);
    }
  }

  async #pass(from: Socket, to: Socket, isAnswer: boolean): Promise<void> {
    try {
      for await (const bytes of from as AsyncIterable<Buffer>) {
        for (let at = 0; at < bytes.length; ) {
          const { cut = 0, delay = 0, most = 65_536 } = this.faults;
          while (this.isSilent || (isAnswer && this.allowed <= 0)) {
            if (from.destroyed) return;
            await sleep(1);
          }
          const length = 1 + this.#random.below(most);
          const piece = bytes.subarray(at, at + (isAnswer ? Math.min(length, this.allowed) : length));
          at += piece.length;
          if (isAnswer) this.allowed -= piece.length;
          this.passed += piece.length;
          if (delay > 0) await sleep(this.#random.below(delay));
          if (!to.write(piece) && !to.destroyed)
            await new Promise((resolve) => to.once('drain', resolve).once('close', resolve));
          if (this.#random.chance(cut)) {
            this.cuts++;
            from.destroy();
            return;
          }
        }
      }
    } catch {
      // The connection was cut.
    }
    to.destroy();
  }
}
