import { clearTimeout, setTimeout } from '../../base/clock.ts';
import { LeaseholdError } from '../../base/errors.ts';
import { OwnMap } from '../../base/own-map.ts';
import type { Change } from '../../versions/engine/engine.ts';
import { BlockReader } from '../../wire/block-reader.ts';
import { readChange } from '../../wire/change-message.ts';
import { Connection, payloadOf, unexpected } from '../../wire/connection.ts';
import { readError } from '../../wire/error-message.ts';
import type { Frame } from '../../wire/frame-reader.ts';
import type { FrameWriter } from '../../wire/frame-writer.ts';
import { type ClientHello, readServerHello, type ServerHello, writeHello } from '../../wire/hello.ts';
import { protocolError } from '../../wire/payload.ts';
import { DEFAULT_LIMITS, HELLO_TIMEOUT, Kind, MOST_ANSWER_BYTES, type WireLimits } from '../../wire/protocol.ts';
import type { Transport } from '../../wire/transport.ts';
import type { AskedSession, Operation } from './operation.ts';
import { OperationTable } from './operation-table.ts';

/** What the owner of a session does. */
export interface SessionEvents {
  /** The server has answered HELLO: called before anything else that it sends. */
  welcome(hello: ServerHello): void;
  change(change: Change): void;
  /** Called once, at last, with the operations that have no answer. */
  closed(error: LeaseholdError, unanswered: OwnMap<Operation, true>): void;
}

/** From so many losses of an operation on, it is asked while no other such one is. */
const SUSPICIOUS_LOSSES = 3;

/** One connection with a server, from HELLO to its end. */
export class ClientSession implements AskedSession {
  readonly #connection: Connection;
  readonly #reader: BlockReader;
  readonly #events: SessionEvents;
  readonly #operations = new OperationTable();
  /** How many of them count to the requests that wait for an answer. */
  #asked = 0;
  /** The operations that are asked when others have their answers: the server takes only so many at once. */
  readonly #later = new OwnMap<Operation, true>();
  /** Operations on which several connections have ended: perhaps each time for the same one of them. So they are asked one by one. */
  readonly #suspects = new OwnMap<Operation, true>();
  #suspect: Operation | undefined;
  /** The collections whose numbers the server knows. */
  readonly #opened = new OwnMap<number, true>();
  #isDestroyed = false;
  #limits: WireLimits = DEFAULT_LIMITS;
  #hello: ((answer: ServerHello | LeaseholdError) => void) | undefined;

