import { invalidValue } from '../base/errors.ts';
import { bareArray } from '../base/primordials.ts';
import { writer } from '../base/writer.ts';
import { appendBytes } from '../lease/bytes.ts';
import { u32At } from '../lease/header.ts';
import type { Lease, Views } from '../lease/lease.ts';
import { bytesOf, lengthOf, startOf } from '../lease/sink.ts';
import {
  CONTROL_TID,
  CONTROL_TID_HIGH,
  CONTROL_VALUE_LENGTH,
  NOT_COMMITTED,
  NOT_FOUND,
  NOT_SHARED,
} from '../native/constants.ts';
import { control, native, terminated } from '../native/native.ts';
import type { SharedCounters } from '../native/stat.ts';
import { titleOf } from '../read/open-collection.ts';
import type { SharedCollection, Sharing } from '../read/sharing.ts';
import { getPrivate } from '../transaction/copied-reads.ts';
import type { EnvironmentState } from '../transaction/environment-state.ts';
import type { OpenRead } from '../transaction/open-read.ts';
import type { OpenTransaction } from '../transaction/open-transaction.ts';
import type { ValueCodec } from '../value/codec.ts';
import { json } from '../value/json.ts';
import { structOf } from '../value/struct/struct.ts';
import { freezeDeep } from './freeze.ts';

const { isFrozen } = Object;

/** Of an environment that shares no states. */
export const NO_SHARED: SharedCounters = Object.freeze({ states: 0, bytes: 0, hits: 0, decodes: 0, copies: 0 });

/** Stands for a state that freezing does not protect. */
const UNPROTECTED: object = Object.freeze({});

/** How many bytes the objects of a decoded value take for each stored byte, about: `{"a":1}` takes 40, a text as many as it has. */
const BYTES_PER_BYTE = 4;

/** The key of a state, at `offset` in the writer; the halves of its tid; the bytes of its stored value. */
interface StatePlace {
  readonly offset: number;
  readonly length: number;
  readonly tid: number;
  readonly tidHigh: number;
  readonly size: number;
}

/**
 * The shared states of an environment handle: each is decoded once, frozen, and given to every reader of its version. Native code knows by collection, key
 * and tid which state has which number; the states are here.
 */
export class SharedStates implements Sharing {
  readonly #environment: EnvironmentState;
  readonly #states: unknown[] = bareArray();
  #hits = 0;
  #decodes = 0;
  #copies = 0;

  constructor(environment: EnvironmentState) {
    this.#environment = environment;
    native.makeStates(environment.native, environment.maxSharedBytes);
  }

