import { LeaseholdError } from '../../base/errors.ts';
import { arrayBufferByteLength, freezeClass, PrimordialUint8Array } from '../../base/primordials.ts';
import { native } from '../../native/native.ts';
import { copyBytes } from '../bytes.ts';
import { Counters } from '../counters.ts';
import { Drained } from '../drain/drained.ts';
import { isOutOfMemory, takeBack } from '../drain/moving.ts';
import { Lease, type Views } from '../lease.ts';
import type { NativeSource } from '../source.ts';
import { guardZlib } from '../zlib.ts';

/** The most bytes of a window. Every slice of at most 1 GiB that begins in the window's first GiB is inside the window. */
const LONGEST_WINDOW = 2 ** 31;
const NO_MEMORY = new ArrayBuffer(0);

let windowOf: (source: BufferSource, begin: number) => Uint8Array;

/** The window of a source that begins at byte `begin`. Not a method, so that a program that finds a source cannot call it. */
export function openWindow(source: BufferSource, begin: number): Uint8Array {
  return windowOf(source, begin);
}

/** A source that lends the bytes of an ArrayBuffer. The number of a window is the byte at which it begins. */
export class BufferSource implements NativeSource {
  readonly handle: object;
  readonly counters: Counters = new Counters();
  readonly invalidate: boolean;
  readonly hasGroups: boolean = false;
  /** Whether leases expire when they are taken back. */
  #expires: boolean;
  #memory: ArrayBuffer;
  /** The window that was opened last. */
  #window: Uint8Array | undefined;
  #windowBegin = 0;
  #ended = false;
  #drained: Drained | undefined;

  /** `handle` is the object by which other addons find this source. Default: the source itself. */
  protected constructor(handle: object | undefined, memory: ArrayBuffer, expires: boolean, invalidate: boolean) {
    this.handle = handle ?? this;
    this.invalidate = invalidate;
    this.#expires = expires;
    this.#memory = memory;
  }

  /** A source that lends `memory`, which nobody else may hold. Other addons find it by `handle`. */
  static own(memory: ArrayBuffer, expires: boolean, handle?: object): BufferSource {
    const source = new BufferSource(handle, memory, expires, expires);
    native.sourceOpen(source.handle, memory, expires);
    return source;
  }

  /**
   * A relay: it lends the memory that an object of another addon lends. `invalidate` is true in any case: even if the object wants leases to
   * be moved, they expire if there is no memory for the move. `ERR_NOT_LEASEHOLD_SOURCE`, `ERR_LEASE_EXPIRED`.
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

  /** If this throws `ENOMEM`, the source is still open. */
  end(): void {
    if (this.#ended) return;
    // Before revoke, which can run code of other addons: that code must not borrow again.
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

  /** Lends `memory` from now on, and returns the memory before. All that was lent must have been taken back. */
  replace(memory: ArrayBuffer): ArrayBuffer {
    native.sourceReplace(this.handle, memory);
    const before = this.#memory;
    this.#memory = memory;
    this.#window = undefined;
    return before;
  }

  /** Returns a copy, since another thread may read it while the source's memory changes. If leases expire, the copy is detached with them. */
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
        // The lent memory goes in any case. So leases that cannot be moved must expire.
        takeBack(relay, true);
        if (isOutOfMemory(error)) return false;
        throw error;
      }
    });
  }
}

freezeClass(BufferSource);