  constructor(transport: Transport, events: SessionEvents) {
    this.#events = events;
    this.#connection = new Connection(transport, { drained: () => {}, closed: (error) => this.#closed(error) });
    this.#reader = new BlockReader(MOST_ANSWER_BYTES, {
      frame: (frame) => this.#frame(frame),
      place: ({ id }, length) => this.#operations.get(id)?.place?.(length),
      placed: (frame, length) => this.#placed(frame, length),
    });
  }

  get out(): FrameWriter {
    return this.#connection.out;
  }

  get limits(): WireLimits {
    return this.#limits;
  }

  get peer(): string {
    return this.#connection.transport.peer;
  }

  get isOpen(): boolean {
    return !this.#connection.isClosed;
  }

  /** Says who this is. Rejected if the server refuses. `ERR_FORBIDDEN`, `ERR_PROTOCOL`, `ERR_DISCONNECTED`, what `welcome` throws. */
  hello(hello: ClientHello): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.destroy(
          new LeaseholdError('ERR_DISCONNECTED', `${this.peer} has not answered within ${HELLO_TIMEOUT} ms`),
        );
      }, HELLO_TIMEOUT);
      this.#hello = (answer) => {
        clearTimeout(timer);
        this.#hello = undefined;
        if (answer instanceof LeaseholdError) {
          reject(answer);
          return;
        }
        this.#limits = answer.limits;
        this.#connection.beat(answer.limits.heartbeat);
        try {
          this.#events.welcome(answer);
          resolve();
        } catch (error) {
          reject(error);
          this.destroy(error as LeaseholdError);
        }
      };
      this.#connection.start(this.#reader);
      this.out.begin(Kind.HELLO, 0, 0, 0);
      writeHello(this.out, hello);
      this.out.end();
      this.#connection.flush();
    });
  }

  /** Asks something: now, or when others have their answers. */
  ask(operation: Operation): void {
    if ((operation.losses ?? 0) >= SUSPICIOUS_LOSSES && this.#suspect !== operation) {
      this.#suspects.set(operation, true);
      this.#askSuspect();
      return;
    }
    const isFull = operation.stays !== true && this.#asked >= this.#limits.requests;
    if (isFull) this.#later.set(operation, true);
    else this.#send(operation);
  }

  /** Tells the server that nobody waits for an answer any more. */
  cancel(operation: Operation): void {
    this.#later.delete(operation);
    this.#suspects.delete(operation);
    this.#acquit(operation);
    const id = this.#operations.idOf(operation);
    if (id === undefined) return;
    this.#end(id, operation);
    this.out.begin(Kind.CANCEL, 0, id, 0);
    this.out.end();
    this.#connection.schedule();
  }

  /** Takes more bytes of an answer in several frames. */
  credit(id: number, bytes: number): void {
    this.out.begin(Kind.CREDIT, 0, id, 0);
    this.out.u32(bytes);
    this.out.end();
    this.#connection.schedule();
  }

  /** Sends what was written at the end of the turn. */
  schedule(): void {
    this.#connection.schedule();
  }

  /** Whether the server was told the number of a collection. */
  isOpened(number: number): boolean {
    return this.#opened.has(number);
  }

  /** It is told it now. */
  opened(number: number): void {
    this.#opened.set(number, true);
  }

  /** The operations that have no answer, in the order in which they were asked. It forgets them. */
  take(): OwnMap<Operation, true> {
    const operations = this.#operations.take();
    this.#later.forEach((_, operation) => {
      operations.set(operation, true);
    });
    this.#suspects.forEach((_, operation) => {
      operations.set(operation, true);
    });
    this.#later.clear();
    this.#suspects.clear();
    return operations;
  }

  /** What was received behind the frame that made it end is not read: of commits, some would be missing before it. */
  destroy(error: LeaseholdError): void {
    this.#isDestroyed = true;
    this.#connection.destroy(error);
  }

  #frame(frame: Frame): void {
    if (this.#isDestroyed) return;
    if (this.#connection.isBeat(frame)) return;
    const { kind, id } = frame;
    if (kind === Kind.GOAWAY) {
      this.#refused(readError(payloadOf(frame)));
      return;
    }
    if (this.#hello !== undefined) {
      if (kind === Kind.HELLO) this.#hello(readServerHello(payloadOf(frame)));
      else if (kind === Kind.ERROR) this.#refused(readError(payloadOf(frame)));
      else throw unexpected(frame);
      return;
    }
    if (kind === Kind.CHANGED && id === 0) {
      this.#change(readChange(payloadOf(frame)));
      return;
    }
    // What nobody waits for any more was cancelled.
    const operation = this.#operations.get(id);
    if (operation === undefined) return;
    if (kind === Kind.ERROR) {
      const error = readError(payloadOf(frame));
      this.#end(id, operation);
      operation.fail(error);
    } else if (operation.frame(frame, this.#reader, this)) {
      this.#end(id, operation);
    } else if (kind !== Kind.CHUNK) goesOn(operation);
  }

  /** If it is the one that is asked alone, it is done with. */
  #acquit(operation: Operation): void {
    if (operation !== this.#suspect) return;
    this.#suspect = undefined;
    this.#askSuspect();
  }

  #askSuspect(): void {
    if (this.#suspect !== undefined) return;
    const next = this.#suspects.firstKey();
    if (next === undefined) return;
    this.#suspects.delete(next);
    this.#suspect = next;
    this.ask(next);
  }

  #send(operation: Operation): void {
    const id = this.#operations.nextId();
    // Before anything is sent: if the stack overflows, no other operation gets this id, and the answer.
    this.#operations.add(id, operation);
    try {
      operation.send(this, id);
    } catch (error) {
      this.#operations.delete(id);
      operation.fail(error as Error);
      this.#acquit(operation);
      // If the stack has overflowed within a frame, this ends the connection.
      this.#connection.schedule();
      return;
    }
    if (operation.stays !== true) this.#asked++;
    this.#connection.schedule();
  }

  /** An operation has its answer: the next one can be asked. It may be called twice. */
  #end(id: number, operation: Operation): void {
    if (!this.#operations.delete(id) || operation.stays === true) return;
    this.#asked--;
    this.#acquit(operation);
    const next = this.#later.firstKey();
    if (next === undefined) return;
    this.#later.delete(next);
    this.ask(next);
  }

  #refused(error: LeaseholdError): void {
    this.#hello?.(error);
    this.destroy(error);
  }

  #placed(frame: Frame, length: number): void {
    const operation = this.#operations.get(frame.id);
    if (operation === undefined) return;
    if (operation.placed === undefined) throw protocolError('an answer is no large value');
    if (operation.placed(frame, length, this)) this.#end(frame.id, operation);
    else goesOn(operation);
  }

  #change(change: Change): void {
    this.#operations.forEach((operation) => {
      operation.changed?.(change);
    });
    this.#events.change(change);
  }

  #closed(error: LeaseholdError): void {
    this.#hello?.(error);
    this.#operations.forEach((operation) => {
      if (operation.stays !== true) operation.losses = (operation.losses ?? 0) + 1;
    });
    this.#events.closed(error, this.take());
  }
}

/** A part of its answer has come. */
function goesOn(operation: Operation): void {
  if (operation.losses !== undefined) operation.losses = 0;
}
