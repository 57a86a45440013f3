import { clearTimeout, setTimeout } from '../../base/clock.ts';
import { LeaseholdError } from '../../base/errors.ts';
import { OwnMap } from '../../base/own-map.ts';
import type { Change } from '../../versions/engine/engine.ts';
import { storeClosed } from '../../versions/engine/store-closed.ts';
import type { ClientHello, ServerHello } from '../../wire/hello.ts';
import type { Transport } from '../../wire/transport.ts';
import { ClientSession } from './client-session.ts';
import { lose, type Operation } from './operation.ts';

/** Where a client stands with its server. */
export type ConnectionState = 'connected' | 'verifying' | 'disconnected' | 'closed';

export interface LinkOptions {
  /** Connects to a server: to the next one of several, each time. */
  readonly dial: () => Promise<Transport>;
  /** How many servers `dial` knows. Default 1. */
  readonly places?: number;
  readonly token: string | undefined;
  /** How many ms a request waits for a connection before it fails. */
  readonly timeout: number;
}

/** What the owner of a link does. */
export interface LinkEvents {
  /** What to say to a server, beside the token. */
  hello(): ClientHello;
  /** A server has answered: called before anything else that it sends. What it throws ends the link. */
  welcome(hello: ServerHello): void;
  change(change: Change): void;
  /** The link has ended, on purpose if there is no error. */
  ended(error: LeaseholdError | undefined): void;
  state(state: ConnectionState): void;
}

const FIRST_PAUSE = 20;
const LONGEST_PAUSE = 5000;
/** How long a client stays with a server that only reads before it looks for one that writes: the first time, and at most. */
const FIRST_SEARCH = 500;
const LONGEST_SEARCH = 30_000;
/** An operation fails when so many connections in a row have ended before anything of its answer came: it may be what ends them. */
const MOST_LOSSES = 10;
/** The errors after which connecting again makes no sense. */
const FINAL: readonly string[] = ['ERR_FORBIDDEN', 'ERR_PROTOCOL', 'ERR_SNAPSHOT_LOST'];

/**
 * A connection with a server that is made again when it is lost. Operations that have no answer are asked again then. One that waits longer than
 * `timeout` for a connection fails with `ERR_DISCONNECTED`, and so do all when the link is closed. Of several servers, one that only reads is used while no other one
 * answers.
 */
export class Link {
  readonly #options: LinkOptions;
  readonly #events: LinkEvents;
  /** The operations that wait for a connection, in order, each with its timer. */
  #waiting = new OwnMap<Operation, NodeJS.Timeout | undefined>();
  #session: ClientSession | undefined;
  /** Whether the server of `#session` only reads. */
  #isReadOnly = false;
  /** The sessions that have said HELLO and have no answer: one, or two when a server that writes is looked for. */
  readonly #greeting = new OwnMap<ClientSession, true>();
  #isClosed = false;
  #pause = FIRST_PAUSE;
  #retry: NodeJS.Timeout | undefined;
  #search: NodeJS.Timeout | undefined;
  /** Why there is no connection. */
  #failure: Error | undefined;

  constructor(options: LinkOptions, events: LinkEvents) {
    this.#options = options;
    this.#events = events;
  }

  /** Undefined while there is no connection. */
  get session(): ClientSession | undefined {
    return this.#session;
  }

  /** Whether the server that answers now refuses writes. */
  get isReadOnly(): boolean {
    return this.#isReadOnly;
  }

