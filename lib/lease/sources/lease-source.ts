import { checkOptionNames } from '../../base/check-arguments.ts';
import { invalidType, invalidValue, outOfRange } from '../../base/errors.ts';
import { inspectAs } from '../../base/inspect.ts';
import { isSafeInteger, weakMapGet, weakMapSet } from '../../base/primordials.ts';
import { BufferSource } from './buffer-source.ts';
import { type Lent, Slices } from './slices.ts';
import { sourceEnded } from './source-ended.ts';
import { takeOver } from './take-over.ts';
import '../resolve.ts';

export interface LeaseSourceOptions {
  /** What happens to the sinks that are alive when the source ends. Default `'copy'`. */
  onEnd?: 'copy' | 'invalidate';
}

let slicesOf: (source: object) => Slices | undefined;

/** The relay of each object of another addon. */
const relays = new WeakMap<object, Slices>();

/**
 * Lends slices of an ArrayBuffer to Keys and Values (`Key.from`, `Value.from`) until you end it: for example a block that was decompressed or
 * received. It takes the ArrayBuffer over, as a transfer does, so that nobody else can change, resize or detach it while sinks read it.
 * `revoke` returns the memory.
 */
export class LeaseSource {
  readonly #source: BufferSource;
  readonly #slices: Slices;
  #state: 'open' | 'ended' = 'open';

  /**
   * Takes the memory of `arrayBuffer` over, and so detaches `arrayBuffer`. `ERR_INVALID_ARG_TYPE` if it is not an ArrayBuffer,
   * `ERR_INVALID_ARG_VALUE` if it is already detached or cannot be transferred.
   */
  constructor(arrayBuffer: ArrayBuffer, options: LeaseSourceOptions = {}) {
    if (typeof options !== 'object' || options === null) throw invalidType('options', 'an object', options);
    checkOptionNames(options, ['onEnd'], 'new LeaseSource()');
    const { onEnd = 'copy' } = options;
    if (onEnd !== 'copy' && onEnd !== 'invalidate') throw invalidValue("onEnd must be 'copy' or 'invalidate'");
    this.#source = BufferSource.own(takeOver(arrayBuffer), onEnd === 'invalidate', this);
    this.#slices = new Slices(this.#source);
  }

  /**
   * Ends all leases so far: the sinks that are still held move to the heap, or expire. Given another ArrayBuffer, the source takes that one
   * over, lends it from now on, and returns the one before, which can be filled again. `ERR_LEASE_EXPIRED` if the source has ended. If this
   * throws `ENOMEM`, nothing is lost.
   */
  revoke(): undefined;
  revoke(arrayBuffer: ArrayBuffer): ArrayBuffer;
  revoke(arrayBuffer?: ArrayBuffer): ArrayBuffer | undefined {
    if (this.#state === 'ended') throw sourceEnded();
    this.#source.revoke();
    return arrayBuffer === undefined ? undefined : this.#source.replace(takeOver(arrayBuffer));
  }

  /** @deprecated The name that `revoke` had in version 0.1. */
  step(): undefined;
  step(arrayBuffer: ArrayBuffer): ArrayBuffer;
  step(arrayBuffer?: ArrayBuffer): ArrayBuffer | undefined {
    return arrayBuffer === undefined ? this.revoke() : this.revoke(arrayBuffer);
  }

  /**
   * Ends all leases, as `revoke` does, and stops lending. A second call does nothing. If this throws `ENOMEM`, the source is still open.
   */
  end(): void {
    if (this.#state === 'ended') return;
    this.#source.end();
    this.#state = 'ended';
  }

  [Symbol.dispose](): void {
    this.end();
  }

  get state(): 'open' | 'ended' {
    return this.#state;
  }

  /** Fulfilled when the source has ended and nothing needs its memory any more. */
  get drained(): Promise<void> {
    return this.#source.drained;
  }

  static {
    slicesOf = (source) => (#slices in source ? source.#slices : undefined);
    inspectAs(LeaseSource.prototype, (self) => `LeaseSource { ${self.#state} }`);
  }
}

/**
 * Lends `length` bytes from `offset` on. The source is a LeaseSource, or an object of another addon that follows the lease protocol.
 * `ERR_NOT_LEASEHOLD_SOURCE`, `ERR_LEASE_EXPIRED`, `ERR_OUT_OF_RANGE`.
 */
export function lend(source: unknown, offset: number, length: number): Lent {
  if (typeof source !== 'object' || source === null) {
    throw invalidType('source', 'a LeaseSource or an object of another addon that lends memory', source);
  }
  checkPosition(offset, 'offset');
  checkPosition(length, 'length');
  const own = slicesOf(source);
  const lent = own === undefined ? relay(source, offset, length) : own.lend(offset, length);
  if (lent === undefined) throw sourceEnded();
  return lent;
}

/** Lends by the relay of an object. A relay lends nothing more once the object has taken back its memory; then this makes a new relay. */
function relay(source: object, offset: number, length: number): Lent | undefined {
  const lent = weakMapGet(relays, source)?.lend(offset, length);
  if (lent !== undefined) return lent;
  const slices = new Slices(BufferSource.relay(source));
  weakMapSet(relays, source, slices);
  return slices.lend(offset, length);
}

function checkPosition(value: number, name: string): void {
  if (typeof value !== 'number') throw invalidType(name, 'a number', value);
  if (!isSafeInteger(value) || value < 0) throw outOfRange(name, 'an integer from 0 on', value);
}
