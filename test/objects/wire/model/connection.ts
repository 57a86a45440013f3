import { FrameReader } from '../../../../lib/wire/frame-reader.ts';
import { FIN, HEAD_BYTES, Kind } from '../../../../lib/wire/protocol.ts';
import type { Transport, TransportEvents } from '../../../../lib/wire/transport.ts';
import { clock } from '../../../cache/model/library.ts';
import type { Random } from '../../../versions/random.ts';

/** Requests whose answers take other threads. */
const LATER: readonly number[] = [Kind.COMMIT, Kind.CLAIM, Kind.CALL];

/** One end of a connection. */
class End implements Transport {
  readonly queued = 0;
  readonly peer = 'the model';
  events: TransportEvents | undefined;
  readonly #sent: (bytes: Buffer) => void;
  readonly #cut: () => void;

  constructor(sent: (bytes: Buffer) => void, cut: () => void) {
    this.#sent = sent;
    this.#cut = cut;
  }

  start(events: TransportEvents): void {
    this.events = events;
  }

  send(pieces: readonly Uint8Array[]): void {
    this.#sent(Buffer.concat(pieces));
  }

  pause(): void {}
  resume(): void {}
  close(): void {
    this.#cut();
  }
  destroy(): void {
    this.#cut();
  }
}

/** A connection between a client and a server, and all that is on the way: what comes next, and when, the model decides. */
export class ModelConnection {
  readonly client: Transport;
  readonly server: Transport;
  readonly #client: End;
  readonly #server: End;
  isOpen = true;
  /** What the client has sent: whole frames. */
  #up: Buffer[] = [];
  #upRest: Buffer = Buffer.alloc(0);
  /** What the server has sent. */
  #down: Buffer = Buffer.alloc(0);
  readonly #answered = new Set<number>();

  constructor() {
    const answers = new FrameReader(2 ** 30, ({ id }) => void this.#answered.add(id));
    this.#client = new End(
      (bytes) => this.#sendUp(bytes),
      () => this.cut(),
    );
    this.#server = new End(
      (bytes) => {
        if (!this.isOpen) return;
        answers.push(Buffer.from(bytes));
        this.#down = Buffer.concat([this.#down, bytes]);
      },
      () => this.cut(),
    );
    this.client = this.#client;
    this.server = this.#server;
  }

  /** The connection is lost, with all that is on the way. */
  cut(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#up = [];
    this.#down = Buffer.alloc(0);
    for (const end of [this.#client, this.#server]) queueMicrotask(() => end.events?.closed(new Error('cut')));
  }

  /** The server takes the next request. Fulfilled when it has answered, if it does not wait for the client. */
  async serve(): Promise<void> {
    const frame = this.#up.shift();
    if (frame === undefined) return;
    const [kind, flags, id] = [frame[8] as number, frame[9] as number, frame.readUInt32LE(4)];
    this.#answered.delete(id);
    this.#server.events?.receiver.push(Uint8Array.from(frame));
    if (!LATER.includes(kind) || (flags & FIN) === 0) return;
    for (let turns = 0; this.isOpen && !this.#answered.has(id); turns++) {
      if (turns > 20_000) throw new Error(`a request of kind ${kind} gets no answer`);
      // A commit may wait for the turn of another client, which ends when it takes too long.
      if (turns > 10_000 && turns % 100 === 0) clock.next();
      // The server commits at the end of a turn.
      clock.runDue();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** The client receives some of what the server has sent: frames, or parts of them. */
  deliver(random: Random): void {
    if (this.#down.length === 0) return;
    const count = random.chance(0.6) ? this.#down.length : 1 + random.below(this.#down.length);
    const piece = this.#down.subarray(0, count);
    this.#down = this.#down.subarray(count);
    this.#client.events?.receiver.push(Uint8Array.from(piece));
  }

  #sendUp(bytes: Buffer): void {
    if (!this.isOpen) return;
    let rest = Buffer.concat([this.#upRest, bytes]);
    while (rest.length >= HEAD_BYTES) {
      const end = HEAD_BYTES + ((rest.readUInt32LE(0) + 3) & ~3);
      if (rest.length < end) break;
      this.#up.push(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
    this.#upRest = rest;
  }
}