  /** Connects. `ERR_DISCONNECTED`, `ERR_FORBIDDEN`, `ERR_PROTOCOL`. */
  async connect(): Promise<void> {
    const { places = 1 } = this.#options;
    if (places > 1 && (await this.#connectToWriter(places))) return;
    await this.#greet(false);
  }

  /** Connects meanwhile, as after a connection that was lost. */
  begin(): void {
    this.#events.state('disconnected');
    this.#reconnect();
  }

  /** Tries each server once, and takes the first one that writes. Gives whether there was one. */
  async #connectToWriter(places: number): Promise<boolean> {
    for (let tried = 0; tried < places; tried++) {
      try {
        await this.#greet(true);
        return true;
      } catch (error) {
        if (this.#isClosed || FINAL.includes((error as LeaseholdError).code)) throw error;
      }
    }
    return false;
  }

  /** Says HELLO to the next server. `ERR_READ_ONLY` if one that writes is wanted, and this one only reads. */
  async #greet(wantsWriter: boolean): Promise<void> {
    const transport = await this.#options.dial();
    if (this.#isClosed) {
      transport.destroy();
      return;
    }
    let isWelcome = false;
    const session: ClientSession = new ClientSession(transport, {
      welcome: (hello) => {
        if (this.#isClosed) throw storeClosed();
        if (wantsWriter && hello.readOnly === true) {
          throw new LeaseholdError('ERR_READ_ONLY', `${transport.peer} only reads`);
        }
        if (this.#session !== undefined && !this.#isReadOnly) {
          throw new LeaseholdError('ERR_DISCONNECTED', 'another server has answered meanwhile');
        }
        this.#events.welcome(hello);
        isWelcome = true;
        this.#use(session, hello.readOnly === true);
      },
      change: (change) => this.#events.change(change),
      closed: (error, unanswered) => {
        if (isWelcome) this.#lost(session, error, unanswered);
      },
    });
    const { token } = this.#options;
    this.#greeting.set(session, true);
    try {
      await session.hello({ ...this.#events.hello(), ...(token !== undefined && { token }) });
    } catch (error) {
      throw this.#isClosed ? error : saidNothing(transport.peer, error);
    } finally {
      this.#greeting.delete(session);
    }
  }

  /** Goes on with a session, in place of one with a server that only reads if there is one: what has no answer there is asked again. */
  #use(session: ClientSession, isReadOnly: boolean): void {
    const before = this.#session;
    const unanswered = before?.take();
    this.#session = session;
    this.#isReadOnly = isReadOnly;
    this.#pause = FIRST_PAUSE;
    clearTimeout(this.#retry);
    clearTimeout(this.#search);
    if (isReadOnly && (this.#options.places ?? 1) > 1) this.#searchLater(FIRST_SEARCH);
    this.#events.state('connected');
    unanswered?.forEach((_, operation) => {
      session.ask(operation);
    });
    this.#askAgain(session);
    before?.destroy(new LeaseholdError('ERR_DISCONNECTED', 'a server that writes was found'));
  }

  /** Looks for a server that writes, from time to time. */
  #searchLater(longest: number): void {
    const search = async () => {
      const found = await this.#connectToWriter(this.#options.places as number).catch(() => false);
      const goesOn = !found && this.#session !== undefined && this.#isReadOnly && !this.#isClosed;
      if (goesOn) this.#searchLater(Math.min(LONGEST_SEARCH, 2 * longest));
    };
    this.#search = setTimeout(search, longest * (0.5 + Math.random() / 2));
  }

  /** Asks something now, or when there is a connection. */
  ask(operation: Operation): void {
    if (this.#session !== undefined) this.#session.ask(operation);
    else this.#wait(operation);
  }

  /** Nobody wants an answer any more. */
  cancel(operation: Operation): void {
    clearTimeout(this.#waiting.get(operation));
    this.#waiting.delete(operation);
    this.#session?.cancel(operation);
  }

  /** Ends the link, and fails all that waits. */
  close(error: LeaseholdError | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#search);
    const reason = error ?? storeClosed();
    const session = this.#session;
    this.#session = undefined;
    this.#greeting.forEach((_, greeting) => {
      greeting.destroy(reason);
    });
    this.#waiting.forEach((timer, operation) => {
      clearTimeout(timer);
      lose(operation, reason);
    });
    this.#waiting.clear();
    session?.take().forEach((_, operation) => {
      lose(operation, reason);
    });
    session?.destroy(reason);
    this.#events.state('closed');
    this.#events.ended(error);
  }

  #lost(session: ClientSession, error: LeaseholdError, unanswered: OwnMap<Operation, true>): void {
    if (this.#isClosed || session !== this.#session) return;
    clearTimeout(this.#search);
    this.#session = undefined;
    unanswered.forEach((_, operation) => {
      if ((operation.losses ?? 0) < MOST_LOSSES) this.#wait(operation);
      else lose(operation, hopeless(error));
    });
    if (FINAL.includes(error.code)) {
      this.close(error);
      return;
    }
    this.#failure = error;
    this.#events.state('disconnected');
    this.#connectLater();
  }

  /** The pause is random: clients of a server that has started again do not all come at once. */
  #connectLater(): void {
    const pause = this.#pause * (0.5 + Math.random() / 2);
    this.#pause = Math.min(LONGEST_PAUSE, 2 * this.#pause);
    this.#retry = setTimeout(() => this.#reconnect(), pause);
  }

  #reconnect(): void {
    this.connect().catch((error: LeaseholdError) => {
      if (this.#isClosed || this.#session !== undefined) return;
      this.#failure = error;
      if (FINAL.includes(error.code)) this.close(error);
      else this.#connectLater();
    });
  }

  #wait(operation: Operation): void {
    const { timeout } = this.#options;
    const timer =
      operation.isPatient || !Number.isFinite(timeout)
        ? undefined
        : setTimeout(() => {
            this.#waiting.delete(operation);
            lose(
              operation,
              new LeaseholdError(
                'ERR_DISCONNECTED',
                `there has been no connection with a server for ${timeout} ms: try again later (${this.#failure?.message})`,
                { cause: this.#failure },
              ),
            );
          }, timeout);
    this.#waiting.set(operation, timer);
  }

  #askAgain(session: ClientSession): void {
    const waiting = this.#waiting;
    this.#waiting = new OwnMap();
    waiting.forEach((timer, operation) => {
      clearTimeout(timer);
      session.ask(operation);
    });
  }
}

function hopeless(cause: LeaseholdError): LeaseholdError {
  return new LeaseholdError(
    'ERR_DISCONNECTED',
    `${MOST_LOSSES} connections have ended while this was asked, and no answer has come (${cause.message})`,
    { cause },
  );
}

/** The error of a connection that has ended before the server has said anything. A server that wants TLS does that to one without. */
function saidNothing(peer: string, error: unknown): unknown {
  if ((error as LeaseholdError).code !== 'ERR_DISCONNECTED' || !peer.startsWith('tcp:')) return error;
  const { message } = error as Error;
  return new LeaseholdError('ERR_DISCONNECTED', `${message}, before the server said anything: does it want 'tls:'?`, {
    cause: error,
  });
}
