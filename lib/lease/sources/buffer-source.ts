import { allocate } from '../../base/allocate.ts';
import { LeaseholdError, outOfRange } from '../../base/errors.ts';
import {
  arrayBufferByteLength,
  emptyRecord,
  freezeClass,
  PrimordialUint8Array,
  PrimordialUint32Array,
  typedArrayLength,
} from '../../base/primordials.ts';
import { BLOCK_ENDED } from '../../native/constants.ts';
import { native } from '../../native/native.ts';
import { copyBytes, copyInto } from '../bytes.ts';
import { Counters } from '../counters.ts';
import { detach } from '../detach.ts';
import { Lease, NO_VIEWS, ROW_NUMBERS } from '../lease.ts';
import type { Lender } from '../lender.ts';
import { guardZlib } from '../zlib.ts';

/** The most bytes that a lease covers, or one slice if that is larger; and how many slices. */
const LEASE_BYTES = 4 * 1024;
const LEASE_SLICES = 64;
/** Windows begin at multiples of this, and a slice has at most so many bytes: that far engines index at full speed. */
const WINDOW = 2 ** 30;

/** Where a sink finds what was lent to it. */
export interface Lent {
  readonly lease: Lease;
  readonly at: number;
}

/**
 * A source that is no transaction: an ArrayBuffer of which slices are lent. Slices share leases, as the rows of a batch
 * do; a lease covers at most 4 KiB, so that this is what one kept sink makes it move.
 */
export class Block implements Lender {
  readonly counters: Counters = new Counters();
  /** Whether what it lends can expire: of a relay, only its source knows. */
  readonly invalidate: boolean;
  /** What native code knows it by. */
  readonly #object: object;
  #memory: ArrayBuffer;
  #windows: Record<number, Uint8Array | undefined> = emptyRecord();
  /** The lease that the next slice is added to, and what it covers so far. */
  #lease: Lease | undefined;
  #slices = 0;
  #bytes = 0;

  private constructor(object: object, memory: ArrayBuffer, invalidate: boolean) {
    this.invalidate = invalidate;
    this.#object = object;
    this.#memory = memory;
  }

  /** A block that lends `memory`, which nobody else may hold; other addons find it behind `object`. */
  static own(object: object, memory: ArrayBuffer, expires: boolean): Block {
    native.blockOpen(object, memory, expires);
    return new Block(object, memory, expires);
  }

  /** A block that passes on what another addon's object lends. `ERR_NOT_LEASEHOLD_SOURCE`, `ERR_LEASE_EXPIRED`. */
  static relay(source: object): Block {
    const object = {};
    try {
      return new Block(object, native.blockBorrow(object, source), true);
    } catch (cause) {
      const { code, message } = cause as Error & { code?: string };
      throw new LeaseholdError(code ?? 'ERR_NOT_LEASEHOLD_SOURCE', message, { cause });
    }
  }

  /** Lends a slice; undefined if the block has ended. `ERR_OUT_OF_RANGE` for bytes that it does not lend. */
  lend(offset: number, length: number): Lent | undefined {
    const from = offset % WINDOW;
    const window = (offset - from) / WINDOW;
    let lease = this.#lease;
    const joins =
      lease !== undefined &&
      lease.valueWindow === window &&
      this.#slices < LEASE_SLICES &&
      this.#bytes + length <= LEASE_BYTES;
    if (!joins) lease = new Lease(NO_VIEWS, this, false);
    const status = length > WINDOW ? -1 : native.blockLend(this.#object, offset, length, joins ? undefined : lease);
    if (status === BLOCK_ENDED) return undefined;
    if (status !== 0) throw outOfRange('offset + length', 'inside of what the source lends', offset + length);
    if (!joins) this.#begin(lease as Lease, window);
    const at = this.#slices++ * 2;
    const { table } = lease as Lease;
    table[at] = from;
    table[at + 1] = length;
    this.#bytes += length;
    return { lease: lease as Lease, at };
  }

  lendBuffer(window: number, offset: number, length: number): ArrayBuffer {
    if (this.invalidate) guardZlib();
    const buffer = copyBytes(this.#window(window), offset, length).buffer;
    native.blockLendBuffer(this.#object, buffer);
    return buffer;
  }

  resolve(window: number, offset: number, length: number): object {
    return native.resolveBlock(this.#object, window * WINDOW + offset, length);
  }

  /** Moves what is held to the heap, or expires it. `ENOMEM`: nothing is lost then. */
  revoke(): void {
    this.#lease = undefined;
    checkMoved(native.blockStep(this.#object));
  }

  /** The same, and lends no more. */
  end(): void {
    this.#lease = undefined;
    checkMoved(native.blockEnd(this.#object));
  }

  /** Lends `memory` from now on; gives the memory before. Everything that was lent must have been moved. */
  replace(memory: ArrayBuffer): ArrayBuffer {
    native.blockReplace(this.#object, memory);
    const before = this.#memory;
    this.#memory = memory;
    this.#windows = emptyRecord();
    return before;
  }

  #begin(lease: Lease, window: number): void {
    lease.keys = lease.values = this.#window(window);
    lease.keyWindow = lease.valueWindow = window;
    lease.table = new PrimordialUint32Array(LEASE_SLICES * 2);
    this.#lease = lease;
    this.#slices = 0;
    this.#bytes = 0;
  }

  /** A window reaches into the next one, so that each slice lies in the one that it begins in. */
  #window(index: number): Uint8Array {
    const known = this.#windows[index];
    if (known !== undefined) return known;
    const begin = index * WINDOW;
    const length = arrayBufferByteLength(this.#memory) - begin;
    const window = new PrimordialUint8Array(this.#memory, begin, length < 2 * WINDOW ? length : 2 * WINDOW);
    this.#windows[index] = window;
    return window;
  }
}

freezeClass(Block);

function checkMoved(waiting: number): void {
  if (waiting === 0) return;
  throw new LeaseholdError(
    'ENOMEM',
    `no memory could be had to move what ${waiting} leases still hold; they stay as they are: try again`,
  );
}

/** What native code calls when a block ends: moves or expires a lease; false if there is no memory to move it to. */
function endLease(lease: Lease | ArrayBuffer, expires: boolean): boolean {
  if (!(lease instanceof Lease)) {
    detach(lease);
    return true;
  }
  if (expires) {
    lease.expire();
    return true;
  }
  const { table, values } = lease;
  const numbers = typedArrayLength(table);
  let size = numbers * 4;
  for (let i = 1; i < numbers; i += 2) size += table[i] as number;
  let memory: ArrayBuffer;
  try {
    memory = allocate(size);
  } catch {
    return false;
  }
  const bytes = new PrimordialUint8Array(memory);
  const moved = new PrimordialUint32Array(memory, 0, numbers);
  let position = numbers * 4;
  for (let i = 0; i < numbers; i += 2) {
    const length = table[i + 1] as number;
    copyInto(bytes, position, values, table[i] as number, length);
    moved[i] = position;
    moved[i + 1] = length;
    position += length;
  }
  lease.adopt(memory, numbers / ROW_NUMBERS);
  return true;
}
native.attachBlocks(endLease);
