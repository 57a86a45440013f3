import { clearTimeout, setTimeout } from '../base/clock.ts';
import { LeaseholdError } from '../base/errors.ts';
import type { Change, Tid } from '../versions/engine/engine.ts';
import { Connection, type ConnectionEvents, payloadOf, unexpected } from '../wire/connection.ts';
import { writeError } from '../wire/error-message.ts';
import { type Frame, FrameReader } from '../wire/frame-reader.ts';
import { readClientHello, writeHello } from '../wire/hello.ts';
import { protocolError } from '../wire/payload.ts';
import { FIN, HELLO_TIMEOUT, Kind, MOST_HELLO_BYTES } from '../wire/protocol.ts';
import type { Transport } from '../wire/transport.ts';
import { Requests } from './requests.ts';
import { Rights } from './rights/rights.ts';
import type { ServedStore, ServerCounters } from './served-store.ts';

/** Above this, no request is read and no commit is told until what is queued was sent. A client that never reads gives no sign of life, and is closed. */
const MOST_QUEUED = 2 ** 20;

/** Why a client is sent away. */
const REFUSALS: readonly string[] = ['ERR_FORBIDDEN', 'ERR_PROTOCOL'];

/** A client, as its server sees it. */
export class Session implements ConnectionEvents {
  readonly connection: Connection;
  readonly #store: ServedStore;
  readonly #reader: FrameReader;
  #requests: Requests | undefined;
  #rights: Rights | undefined;
  #helloTimer: NodeJS.Timeout | undefined;
  #isLeaving = false;
  #received = 0;
  /** The last commit that the client was told, or knew before. */
  #told: Tid = 0;
  readonly #ended: (session: Session) => void;

  constructor(store: ServedStore, transport: Transport, ended: (session: Session) => void) {
    this.#store = store;
    this.#ended = ended;
    this.connection = new Connection(transport, this);
    this.#reader = new FrameReader(MOST_HELLO_BYTES, (frame) => this.#frame(frame));
    const reader = this.#reader;
    this.connection.start({
      push: (bytes) => {
        this.#received += bytes.length;
        reader.push(bytes);
        this.#checkQueue();
      },
      memory: () => new Uint8Array(0),
      filled: () => {},
    });
    this.#helloTimer = setTimeout(
      () => this.connection.fail(protocolError(`no HELLO has come within ${HELLO_TIMEOUT} ms`)),
      HELLO_TIMEOUT,
    );
  }

  /** Who the client is, for the log and the metrics; undefined before it has said so. */
  get name(): string | undefined {
    return this.#rights?.name;
  }

  /** Tells of a commit, unless the client is behind: then the commit is read from the log when its turn comes. */
  tell(change: Change): void {
    const { connection } = this;
    if (this.#requests === undefined || this.#told !== change.tid - 1 || connection.queued > MOST_QUEUED) return;
    connection.out.whole(this.#store.toldTo(this.#rights as Rights, change));
    this.#requests.told(change);
    this.#told = change.tid;
    connection.schedule();
  }

  /** Answers what the client has asked, then tells it to go elsewhere, and closes. */
  goAway(): void {
    this.#isLeaving = true;
    this.#requests?.leave();
    this.#leaveIfDone();
  }

  /** Adds what it has counted to the counters of the server. `isLast`: it has ended, and nothing is under way any more. */
  addTo(counters: ServerCounters, isLast: boolean = false): void {
    counters.received += this.#received;
    counters.sent += this.connection.sent;
    if (isLast || this.#requests === undefined) return;
    counters.streams += this.#requests.streams.size;
    counters.holds += this.#requests.holds;
  }

  drained(): void {
    this.tellMissed();
    this.#requests?.streams.pump();
    this.#readOn();
  }

  /** Tells the commits from the log that the client has not been told, as many as there is room for. */
  tellMissed(): void {
    const { engine } = this.#store;
    while (!this.connection.isClosed && this.#requests !== undefined && this.#told < engine.processed()) {
      if (this.connection.queued > MOST_QUEUED) return;
      const change = this.#store.changeAfter(this.#told);
      if (change === undefined) {
        // It connects again, and is told that it is too old.
        this.connection.fail(
          new LeaseholdError('ERR_DISCONNECTED', 'the log of changes was trimmed before the client has read it'),
        );
        return;
      }
      this.tell(change);
      this.connection.flush();
    }
  }

  #readOn(): void {
    if (!this.#reader.isStopped || this.#isFull) return;
    this.connection.transport.resume();
    try {
      this.#reader.resume();
    } catch (error) {
      this.connection.fail(error);
    }
    this.#checkQueue();
    this.connection.flush();
  }

  /** Whether nothing more must be read: the client does not read the answers, or its commits wait. */
  get #isFull(): boolean {
    return this.connection.queued > MOST_QUEUED || this.#requests?.isFull === true;
  }

  closed(error: LeaseholdError): void {
    if (REFUSALS.includes(error.code)) this.#store.refused(this.#refusal(error));
    clearTimeout(this.#helloTimer);
    this.#requests?.close();
    this.#requests = undefined;
    this.#ended(this);
  }

  #answered(): void {
    this.#readOn();
    this.#leaveIfDone();
  }

  #leaveIfDone(): void {
    if (!this.#isLeaving || this.connection.isClosed || this.#requests?.isBusy === true) return;
    this.connection.leave(new LeaseholdError('ERR_DISCONNECTED', 'the server was stopped'));
  }

  /** The same error, with who it was. */
  #refusal(cause: LeaseholdError): LeaseholdError {
    return new LeaseholdError(cause.code, `${this.connection.transport.peer}: ${cause.message}`, { cause });
  }

  #checkQueue(): void {
    if (this.#reader.isStopped && !this.connection.isClosed) this.connection.transport.pause();
  }

  #frame(frame: Frame): void {
    const { connection } = this;
    if (!connection.isBeat(frame)) {
      if (this.#requests === undefined) this.#hello(frame);
      else this.#requests.take(frame);
    }
    this.#stopIfFull();
  }

  /** A socket that takes all at once never tells that it has drained: so all is sent before it counts as queued. */
  #stopIfFull(): void {
    if (!this.#isFull) return;
    this.connection.flush();
    this.#reader.isStopped = this.#isFull;
  }

  #hello(frame: Frame): void {
    if (frame.kind !== Kind.HELLO) throw unexpected(frame);
    const { connection } = this;
    const hello = readClientHello(payloadOf(frame));
    const { out } = connection;
    try {
      this.#rights =
        this.#store.tokens === undefined ? new Rights('everybody') : this.#store.tokens.rightsOf(hello.token);
    } catch (error) {
      out.begin(Kind.ERROR, FIN, frame.id, 0);
      writeError(out, error);
      out.end();
      throw error;
    }
    clearTimeout(this.#helloTimer);
    this.#reader.most = this.#store.limits.request;
    const { told, reset } = this.#store.since(hello);
    out.begin(Kind.HELLO, FIN, frame.id, 0);
    const { fingerprint } = this.#rights;
    writeHello(out, {
      ...this.#store.hello(),
      ...(reset !== undefined && { reset }),
      ...(fingerprint !== undefined && { rights: fingerprint }),
    });
    out.end();
    const requests = new Requests(this.#store, connection, this.#rights, () => this.#answered());
    this.#requests = requests;
    this.#reader.takeRun = (bytes, at, to) => {
      const taken = requests.takeGets(bytes, at, to);
      this.#stopIfFull();
      return taken;
    };
    this.#told = told;
    this.tellMissed();
    connection.beat(this.#store.limits.heartbeat);
  }
}
