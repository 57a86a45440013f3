import { checkOptionNames, invalidType, invalidValue, LeaseholdError, outOfRange } from '../../base/errors.ts';
import { inspectAs } from '../../base/inspect.ts';
import {
  arrayBufferByteLength,
  isDetached,
  transferArrayBuffer,
  weakMapGet,
  weakMapSet,
} from '../../base/primordials.ts';
import { Block, type Lent } from './buffer-source.ts';
import '../resolve.ts';

export interface LeaseSourceOptions {
  /** What becomes of the sinks that are alive when what they read ends. Default `'copy'`. */
  onEnd?: 'copy' | 'invalidate';
}

let blockOf: (source: object) => Block | undefined;

/** What passes on the memory of another addon's objects. */
const relays = new WeakMap<object, Block>();

/**
 * Lends slices of an ArrayBuffer to Keys and Values (`Key.from`, `Value.from`) and ends when told: a block that was
 * decompressed or received, say. It takes the ArrayBuffer over, as a transfer does, so that nobody else can change,
 * resize or detach it under the sinks; `revoke` gives it back.
 */
export class LeaseSource {
  readonly #block: Block;
  #state: 'open' | 'ended' = 'open';
  readonly #drained: Promise<void>;
  #settle: () => void = () => {};

  /**
   * Takes `arrayBuffer` over, which is detached. `ERR_INVALID_ARG_TYPE` for what is none, `ERR_INVALID_ARG_VALUE` for one
   * that is detached already or cannot be transferred.
   */
  constructor(arrayBuffer: ArrayBuffer, options: LeaseSourceOptions = {}) {
    if (typeof options !== 'object' || options === null) throw invalidType('options', 'an object', options);
    checkOptionNames(options, ['onEnd'], 'new LeaseSource()');
    const { onEnd = 'copy' } = options;
    if (onEnd !== 'copy' && onEnd !== 'invalidate') throw invalidValue("onEnd must be 'copy' or 'invalidate'");
    this.#block = Block.own(this, takeOver(arrayBuffer), onEnd === 'invalidate');
    this.#drained = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /**
   * Ends what was lent so far: what is still held moves to the heap, or expires. With another ArrayBuffer,
   * which it takes over too, it lends that one from then on, and gives the one before back for the next block to be put
   * there. `ERR_LEASE_EXPIRED` if it has ended; `ENOMEM` if memory cannot be had: nothing is lost then.
   */
  revoke(): undefined;
  revoke(arrayBuffer: ArrayBuffer): ArrayBuffer;
  revoke(arrayBuffer?: ArrayBuffer): ArrayBuffer | undefined {
    if (this.#state === 'ended') throw sourceEnded();
    this.#block.revoke();
    return arrayBuffer === undefined ? undefined : this.#block.replace(takeOver(arrayBuffer));
  }

  /** @deprecated The name that `revoke` had in version 0.1. */
  step(): undefined;
  step(arrayBuffer: ArrayBuffer): ArrayBuffer;
  step(arrayBuffer?: ArrayBuffer): ArrayBuffer | undefined {
    return arrayBuffer === undefined ? this.revoke() : this.revoke(arrayBuffer);
  }

  /**
   * Ends what was lent, as `revoke` does, and lends no more. Ending twice does nothing. `ENOMEM` if memory cannot be had:
   * the source is open still, then.
   */
  end(): void {
    if (this.#state === 'ended') return;
    this.#block.end();
    this.#state = 'ended';
    this.#settle();
  }

  [Symbol.dispose](): void {
    this.end();
  }

  get state(): 'open' | 'ended' {
    return this.#state;
  }

  /** Settles once the source has ended, when nothing needs its memory any more. */
  get drained(): Promise<void> {
    return this.#drained;
  }

  static {
    blockOf = (source) => (#block in source ? source.#block : undefined);
    inspectAs(LeaseSource.prototype, (self) => `LeaseSource { ${self.#state} }`);
  }
}

/**
 * Lends `length` bytes of a source from `offset` on: of a LeaseSource, or of an object of another addon that follows the
 * lease protocol. `ERR_NOT_LEASEHOLD_SOURCE`, `ERR_LEASE_EXPIRED`, `ERR_OUT_OF_RANGE`.
 */
export function lend(source: unknown, offset: number, length: number): Lent {
  if (typeof source !== 'object' || source === null) {
    throw invalidType('source', 'a LeaseSource or an object of another addon that lends memory', source);
  }
  checkPosition(offset, 'offset');
  checkPosition(length, 'length');
  const own = blockOf(source);
  const lent = own === undefined ? relay(source, offset, length) : own.lend(offset, length);
  if (lent === undefined) throw sourceEnded();
  return lent;
}

/** The relay of a source that has taken back what it lent is of no more use: another one is made. */
function relay(source: object, offset: number, length: number): Lent | undefined {
  const lent = weakMapGet(relays, source)?.lend(offset, length);
  if (lent !== undefined) return lent;
  const block = Block.relay(source);
  weakMapSet(relays, source, block);
  return block.lend(offset, length);
}

/** The memory of an ArrayBuffer, in one that nobody else has. */
function takeOver(arrayBuffer: ArrayBuffer): ArrayBuffer {
  let length: number;
  try {
    length = arrayBufferByteLength(arrayBuffer);
  } catch {
    throw invalidType('arrayBuffer', 'an ArrayBuffer', arrayBuffer);
  }
  if (length === 0 && isDetached(arrayBuffer)) throw invalidValue('arrayBuffer must not be detached');
  try {
    return transferArrayBuffer(arrayBuffer);
  } catch (cause) {
    throw new LeaseholdError('ERR_INVALID_ARG_VALUE', 'arrayBuffer cannot be transferred to a LeaseSource', { cause });
  }
}

function checkPosition(value: number, name: string): void {
  if (typeof value !== 'number') throw invalidType(name, 'a number', value);
  if (!Number.isSafeInteger(value) || value < 0) throw outOfRange(name, 'an integer from 0 on', value);
}

function sourceEnded(): LeaseholdError {
  return new LeaseholdError(
    'ERR_LEASE_EXPIRED',
    'the source has ended, and lends no more: read what it lent before, or make another one',
  );
}
