import { isThenable } from '../../transaction/thenable.ts';
import type { EngineBounds, EngineRow, Loaded, RowBatch, Tid } from '../../versions/engine/engine.ts';
import type { BlockReader } from '../../wire/block-reader.ts';
import { unexpected } from '../../wire/connection.ts';
import { type Frame, sizeOf } from '../../wire/frame-reader.ts';
import { protocolError } from '../../wire/payload.ts';
import { FIN, Kind, REVERSE } from '../../wire/protocol.ts';
import { writeScan } from '../../wire/range-message.ts';
import type { NumberIn } from './collection-numbers.ts';
import type { AskedSession, Operation } from './operation.ts';
import { ReceivedBatch } from './received-batch.ts';

/** Calls `read` with what stops where `take` fails, then throws what that has thrown: anything, undefined too. */
export async function guarded(
  take: (batch: RowBatch) => unknown,
  read: (guard: (batch: RowBatch) => unknown) => Promise<void>,
): Promise<void> {
  let thrown: { readonly error: unknown } | undefined;
  const stop = (error: unknown): false => {
    thrown = { error };
    return false;
  };
  await read((batch) => {
    try {
      const taken = take(batch);
      return isThenable(taken) ? Promise.resolve(taken).catch(stop) : taken;
    } catch (error) {
      return stop(error);
    }
  });
  if (thrown !== undefined) throw (thrown as { readonly error: unknown }).error;
}

/** The value of a row, which `load` asks for alone. `ERR_PROTOCOL` if there is none. */
export async function rowValue(load: (take: (state: Loaded) => void) => Promise<void>): Promise<Uint8Array> {
  const found: Loaded[] = [];
  await load((state) => found.push(state));
  if (found[0]?.bytes === undefined) throw protocolError('a row of a range has no value');
  return found[0].bytes;
}

/** The rows of a range. */
export class RangeOperation implements Operation {
  readonly #collection: string;
  readonly #bounds: EngineBounds;
  readonly #at: Tid;
  readonly #credit: number;
  readonly #numberIn: NumberIn;
  readonly #take: (batch: RowBatch) => unknown;
  readonly #done: (error: Error | undefined) => void;
  readonly #load: (key: Uint8Array) => Promise<Uint8Array>;
  /** The key behind which it goes on after a reconnection. */
  #after: Uint8Array | undefined;
  #session: AskedSession | undefined;
  #id = 0;
  /** What came while `take` was waiting. */
  #waiting: { readonly batch: ReceivedBatch; readonly size: number }[] = [];
  #isTaking = false;
  #isDone = false;
  /** How many bytes have been taken for which the server was given no credit yet. */
  #unacknowledged = 0;

  /** `load` gives the value of a key as of the same commit. */
  constructor(
    collection: string,
    bounds: EngineBounds,
    at: Tid,
    credit: number,
    numberIn: NumberIn,
    take: (batch: RowBatch) => unknown,
    done: (error: Error | undefined) => void,
    load: (key: Uint8Array) => Promise<Uint8Array>,
  ) {
    this.#collection = collection;
    this.#bounds = bounds;
    this.#at = at;
    this.#credit = Math.max(1, Math.min(credit, 2 ** 30));
    this.#numberIn = numberIn;
    this.#take = take;
    this.#done = done;
    this.#load = load;
  }

  send(session: AskedSession, id: number): void {
    const number = this.#numberIn(session, this.#collection);
    const { reverse, ...range } = this.#bounds;
    const rest = this.#after === undefined ? range : behind(this.#bounds, this.#after);
    this.#session = session;
    this.#id = id;
    this.#unacknowledged = 0;
    session.out.begin(Kind.SCAN, FIN, id, number);
    writeScan(session.out, {
      at: this.#at,
      range: rest,
      flags: reverse === true ? REVERSE : 0,
      limit: 0,
      credit: this.#credit,
    });
    session.out.end();
  }

  frame(frame: Frame, reader: BlockReader): boolean {
    if (frame.kind !== Kind.ROWS) throw unexpected(frame);
    const isLast = (frame.flags & FIN) !== 0;
    const batch = new ReceivedBatch(frame, reader.block, isLast);
    this.#after = batch.complete;
    this.#waiting.push({ batch, size: sizeOf(frame.end - frame.start) });
    if (!this.#isTaking) this.#give();
    return isLast;
  }

  fail(error: Error): void {
    this.#end(error);
  }

  /** Gives what has come, in the same turn: memory that nobody holds then is received into again. Goes on later where `take` waits. */
  #give(): void {
    this.#isTaking = true;
    let next = this.#waiting.shift();
    for (; next !== undefined && !this.#isDone; next = this.#waiting.shift()) {
      const { batch, size } = next;
      try {
        const taken = batch.missing.length === 0 ? this.#take(batch) : this.#takeCompleted(batch);
        if (isThenable(taken)) {
          this.#giveLater(Promise.resolve(taken), next);
          return;
        }
        this.#taken(taken, batch, size);
      } catch (error) {
        this.#stop(error as Error);
      }
    }
    this.#isTaking = false;
  }

  #giveLater(taken: Promise<unknown>, { batch, size }: { readonly batch: ReceivedBatch; readonly size: number }): void {
    taken
      .then((answer) => this.#taken(answer, batch, size))
      .catch((error) => this.#stop(error as Error))
      .then(() => this.#give());
  }

  #taken(answer: unknown, batch: ReceivedBatch, size: number): void {
    if (batch.complete === undefined) this.#end(undefined);
    else if (answer === false) this.#stop(undefined);
    else this.#acknowledge(size);
  }

  /** It wants no more. */
  #stop(error: Error | undefined): void {
    this.#session?.cancel(this);
    this.#end(error);
  }

  /** Each write wakes the server: it gets credit for half of what may be on the way at once. */
  #acknowledge(size: number): void {
    this.#unacknowledged += size;
    if (2 * this.#unacknowledged < this.#credit) return;
    this.#session?.credit(this.#id, this.#unacknowledged);
    this.#unacknowledged = 0;
  }

  /** Asks for the values that are too large to come with the others. */
  async #takeCompleted(batch: ReceivedBatch): Promise<unknown> {
    const rows = [...batch.rows];
    for (const row of batch.missing) {
      const { key, tid } = rows[row] as EngineRow;
      rows[row] = { key, tid, bytes: await this.#load(key) };
    }
    return this.#take({ rows, complete: batch.complete });
  }

  #end(error: Error | undefined): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#waiting = [];
    this.#done(error);
  }
}

/** What of a range is behind a key that was read. */
function behind({ reverse, ...range }: EngineBounds, after: Uint8Array): EngineBounds {
  return reverse === true ? { ...range, upper: after, upperOpen: true } : { ...range, lower: after, lowerOpen: true };
}
