import { connect, type Socket } from 'node:net';
import type { Server } from '../../lib/server/index.ts';
import { FrameReader } from '../../lib/wire/frame-reader.ts';
import { FrameWriter } from '../../lib/wire/frame-writer.ts';
import { writeHello } from '../../lib/wire/hello.ts';
import { FIN, Kind } from '../../lib/wire/protocol.ts';

/** A frame that was received, with its own bytes. */
export interface Received {
  readonly kind: number;
  readonly flags: number;
  readonly id: number;
  readonly payload: Buffer;
}

/** The bytes of one frame. */
export function frame(
  kind: number,
  flags: number,
  id: number,
  collection: number,
  write: (out: FrameWriter) => void = () => {},
): Buffer {
  const out = new FrameWriter();
  out.begin(kind, flags, id, collection);
  write(out);
  out.end();
  const bytes = Buffer.concat(out.take());
  out.release(true);
  return bytes;
}

/** HELLO, and the collection `items` as number 1. */
export const opening: Buffer = Buffer.concat([
  frame(Kind.HELLO, FIN, 0, 0, (out) => writeHello(out, {})),
  frame(Kind.OPEN, FIN, 0, 1, (out) => out.json({ name: 'items' })),
]);

/** GET of a text in collection 1. */
export function getFrame(id: number, at: number, key: string): Buffer {
  return frame(Kind.GET, FIN, id, 1, (out) => {
    out.u64(at);
    out.text(key);
  });
}

/** A client that sends whatever bytes it is given. */
export class RawClient {
  readonly socket: Socket;
  readonly frames: Received[] = [];
  /** Fulfilled when the connection has ended: the code in GOAWAY, if one has come. */
  readonly closed: Promise<string | undefined>;
  received = 0;
  #wake: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    const reader = new FrameReader(2 ** 31, ({ kind, flags, id, bytes, start, end }) => {
      this.frames.push({ kind, flags, id, payload: Buffer.from(bytes.subarray(start, end)) });
    });
    socket.on('data', (bytes: Buffer) => {
      this.received += bytes.length;
      reader.push(bytes);
      this.#wake?.();
    });
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#wake?.();
        const goAway = this.frames.find(({ kind }) => kind === Kind.GOAWAY);
        resolve(goAway === undefined ? undefined : (JSON.parse(goAway.payload.toString()) as { code: string }).code);
      });
    });
  }

  /** Connects to the first address of a server, a TCP port. */
  static connect(server: Server): Promise<RawClient> {
    const { hostname, port } = new URL(server.addresses[0] as string);
    return new Promise((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true }, () =>
        resolve(new RawClient(socket)),
      );
      socket.once('error', reject);
    });
  }

  send(...pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) this.socket.write(piece);
  }

  /** The next frame of this kind, which is taken off `frames`. Rejected if the connection ends. */
  async next(kind: number): Promise<Received> {
    for (;;) {
      const index = this.frames.findIndex((each) => each.kind === kind);
      if (index >= 0) return this.frames.splice(index, 1)[0] as Received;
      if (this.socket.destroyed) throw new Error(`the connection ended before a frame of kind ${kind}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Connects, and says HELLO. */
  static async greeted(server: Server): Promise<RawClient> {
    const client = await RawClient.connect(server);
    client.send(opening);
    await client.next(Kind.HELLO);
    return client;
  }
}
