import { copyBytes } from '../../lease/bytes.ts';
import type { EngineBounds, EngineRow, RowBatch, Tid } from '../../versions/engine/engine.ts';
import type { BlockReader } from '../../wire/block-reader.ts';
import { unexpected } from '../../wire/connection.ts';
import { type Frame, sizeOf } from '../../wire/frame-reader.ts';
import { Payload, protocolError, u32At } from '../../wire/payload.ts';
import { FIN, Kind, REVERSE, ROW_VERSION_BYTES } from '../../wire/protocol.ts';
import { writeScan } from '../../wire/range-message.ts';
import type { NumberIn } from './collection-numbers.ts';
import type { AskedSession, Operation } from './operation.ts';

const HEAD = 16;
const ROW_BYTES = 16;

/** The rows of a range. */
export class RangeOperation implements Operation {
  readonly #collection: string;
  readonly #bounds: EngineBounds;
  readonly #at: Tid;
  readonly #credit: number;
  readonly #numberIn: NumberIn;
  readonly #take: (batch: RowBatch) => unknown;
  readonly #done: (error: Error | undefined) => void;
  /** The key behind which it goes on after a reconnection. */
  #after: Uint8Array | undefined;
  #session: AskedSession | undefined;
  #id = 0;
  /** What came while `take` was waiting. */
  #waiting: { readonly batch: RowBatch; readonly size: number }[] = [];
  #isTaking = false;
  #isDone = false;

  constructor(
    collection: string,
    bounds: EngineBounds,
    at: Tid,
    credit: number,
    numberIn: NumberIn,
    take: (batch: RowBatch) => unknown,
    done: (error: Error | undefined) => void,
  ) {
    this.#collection = collection;
    this.#bounds = bounds;
    this.#at = at;
    this.#credit = Math.max(1, Math.min(credit, 2 ** 30));
    this.#numberIn = numberIn;
    this.#take = take;
    this.#done = done;
  }

  send(session: AskedSession, id: number): void {
    const number = this.#numberIn(session, this.#collection);
    const { reverse, ...range } = this.#bounds;
    const rest = this.#after === undefined ? range : behind(this.#bounds, this.#after);
    this.#session = session;
    this.#id = id;
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

  frame(frame: Frame, _reader: BlockReader): boolean {
    if (frame.kind !== Kind.ROWS) throw unexpected(frame);
    const isLast = (frame.flags & FIN) !== 0;
    const rows = readRows(frame);
    if (!isLast && rows.length === 0) throw protocolError('an answer has no rows, and is not the last one');
    this.#after = rows.at(-1)?.key ?? this.#after;
    const batch = { rows, complete: isLast ? undefined : rows.at(-1)?.key };
    this.#waiting.push({ batch, size: sizeOf(frame.end - frame.start) });
    void this.#give();
    return isLast;
  }

  fail(error: Error): void {
    this.#end(error);
  }

  async #give(): Promise<void> {
    if (this.#isTaking) return;
    this.#isTaking = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined && !this.#isDone; next = this.#waiting.shift()) {
        const taken = this.#take(next.batch);
        if ((await taken) === false) {
          this.#session?.cancel(this);
          this.#end(undefined);
        } else if (next.batch.complete === undefined) {
          this.#end(undefined);
        } else {
          this.#session?.credit(this.#id, next.size);
        }
      }
    } catch (error) {
      this.#session?.cancel(this);
      this.#end(error as Error);
    } finally {
      this.#isTaking = false;
    }
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

/** The rows of ROWS, each with its own bytes. */
function readRows({ bytes, start, end }: Frame): EngineRow[] {
  const head = new Payload(bytes, start, end);
  head.u64();
  const count = head.u32();
  head.u32();
  const size = end - start - HEAD;
  if (count * ROW_BYTES > size) throw protocolError('a table of rows is longer than its frame');
  // One copy of all: rows that are kept keep nothing else of what was received.
  const own = copyBytes(bytes, start + HEAD, size);
  const rows: EngineRow[] = [];
  for (let row = 0; row < count; row++) {
    const at = row * ROW_BYTES;
    const keyAt = u32At(own, at);
    const keyLength = u32At(own, at + 4);
    const valueAt = u32At(own, at + 8);
    const valueLength = u32At(own, at + 12);
    if (keyAt + keyLength > size || valueAt + valueLength > size || valueAt < ROW_VERSION_BYTES) {
      throw protocolError(`row ${row} names bytes that are not there`);
    }
    rows.push({
      key: own.subarray(keyAt, keyAt + keyLength),
      tid: new Payload(own, valueAt - ROW_VERSION_BYTES, valueAt).u64(),
      bytes: own.subarray(valueAt, valueAt + valueLength),
    });
  }
  return rows;
}
