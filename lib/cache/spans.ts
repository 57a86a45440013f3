import { type Collection, openCollectionOf } from '../environment/collection.ts';
import type { Sink } from '../lease/sink.ts';
import { Bounds } from '../read/bounds.ts';
import type { OpenCollection } from '../read/open-collection.ts';
import type { RangeOptions } from '../read/range-options.ts';
import { scan } from '../read/scan.ts';
import type { OpenTransaction } from '../transaction/open-transaction.ts';
import type { Value } from '../value/value.ts';
import type { Tid } from '../versions/engine/engine.ts';
import { afterAll, MOST_CACHED_KEY, NUMBER_BYTES, stateKey } from './cache-keys.ts';
import { firstEnd, isBefore, lastEnd, type Part } from './positions.ts';
import { u32, writeU32, writeU64 } from './state-record.ts';

/*
 * Parts of collections that are known whole: a key in a span that has no record in `c.states` is absent, as of every commit since that of the span. A key that a commit has
 * changed has a record that has ended, and is a hole: it must be asked for. So commits leave spans as they are, and no two of them overlap.
 *
 *   c.spans   u32 number of the collection | from -> u64 tid | u32 epoch | u8 whether it has an end | to
 */

const HEAD_BYTES = 13;
/** With more, all are forgotten: spans of nothing but absent keys have no states that could leave. */
const MOST_SPANS = 100_000;

export interface Span extends Part {
  readonly tid: Tid;
  readonly epoch: number;
}

type Bytes = Collection<Uint8Array | Sink, Uint8Array | Sink, Value, Value>;

/** Inside a write transaction, or in a read transaction that is given. */
export class Spans {
  readonly #table: Bytes;
  readonly #open: OpenCollection;

  constructor(table: Bytes) {
    this.#table = table;
    this.#open = openCollectionOf(table) as OpenCollection;
  }

  /** The last span that begins at a position or before it. */
  before(number: number, position: Uint8Array, transaction?: OpenTransaction): Span | undefined {
    return this.#first(number, { lte: stateKey(number, position), reverse: true }, transaction);
  }

  /** The last span that begins before a position; undefined: before the end. */
  strictlyBefore(number: number, position: Uint8Array | undefined, transaction?: OpenTransaction): Span | undefined {
    const bound = position === undefined ? afterAll(number) : stateKey(number, position);
    return this.#first(number, { lt: bound, reverse: true }, transaction);
  }

  /** The first span that begins behind a position. */
  after(number: number, position: Uint8Array, transaction?: OpenTransaction): Span | undefined {
    return this.#first(number, { gt: stateKey(number, position) }, transaction);
  }

  /** The span that a key lies in. */
  over(number: number, key: Uint8Array, epoch: number): Span | undefined {
    const span = this.before(number, key);
    return span !== undefined && span.epoch === epoch && isBefore(key, span.to) ? span : undefined;
  }

  /** Adds a span, and joins it with those that it meets. */
  add(number: number, given: Span): void {
    if (given.from.length > MOST_CACHED_KEY) return;
    if (this.count() >= MOST_SPANS) this.clear();
    let span = given;
    for (const met of this.meeting(number, given)) {
      this.delete(number, met);
      if (met.epoch !== given.epoch) continue;
      const from = isBefore(met.from, span.from) ? met.from : span.from;
      span = { from, to: lastEnd(met.to, span.to), tid: Math.max(met.tid, span.tid), epoch: given.epoch };
    }
    this.#table.put(stateKey(number, span.from), encode(span));
  }

  /** The spans that overlap a part, or end or begin where it begins or ends. */
  meeting(number: number, { from, to }: Part): Span[] {
    const met: Span[] = [];
    const first = this.before(number, from);
    if (first !== undefined && !isBefore(first.to ?? from, from)) met.push(first);
    for (let next = this.after(number, from); next !== undefined; next = this.after(number, next.from)) {
      if (to !== undefined && isBefore(to, next.from)) break;
      met.push(next);
    }
    return met;
  }

  count(): number {
    return this.#table.count();
  }

  /** All, in order, with the numbers of their collections. */
  all(): { readonly number: number; readonly span: Span }[] {
    const found: { number: number; span: Span }[] = [];
    this.#table.scan(undefined, ({ key, value }) => {
      const from = new Uint8Array(key.toBuffer());
      found.push({ number: u32(from, 0), span: decode(from.subarray(NUMBER_BYTES), new Uint8Array(value.toBuffer())) });
    });
    return found;
  }

  delete(number: number, { from }: Part): void {
    this.#table.del(stateKey(number, from));
  }

  clear(): void {
    this.#table.clear();
  }

  #first(number: number, options: RangeOptions<Uint8Array>, given: OpenTransaction | undefined): Span | undefined {
    let found: Span | undefined;
    const take = ({ key, value }: { key: Value; value: Value }): void => {
      const from = new Uint8Array(key.toBuffer());
      if (u32(from, 0) === number) found = decode(from.subarray(NUMBER_BYTES), new Uint8Array(value.toBuffer()));
    };
    const transaction = given ?? this.#open.readTransaction(undefined);
    scan(this.#open, Bounds.of({ ...options, limit: 1 }, this.#open), take as never, transaction);
    return found;
  }
}

export interface Piece {
  readonly part: Part;
  readonly isKnown: boolean;
}

/** What of a part is known, or unknown, as of a commit: the first piece of it, or in reverse the last one. */
export function pieceOf(
  spans: Spans,
  number: number,
  part: Part,
  as: { readonly at: Tid; readonly epoch: number; readonly reverse: boolean },
  transaction: OpenTransaction,
): Piece {
  const isUseful = (span: Span): boolean => span.epoch === as.epoch && span.tid <= as.at;
  const { from, to } = part;
  if (as.reverse) {
    const last = spans.strictlyBefore(number, to, transaction);
    if (last === undefined || !isUseful(last)) return { part, isKnown: false };
    const isWhole = last.to === undefined || (to !== undefined && !isBefore(last.to, to));
    if (isWhole) return { part: { from: isBefore(from, last.from) ? last.from : from, to }, isKnown: true };
    return { part: { from: isBefore(from, last.to) ? (last.to as Uint8Array) : from, to }, isKnown: false };
  }
  const over = spans.before(number, from, transaction);
  if (over !== undefined && isUseful(over) && isBefore(from, over.to)) {
    return { part: { from, to: firstEnd(over.to, to) }, isKnown: true };
  }
  const next = spans.after(number, from, transaction);
  const isNear = next !== undefined && isUseful(next) && isBefore(next.from, to);
  return { part: { from, to: isNear ? next.from : to }, isKnown: false };
}

function encode({ from: _, to, tid, epoch }: Span): Uint8Array {
  const record = new Uint8Array(HEAD_BYTES + (to?.length ?? 0));
  writeU64(record, 0, tid);
  writeU32(record, 8, epoch);
  record[12] = to === undefined ? 0 : 1;
  if (to !== undefined) record.set(to, HEAD_BYTES);
  return record;
}

function decode(from: Uint8Array, record: Uint8Array): Span {
  return {
    from,
    to: record[12] === 0 ? undefined : record.subarray(HEAD_BYTES),
    tid: u32(record, 0) * 2 ** 32 + u32(record, 4),
    epoch: u32(record, 8),
  };
}
