import { LeaseholdError } from '../../base/errors.ts';
import { typedArrayLength } from '../../base/primordials.ts';
import { copyBytes } from '../../lease/bytes.ts';
import type { Change, Loaded, StateKey, Tid } from '../../versions/engine/engine.ts';
import { isTouched } from '../../versions/engine/recent-changes.ts';
import type { BlockReader } from '../../wire/block-reader.ts';
import { payloadOf, unexpected } from '../../wire/connection.ts';
import { type Frame, sizeOf } from '../../wire/frame-reader.ts';
import { protocolError } from '../../wire/payload.ts';
import { ABSENT, DEFAULT_CREDIT, FIN, FIRST, Kind } from '../../wire/protocol.ts';
import type { NumberIn } from './collection-numbers.ts';
import type { AskedSession, Operation } from './operation.ts';

/** The state of one key. */
export class GetOperation implements Operation {
  readonly #key: StateKey;
  readonly #at: Tid;
  readonly #numberIn: NumberIn;
  readonly #most: number;
  readonly #take: (state: Loaded) => void;
  readonly #done: (error: Error | undefined) => void;
  #id = 0;
  /** Of a value that comes in chunks. */
  #tid = 0;
  #next: Tid | undefined;
  #value: Uint8Array | undefined;
  #filled = 0;
  #unacknowledged = 0;

  /** `most`: the most bytes of a value. */
  constructor(
    key: StateKey,
    at: Tid,
    numberIn: NumberIn,
    most: number,
    take: (state: Loaded) => void,
    done: (error: Error | undefined) => void,
  ) {
    this.#key = key;
    this.#at = at;
    this.#numberIn = numberIn;
    this.#most = most;
    this.#take = take;
    this.#done = done;
  }

  send(session: AskedSession, id: number): void {
    const { key, collection } = this.#key;
    const number = this.#numberIn(session, collection);
    const { out } = session;
    this.#id = id;
    this.#value = undefined;
    out.begin(Kind.GET, FIN, id, number);
    out.u64(this.#at);
    out.bytes(key, 0, typedArrayLength(key));
    out.end();
  }

  frame(frame: Frame, _reader: BlockReader, session: AskedSession): boolean {
    const { kind, flags, bytes, start, end } = frame;
    const payload = payloadOf(frame);
    const tid = payload.u64();
    const next = payload.u64() || undefined;
    if (kind === Kind.VALUE) {
      const value = (flags & ABSENT) !== 0 ? undefined : copyBytes(bytes, start + 16, end - start - 16);
      this.#finish(tid, next, value);
      return true;
    }
    if (kind !== Kind.CHUNK || (flags & FIRST) === 0 || this.#value !== undefined) throw unexpected(frame);
    const total = payload.u64();
    try {
      this.#value = allocate(total, this.#most);
    } catch (error) {
      session.cancel(this);
      this.fail(error as Error);
      return true;
    }
    this.#tid = tid;
    this.#next = next;
    this.#filled = 0;
    return false;
  }

  place(length: number): Uint8Array | undefined {
    if (this.#value === undefined || length > this.#value.length - this.#filled) {
      throw protocolError('a value is longer than was told');
    }
    return this.#value.subarray(this.#filled, this.#filled + length);
  }

  placed({ flags }: Frame, length: number, session: AskedSession): boolean {
    const value = this.#value as Uint8Array;
    this.#filled += length;
    const isLast = (flags & FIN) !== 0;
    if (isLast !== (this.#filled === value.length)) throw protocolError('a value has another length than was told');
    if (isLast) {
      this.#finish(this.#tid, this.#next, value);
      return true;
    }
    this.#unacknowledged += sizeOf(length);
    if (this.#unacknowledged >= DEFAULT_CREDIT / 2) {
      session.credit(this.#id, this.#unacknowledged);
      this.#unacknowledged = 0;
    }
    return false;
  }

  /** A commit that comes between the first bytes of a value and its last ones may end its state. */
  changed({ tid, changes }: Change): void {
    if (this.#value === undefined || this.#next !== undefined || tid <= this.#tid) return;
    const { collection, key } = this.#key;
    const range = { lower: key, lowerOpen: false, upper: key, upperOpen: false };
    if (changes.some((change) => isTouched(change, collection, range))) this.#next = tid;
  }

  fail(error: Error): void {
    this.#done(error);
  }

  #finish(tid: Tid, next: Tid | undefined, bytes: Uint8Array | undefined): void {
    this.#take({ ...this.#key, tid, next, bytes });
    this.#done(undefined);
  }
}

const NONE = 0xffff_ffff;

/** The states of several keys of one collection. */
export class GetManyOperation implements Operation {
  readonly #keys: readonly StateKey[];
  readonly #at: Tid;
  readonly #numberIn: NumberIn;
  readonly #take: (state: Loaded) => void;
  readonly #done: (error: Error | undefined) => void;
  /** How many have come. */
  #count = 0;
  #id = 0;

  constructor(
    keys: readonly StateKey[],
    at: Tid,
    numberIn: NumberIn,
    take: (state: Loaded) => void,
    done: (error: Error | undefined) => void,
  ) {
    this.#keys = keys;
    this.#at = at;
    this.#numberIn = numberIn;
    this.#take = take;
    this.#done = done;
  }

  send(session: AskedSession, id: number): void {
    const { collection } = this.#keys[0] as StateKey;
    const number = this.#numberIn(session, collection);
    const { out } = session;
    this.#id = id;
    out.begin(Kind.GET_MANY, FIN, id, number);
    out.u64(this.#at);
    out.u32(this.#keys.length - this.#count);
    for (let i = this.#count; i < this.#keys.length; i++) out.sized((this.#keys[i] as StateKey).key);
    out.end();
  }

  frame(frame: Frame, _reader: BlockReader, session: AskedSession): boolean {
    if (frame.kind !== Kind.MANY) throw unexpected(frame);
    const payload = payloadOf(frame);
    payload.u32();
    for (let left = payload.count(20); left > 0; left--) {
      const key = this.#keys[this.#count++];
      if (key === undefined) throw protocolError('an answer has more states than keys were asked for');
      const tid = payload.u64();
      const next = payload.u64() || undefined;
      const length = payload.u32();
      this.#take({ ...key, tid, next, bytes: length === NONE ? undefined : payload.take(length) });
    }
    payload.finish();
    const isLast = (frame.flags & FIN) !== 0;
    if (isLast !== (this.#count === this.#keys.length))
      throw protocolError('an answer has another number of states than keys');
    if (isLast) this.#done(undefined);
    else session.credit(this.#id, sizeOf(frame.end - frame.start));
    return isLast;
  }

  fail(error: Error): void {
    this.#done(error);
  }
}

/** `ERR_VALUE_SIZE`, `ENOMEM` */
function allocate(length: number, most: number): Uint8Array {
  if (length > most) {
    throw new LeaseholdError(
      'ERR_VALUE_SIZE',
      `a value has ${length} bytes, and at most ${most} are allowed: see the option maxValue of connect()`,
    );
  }
  try {
    return new Uint8Array(length);
  } catch (cause) {
    throw new LeaseholdError('ENOMEM', `no memory for a value of ${length} bytes`, { cause });
  }
}