  get counters(): SharedCounters {
    const { states, bytes } = native.stateCounts(this.#environment.native);
    return { states, bytes, hits: this.#hits, decodes: this.#decodes, copies: this.#copies };
  }

  get(collection: SharedCollection, transaction: OpenTransaction, offset: number, length: number): unknown {
    const found = native.findShared(transaction.handle, collection.id, offset, length);
    if (found === undefined) throw terminated();
    const state = found >= 0 ? this.#states[found] : undefined;
    if (state !== undefined && state !== UNPROTECTED) {
      this.#hits++;
      return state;
    }
    if (found === NOT_FOUND) return undefined;
    // Read before decoding, which calls other native functions.
    const place = {
      offset,
      length,
      tid: control[CONTROL_TID] as number,
      tidHigh: control[CONTROL_TID_HIGH] as number,
      size: control[CONTROL_VALUE_LENGTH] as number,
    };
    const decode = () => readOwn(collection, transaction, offset, length);
    return found === NOT_COMMITTED ? this.#frozen(collection, decode) : this.#decoded(collection, state, place, decode);
  }

  isShared(collection: SharedCollection, value: unknown): boolean {
    // A codec of the program itself may freeze a part of what it gives.
    return isFrozen(value) && (collection.value === json || freezeDeep(value, true));
  }

  shared(collection: SharedCollection, views: Views): Views {
    return { ...views, aimsValue: false, value: (lease, at) => this.#view(collection, views, lease, at) };
  }

  unshared(collection: SharedCollection, views: Views): Views {
    const value = (lease: Lease, at: number) => this.#frozen(collection, () => views.value(lease, at));
    return { ...views, aimsValue: false, value };
  }

  #view(collection: SharedCollection, views: Views, lease: Lease, at: number): unknown {
    const { lead } = views;
    const tidAt = startOf(lease, at, null) - lead;
    const tidHigh = u32At(lease.values, tidAt);
    const tid = u32At(lease.values, tidAt + 4);
    // A tid of 0: a transaction has written the value itself, and not committed it.
    if ((tid === 0 && tidHigh === 0) || this.#environment.isClosed) {
      return this.#frozen(collection, () => views.value(lease, at));
    }
    const offset = writer.position;
    try {
      const length = lengthOf(lease, at - 2, null);
      appendBytes(writer, bytesOf(lease, at - 2), startOf(lease, at - 2, null), length);
      const found = native.findState(this.#environment.handle, collection.id, offset, length, tid, tidHigh);
      if (found === undefined) throw terminated();
      const state = found >= 0 ? this.#states[found] : undefined;
      if (state === undefined || state === UNPROTECTED) {
        const size = lengthOf(lease, at, null);
        return this.#decoded(collection, state, { offset, length, tid, tidHigh, size }, () => views.value(lease, at));
      }
      this.#hits++;
      return state;
    } finally {
      writer.position = offset;
    }
  }

  /** What to give where `state` is not a shared state: it is UNPROTECTED, or undefined since the table does not have it. */
  #decoded(collection: SharedCollection, state: unknown, place: StatePlace, decode: () => unknown): unknown {
    return state === UNPROTECTED ? this.#copy(decode) : this.#share(collection, place, decode);
  }

  /** Decodes a state, and adds it to the table. */
  #share(collection: SharedCollection, place: StatePlace, decode: () => unknown): unknown {
    const value = decode();
    this.#decodes++;
    if (value === undefined) return undefined;
    const isProtected = freezeDeep(value, isCareful(collection));
    const { offset, length, tid, tidHigh } = place;
    const size = place.size * BYTES_PER_BYTE;
    const number = native.addState(this.#environment.handle, collection.id, offset, length, tid, tidHigh, size);
    if (number !== NOT_SHARED) {
      // A codec of the program itself may have read the same state while it decoded this one. Then the first one counts.
      const there = this.#states[number];
      if (there !== undefined && there !== UNPROTECTED) return there;
      this.#states[number] = isProtected ? value : UNPROTECTED;
      this.#evict();
    }
    // A part of a value that is not protected is frozen by now.
    return isProtected ? value : this.#copy(decode);
  }

  #evict(): void {
    for (;;) {
      const number = native.evictState(this.#environment.handle);
      if (number === NOT_SHARED) return;
      this.#states[number] = undefined;
    }
  }

  /** A value that is not shared: frozen, so that it behaves as a shared one does. */
  #frozen(collection: SharedCollection, decode: () => unknown): unknown {
    const value = decode();
    this.#decodes++;
    return freezeDeep(value, isCareful(collection)) ? value : this.#copy(decode);
  }

  #copy(decode: () => unknown): unknown {
    this.#copies++;
    return decode();
  }
}

/** Whether the values may be anything, since the program decodes them. */
function isCareful(collection: SharedCollection): boolean {
  return collection.value !== json;
}

/** The value of a key, decoded for this caller. */
function readOwn(collection: SharedCollection, transaction: OpenTransaction, offset: number, length: number): unknown {
  const coder = collection.valueIn(transaction);
  if (!transaction.lends) return getPrivate(transaction.handle, collection.id, coder, offset, length);
  return (transaction as OpenRead).get(collection.id, coder, offset, length);
}

/** Throws `ERR_INVALID_ARG_VALUE` for a collection whose values cannot be shared. */
export function checkShare(value: ValueCodec<never, unknown>, versions: boolean, name: string): void {
  if (!versions) {
    throw invalidValue(`${titleOf(name)}: share: true needs versions: true, since a state is known by its version`);
  }
  if (value.objects && structOf(value) === undefined) return;
  throw invalidValue(
    `${titleOf(name)}: share: true is for codecs that decode a value whole (json, msgpack, a codec of your own); ` +
      `'${value.name}' reads it where it lies, which costs less than sharing`,
  );
}
