import { LeaseholdError } from '../../base/errors.ts';
import { arrayBufferByteLength, freezeClass, PrimordialUint8Array } from '../../base/primordials.ts';
import { native } from '../../native/native.ts';
import { copyBytes } from '../bytes.ts';
import { Counters } from '../counters.ts';
import { Drained } from '../drain/drained.ts';
import { isOutOfMemory, takeBack } from '../drain/moving.ts';
import { Lease, type Views } from '../lease.ts';
import type { Source } from '../source.ts';
import { guardZlib } from '../zlib.ts';

/** How far a window reaches at most. A slice of 1 GiB that begins in its first GiB lies in it. */
const LONGEST_WINDOW = 2 ** 31;
const NO_MEMORY = new ArrayBuffer(0);

let windowOf: (source: BufferSource, begin: number) => Uint8Array;

/** The memory of a source from byte `begin` on: what that window is. Not a method: nobody who finds a source may call it. */
export function openWindow(source: BufferSource, begin: number): Uint8Array {
  return windowOf(source, begin);
}

/** A source that lends the bytes of an ArrayBuffer. A window of it is named by the byte that it begins at. */
export class BufferSource implements Source {
  readonly handle: object;
  readonly counters: Counters = new Counters();
  readonly invalidate: boolean;
  /** Whether what is taken back expires. */
  #expires: boolean;
  #memory: ArrayBuffer;
  /** The window that was opened last. */
  #window: Uint8Array | undefined;
  #windowBegin = 0;
  #ended = false;
  #drained: Drained | undefined;

  /** `handle` is the object that other addons find this behind, if it is another one. */
  protected constructor(handle: object | undefined, memory: ArrayBuffer, expires: boolean, invalidate: boolean) {
    this.handle = handle ?? this;
    this.invalidate = invalidate;
    this.#expires = expires;
    this.#memory = memory;
  }

  /** A source that lends `memory`, which nobody else may hold. Other addons find it behind `handle`. */
  static own(memory: ArrayBuffer, expires: boolean, handle?: object): BufferSource {
    const source = new BufferSource(handle, memory, expires, expires);
    native.sourceOpen(source.handle, memory, expires);
    return source;
  }

  /**
   * A relay: passes on what another addon's object lends. What it lent can expire whatever that object wants, since a move
   * may find no memory. `ERR_NOT_LEASEHOLD_SOURCE`, `ERR_LEASE_EXPIRED`.
   */
  static relay(object: object): BufferSource {
    const relay = new BufferSource(undefined, NO_MEMORY, true, true);
    try {
      relay.#memory = native.sourceBorrow(relay, object);
    } catch (cause) {
      const { code, message } = cause as Error & { code?: string };
      throw new LeaseholdError(code ?? 'ERR_NOT_LEASEHOLD_SOURCE', message, { cause });
    }
    relay.#expires = native.sourceExpires(relay);
    return relay;
  }

  get drained(): Promise<void> {
    this.#drained ??= new Drained();
    const { promise } = this.#drained;
    if (this.#ended) this.#drained.settle();
    return promise;
  }

  lend(views: Views): Lease {
    this.counters.leases++;
    return new Lease(views, this, false);
  }

  revoke(): void {
    takeBack(this, this.#expires);
  }

  /** `ENOMEM`: it is open still. */
  end(): void {
    if (this.#ended) return;
    // First, so that a sink of another addon that is told cannot borrow anew.
    native.sourceEnd(this.handle, true);
    try {
      this.revoke();
    } catch (error) {
      native.sourceEnd(this.handle, false);
      throw error;
    }
    this.#ended = true;
    this.#drained?.settle();
  }

  /** Lends `memory` from now on; gives the memory before. What was lent must have been taken back. */
  replace(memory: ArrayBuffer): ArrayBuffer {
    native.sourceReplace(this.handle, memory);
    const before = this.#memory;
    this.#memory = memory;
    this.#window = undefined;
    return before;
  }

  /** A copy: no other thread may read memory that changes. It is detached with what was lent if that expires. */
  lendBuffer(window: number, offset: number, length: number): ArrayBuffer {
    if (this.invalidate) guardZlib();
    const buffer = copyBytes(windowOf(this, window), offset, length).buffer;
    native.lendCopy(this.handle, buffer);
    return buffer;
  }

  resolve(window: number, offset: number, length: number): object {
    return native.resolve(this.handle, window, offset, length);
  }

  static {
    windowOf = (source, begin) => {
      const known = source.#window;
      if (known !== undefined && source.#windowBegin === begin) return known;
      const rest = arrayBufferByteLength(source.#memory) - begin;
      const length = rest < LONGEST_WINDOW ? rest : LONGEST_WINDOW;
      const window = new PrimordialUint8Array(source.#memory, begin, length);
      source.#window = window;
      source.#windowBegin = begin;
      return window;
    };

    native.attachSources((relay: BufferSource) => {
      try {
        takeBack(relay, relay.#expires);
        return true;
      } catch (error) {
        // The memory goes whether or not there is some to move to.
        takeBack(relay, true);
        if (isOutOfMemory(error)) return false;
        throw error;
      }
    });
  }
}

freezeClass(BufferSource);
