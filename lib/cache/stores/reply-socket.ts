import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterMicrotasks, clearTimeout, setTimeout } from '../../base/clock.ts';

/** What was read of an answer: all of it, or how many bytes are needed at least. Reading throws if it is no answer. */
export type ReadReply<R> = { readonly reply: R; readonly end: number } | { readonly needs: number };

/** Where a server of items listens. `tls`: its certificate must be one that Node trusts. */
export type StoreAddress =
  | { readonly path: string }
  | { readonly host: string; readonly port: number; readonly tls?: boolean };

export interface ReplySocketOptions<R> {
  readonly address: StoreAddress;
  /** How many ms an answer may take. */
  readonly timeout: number;
  /** Reads the answer at the beginning of some bytes. */
  readonly read: (bytes: Buffer) => ReadReply<R>;
  /** What to send first on each connection; each piece has an answer, in which `refusal` finds why the server does not go on. */
  readonly greeting?: readonly Uint8Array[];
  readonly refusal?: (reply: R) => string | undefined;
}

/** With more bytes that the system has not taken yet, nothing more is sent. */
const MOST_QUEUED = 16 * 2 ** 20;

interface Waiting<R> {
  resolve(reply: R): void;
  reject(error: Error): void;
}

/**
 * One connection to a server that answers requests in their order. Requests of one turn are sent together, and none waits for the answer to another. When something is wrong (no answer in time,
 * an answer that is none, the end of the connection) all that wait fail, and the next request connects again.
 */
export class ReplySocket<R> {
  readonly #options: ReplySocketOptions<R>;
  #socket: Socket | undefined;
  #waiting: Waiting<R>[] = [];
  #out: Uint8Array[] = [];
  #chunks: Buffer[] = [];
  #length = 0;
  /** How many bytes the next answer has at least. */
  #needs = 1;
  #timer: NodeJS.Timeout | undefined;
  /** How many answers have come in all: the timer looks whether there were any. */
  #answers = 0;
  #isClosed = false;

  constructor(options: ReplySocketOptions<R>) {
    this.#options = options;
  }

  /** Sends a request, and gives its answer. The pieces are not copied before they are sent. */
  ask(...pieces: readonly Uint8Array[]): Promise<R> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) {
        reject(new Error('the cache was closed'));
        return;
      }
      this.#socket ??= this.#connect();
      if (this.#socket.writableLength > MOST_QUEUED) {
        reject(new Error('the cache is too slow: too much waits to be sent'));
        return;
      }
      this.#wait(pieces, { resolve, reject });
    });
  }

  /** Ends the connection, after an answer that does not fit its request: those behind it may be the answers to others. Gives the error. */
  drop(error: Error): Error {
    this.#fail(this.#socket, error);
    return error;
  }

  close(): void {
    this.#isClosed = true;
    this.#fail(this.#socket, new Error('the cache was closed'));
  }

  #connect(): Socket {
    const { address, greeting = [], refusal } = this.#options;
    const socket = socketTo(address);
    socket.on('data', (chunk: Buffer) => this.#receive(socket, chunk));
    socket.on('error', (error) => this.#fail(socket, error));
    socket.on('close', () => this.#fail(socket, new Error('the connection was closed')));
    this.#socket = socket;
    for (const piece of greeting) {
      const resolve = (reply: R): void => {
        const why = refusal?.(reply);
        if (why !== undefined) this.#fail(socket, new Error(`the cache refuses the client: ${why}`));
      };
      this.#wait([piece], { resolve, reject: () => {} });
    }
    return socket;
  }

  #wait(pieces: readonly Uint8Array[], waiting: Waiting<R>): void {
    if (this.#waiting.length === 0) {
      // Somebody waits for it: the process must not end.
      this.#socket?.ref();
      this.#watch();
    }
    this.#waiting.push(waiting);
    if (this.#out.length === 0) afterMicrotasks(() => this.#flush());
    for (const piece of pieces) this.#out.push(piece);
  }

  #flush(): void {
    const out = this.#out;
    this.#out = [];
    if (out.length > 0) this.#socket?.write(out.length === 1 ? (out[0] as Uint8Array) : Buffer.concat(out));
  }

  /** Fails if no answer has come for a while. */
  #watch(): void {
    const { timeout } = this.#options;
    clearTimeout(this.#timer);
    const before = this.#answers;
    this.#timer = setTimeout(() => {
      if (this.#waiting.length === 0) return;
      if (this.#answers > before) this.#watch();
      else this.#fail(this.#socket, new Error(`no answer within ${timeout} ms`));
    }, timeout).unref();
  }

  #receive(socket: Socket, chunk: Buffer): void {
    if (socket !== this.#socket) return;
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#length < this.#needs) return;
    let bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#length);
    try {
      while (bytes.length > 0) {
        const read = this.#options.read(bytes);
        if ('needs' in read) {
          this.#needs = read.needs;
          break;
        }
        this.#needs = 1;
        bytes = bytes.subarray(read.end);
        this.#answered(read.reply);
        if (socket !== this.#socket) return;
      }
    } catch (error) {
      this.#fail(socket, error as Error);
      return;
    }
    this.#chunks = bytes.length === 0 ? [] : [bytes];
    this.#length = bytes.length;
  }

  #answered(reply: R): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) throw new Error('the cache has answered what nobody has asked');
    this.#answers++;
    if (this.#waiting.length === 0) {
      clearTimeout(this.#timer);
      this.#socket?.unref();
    }
    waiting.resolve(reply);
  }

  #fail(socket: Socket | undefined, error: Error): void {
    if (socket === undefined || socket !== this.#socket) return;
    this.#socket = undefined;
    clearTimeout(this.#timer);
    socket.destroy();
    this.#out = [];
    this.#chunks = [];
    this.#length = 0;
    this.#needs = 1;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const each of waiting) each.reject(error);
  }
}

function socketTo(address: StoreAddress): Socket {
  if ('path' in address) return connect({ path: address.path });
  const { host, port, tls = false } = address;
  if (!tls) return connect({ host, port, noDelay: true });
  const socket = connectTls({ host, port, ...(isIP(host) === 0 && { servername: host }) });
  return socket.setNoDelay(true);
}
