import { allocateBytes } from '../../base/allocate.ts';
import { LeaseholdError } from '../../base/errors.ts';
import { typedArrayLength } from '../../base/primordials.ts';
import { Slab } from '../../lease/slab.ts';
import { VALUE_LARGE, VALUE_NONE } from '../../native/constants.ts';
import type { Change, Loaded, StateKey, Tid } from '../../versions/engine/engine.ts';
import { isTouched } from '../../versions/engine/recent-changes.ts';
import type { BlockReader } from '../../wire/block-reader.ts';
import { payloadOf, unexpected } from '../../wire/connection.ts';
import { type Frame, sizeOf } from '../../wire/frame-reader.ts';
import { protocolError, u64At } from '../../wire/payload.ts';
import { ABSENT, DEFAULT_CREDIT, FIN, FIRST, Kind, REST } from '../../wire/protocol.ts';
import type { NumberIn } from './collection-numbers.ts';
import type { AskedSession, Operation } from './operation.ts';

/** The state of one key. */
export class GetOperation implements Operation {
  readonly #key: StateKey;
  readonly #at: Tid;
  readonly #numberIn: NumberIn;
  readonly #most: number;
  readonly #take: (state: Loaded) => void;
  readonly #done: () => void;
  readonly fail: (error: Error) => void;
  #id = 0;
  /** A value that comes in chunks, once it has begun. After a reconnection, only its rest is asked for. */
  #large: LargeValue | undefined;
  /** Whether the first frame of the answer has come on this connection. */
  #hasBegun = false;

  /** `most`: the most bytes of a value. */
  constructor(
    key: StateKey,
    at: Tid,
    numberIn: NumberIn,
    most: number,
    take: (state: Loaded) => void,
    done: () => void,
    fail: (error: Error) => void,
  ) {
    this.#key = key;
    this.#at = at;
    this.#numberIn = numberIn;
    this.#most = most;
    this.#take = take;
    this.#done = done;
    this.fail = fail;
  }

  send(session: AskedSession, id: number): void {
    const { key, collection } = this.#key;
    const number = this.#numberIn(session, collection);
    const { out } = session;
    const large = this.#large;
    this.#id = id;
    this.#hasBegun = false;
    out.begin(Kind.GET, large === undefined ? FIN : FIN | REST, id, number);
    out.u64(this.#at);
    if (large !== undefined) out.u64(large.filled);
    out.bytes(key, 0, typedArrayLength(key));
    out.end();
  }

  frame(frame: Frame, _reader: BlockReader, session: AskedSession): boolean {
    const { kind, flags, bytes, start, end } = frame;
    if (end - start < STATE_BYTES) throw protocolError('a state is too short');
    const tid = u64At(bytes, start);
    const next = u64At(bytes, start + 8) || undefined;
    if (kind === Kind.VALUE) {
      const isAbsent = (flags & ABSENT) !== 0;
      this.#finish(
        tid,
        next,
        isAbsent ? undefined : values.copy(bytes, start + STATE_BYTES, end - start - STATE_BYTES),
      );
      return true;
    }
    if (kind !== Kind.CHUNK || (flags & FIRST) === 0 || this.#hasBegun) throw unexpected(frame);
    const payload = payloadOf(frame);
    payload.at += STATE_BYTES;
    const total = payload.u64();
    this.#hasBegun = true;
    try {
      if (this.#large !== undefined) goOn(this.#large, tid, next, total);
      else this.#large = { tid, next, bytes: allocate(total, this.#most), filled: 0, unacknowledged: 0 };
    } catch (error) {
      session.cancel(this);
      this.fail(error as Error);
      return true;
    }
    return false;
  }

  place(length: number): Uint8Array | undefined {
    const large = this.#large;
    if (large === undefined || !this.#hasBegun || length > large.bytes.length - large.filled) {
      throw protocolError('a value is longer than was told');
    }
    return large.bytes.subarray(large.filled, large.filled + length);
  }

  placed({ flags }: Frame, length: number, session: AskedSession): boolean {
    const large = this.#large as LargeValue;
    large.filled += length;
    const isLast = (flags & FIN) !== 0;
    if (isLast !== (large.filled === large.bytes.length))
      throw protocolError('a value has another length than was told');
    if (isLast) {
      this.#finish(large.tid, large.next, large.bytes);
      return true;
    }
    large.unacknowledged += sizeOf(length);
    if (large.unacknowledged >= DEFAULT_CREDIT / 2) {
      session.credit(this.#id, large.unacknowledged);
      large.unacknowledged = 0;
    }
    return false;
  }

  /** A commit that comes between the first bytes of a value and its last ones may end its state. */
  changed({ tid, changes }: Change): void {
    const large = this.#large;
    if (large === undefined || large.next !== undefined || tid <= large.tid) return;
    const { collection, key } = this.#key;
    const range = { lower: key, lowerOpen: false, upper: key, upperOpen: false };
    if (changes.some((change) => isTouched(change, collection, range))) large.next = tid;
  }

  #finish(tid: Tid, next: Tid | undefined, bytes: Uint8Array | undefined): void {
    const { collection, key } = this.#key;
    this.#take({ collection, key, tid, next, bytes });
    this.#done();
  }
}

/** A value that comes in chunks. */
interface LargeValue {
  readonly tid: Tid;
  next: Tid | undefined;
  readonly bytes: Uint8Array;
  filled: number;
  /** How many bytes have come for which the server was given no credit yet. */
  unacknowledged: number;
}

/** The rest of a value comes on another connection. `ERR_PROTOCOL` if it is of another value. */
function goOn(large: LargeValue, tid: Tid, next: Tid | undefined, total: number): void {
  if (tid !== large.tid || total !== large.bytes.length) throw protocolError('the rest of a value is of another one');
  large.next = large.next === undefined ? next : Math.min(large.next, next ?? large.next);
  large.unacknowledged = 0;
}

/** The tid and the next one stand before the bytes. */
const STATE_BYTES = 16;
/** The copies of small values. */
const values = new Slab();

/** The states of several keys of one collection. At the end, `done` gets those that must be asked for alone. */
export class GetManyOperation implements Operation {
  readonly #keys: readonly StateKey[];
  readonly #at: Tid;
  readonly #numberIn: NumberIn;
  readonly #take: (state: Loaded) => void;
  readonly #done: (error: Error | undefined, large?: readonly StateKey[]) => void;
  /** The keys whose values are too large to come with the others. */
  readonly #large: StateKey[] = [];
  /** How many have come. */
  #count = 0;
  #id = 0;

  constructor(
    keys: readonly StateKey[],
    at: Tid,
    numberIn: NumberIn,
    take: (state: Loaded) => void,
    done: (error: Error | undefined, large?: readonly StateKey[]) => void,
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
      if (length === VALUE_LARGE) {
        this.#large.push(key);
        continue;
      }
      const bytes = length === VALUE_NONE ? undefined : values.copy(payload.bytes, payload.skip(length), length);
      this.#take({ collection: key.collection, key: key.key, tid, next, bytes });
    }
    payload.finish();
    const isLast = (frame.flags & FIN) !== 0;
    if (isLast !== (this.#count === this.#keys.length))
      throw protocolError('an answer has another number of states than keys');
    if (isLast) this.#done(undefined, this.#large);
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
  return allocateBytes(length);
}
