import { afterMicrotasks, clearTimeout, now, setTimeout, unref } from '../base/clock.ts';
import { LeaseholdError } from '../base/errors.ts';
import { certificateError } from './certificate-error.ts';
import { writeError } from './error-message.ts';
import type { Frame } from './frame-reader.ts';
import { FrameWriter } from './frame-writer.ts';
import { Payload, protocolError } from './payload.ts';
import { Kind } from './protocol.ts';
import type { Receiver, Transport } from './transport.ts';

/** What one side does with a connection. */
export interface ConnectionEvents {
  /** All that was sent has gone to the system. */
  drained(): void;
  /** Called once, at last: nothing comes any more. */
  closed(error: LeaseholdError): void;
}

/** What both sides of a connection have: frames are sent together at the end of the turn, signs of life, an end with a reason. */
export class Connection {
  readonly out: FrameWriter = new FrameWriter();
  readonly transport: Transport;
  /** How many bytes of frames were sent. */
  sent = 0;
  readonly #events: ConnectionEvents;
  #isScheduled = false;
  #isClosed = false;
  /** Why this side has closed it. */
  #reason: LeaseholdError | undefined;
  #heartbeat = 0;
  #heardAt = 0;
  /** How much of what was sent the system had taken when there was something queued. */
  #takenBefore = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(transport: Transport, events: ConnectionEvents) {
    this.transport = transport;
    this.#events = events;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** How many bytes wait for the other side. */
  get queued(): number {
    return this.out.pending + this.transport.queued;
  }

  /** Begins to receive. */
  start(source: Receiver): void {
    this.transport.start({
      receiver: {
        memory: () => this.#memory(source),
        filled: (count) => this.#receive(() => source.filled(count)),
        push: (bytes) => this.#receive(() => source.push(bytes)),
      },
      drained: () => {
        if (this.transport.queued === 0) this.out.sent();
        this.#events.drained();
      },
      closed: (error) => this.#closed(error),
    });
  }

  #receive(take: () => void): void {
    if (this.#isClosed || this.#reason !== undefined) return;
    this.#heardAt = now();
    try {
      take();
    } catch (error) {
      this.fail(error);
    }
    this.flush();
  }

  /** The system cannot be told an error here: what it receives then is not looked at. */
  #memory(source: Receiver): Uint8Array {
    try {
      return source.memory();
    } catch (error) {
      this.fail(error);
      return new Uint8Array(1024);
    }
  }

  /** Sends what was written at the end of the turn, with all that is written until then. */
  schedule(): void {
    if (this.#isScheduled) return;
    afterMicrotasks(() => {
      this.#isScheduled = false;
      this.flush();
    });
    // Behind the call, in which the stack may overflow.
    this.#isScheduled = true;
  }

  flush(): void {
    if (this.#isClosed) return;
    if (!this.out.isWhole) {
      this.destroy(broken());
      return;
    }
    if (this.out.pending === 0) return;
    this.sent += this.out.pending;
    const { out, transport } = this;
    if (transport.queued === 0) out.sent();
    transport.send(out.take());
    out.release(transport.queued === 0);
  }

  /** From now on, each side that has heard nothing for `ms` asks for a sign of life, and the connection ends if none comes for as long again. */
  beat(ms: number): void {
    this.#heartbeat = ms;
    this.#heardAt = now();
    this.#look();
  }

  /** Answers signs of life. Returns whether the frame was one. */
  isBeat({ kind, id }: Frame): boolean {
    if (kind === Kind.PING) {
      this.out.begin(Kind.PONG, 0, id, 0);
      this.out.end();
    }
    return kind === Kind.PING || kind === Kind.PONG;
  }

  /** Tells the other side why, and closes. */
  fail(error: unknown): void {
    if (this.#isClosed || this.#reason !== undefined) return;
    this.leave(error);
    // The other side may not read what is queued.
    const timer = setTimeout(() => this.transport.destroy(), 1000);
    unref(timer);
  }

  /** The same, and the other side may take any time to read what is queued. */
  leave(error: unknown): void {
    if (this.#isClosed || this.#reason !== undefined) return;
    this.#reason = error instanceof LeaseholdError ? error : internal(error);
    this.out.begin(Kind.GOAWAY, 0, 0, 0);
    writeError(this.out, error);
    this.out.end();
    this.flush();
    this.transport.close();
  }

  /** Closes at once. `error`: what those get who wait for an answer. */
  destroy(error: LeaseholdError): void {
    this.#reason ??= error;
    this.transport.destroy();
  }

  #look(): void {
    this.#lookAtQueue();
    const quiet = now() - this.#heardAt;
    if (quiet >= 2 * this.#heartbeat) {
      this.destroy(
        new LeaseholdError(
          'ERR_DISCONNECTED',
          `${this.transport.peer} has given no sign of life for ${Math.round(quiet)} ms`,
        ),
      );
      return;
    }
    if (quiet >= this.#heartbeat) {
      this.out.begin(Kind.PING, 0, 0, 0);
      this.out.end();
      this.flush();
    }
    this.#timer = setTimeout(() => this.#look(), this.#heartbeat / 2);
    unref(this.#timer);
  }

  /**
   * Who reads slowly is alive, though no request of it is read meanwhile. As long as something is queued, the system has no room: if it takes more, the
   * other side has read.
   */
  #lookAtQueue(): void {
    const { queued } = this.transport;
    const taken = this.sent - queued;
    if (this.#takenBefore > 0 && taken > this.#takenBefore) this.#heardAt = now();
    this.#takenBefore = queued > 0 ? taken : 0;
  }

  #closed(error: Error | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#events.closed(this.#reason ?? disconnected(this.transport.peer, error));
  }
}

/** `ERR_DISCONNECTED`, `ERR_CERTIFICATE` */
export function disconnected(peer: string, cause: Error | undefined): LeaseholdError {
  const refused = cause === undefined ? undefined : certificateError(peer, cause);
  if (refused !== undefined) return refused;
  return new LeaseholdError(
    'ERR_DISCONNECTED',
    `the connection with ${peer} has ended${cause === undefined ? '' : `: ${cause.message}`}`,
    cause === undefined ? undefined : { cause },
  );
}

/** Reads the payload of a frame. */
export function payloadOf({ bytes, start, end }: Frame): Payload {
  return new Payload(bytes, start, end);
}

export function unexpected({ kind }: Frame): LeaseholdError {
  return protocolError(`a frame of kind ${kind} is not expected here`);
}

function broken(): LeaseholdError {
  return new LeaseholdError('ERR_DISCONNECTED', 'a frame was not written whole, since the stack has overflowed');
}

function internal(cause: unknown): LeaseholdError {
  return new LeaseholdError('ERR_DISCONNECTED', 'the connection was closed after an error of this side', { cause });
}
