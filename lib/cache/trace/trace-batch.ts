/** Someone has read an object. Its size is that of what was read; 0: there is no such object. */
export const READ = 1;
/** A client has committed a new state of an object, of that size. */
export const WRITE = 2;
/** A client was told that another one has changed an object. */
export const CHANGE = 3;

export type TraceOp = typeof READ | typeof WRITE | typeof CHANGE;

/** Records of a trace, as columns. */
export class TraceBatch {
  /** How many records there are. */
  count: number = 0;
  readonly ops: Uint8Array;
  /** Which object: an integer below 2 ** 53. */
  readonly keys: Float64Array;
  /** In bytes. */
  readonly sizes: Float64Array;
  /** The number of the commit that was read, made or told of; 0: not known. */
  readonly tids: Float64Array;
  /** In ms, since 1970 if the trace says so. */
  readonly times: Float64Array;

  constructor(capacity: number = 8192) {
    this.ops = new Uint8Array(capacity);
    this.keys = new Float64Array(capacity);
    this.sizes = new Float64Array(capacity);
    this.tids = new Float64Array(capacity);
    this.times = new Float64Array(capacity);
  }

  get isFull(): boolean {
    return this.count === this.ops.length;
  }

  /** To be called only while the batch is not full. */
  push(op: TraceOp, key: number, size: number, tid: number, time: number): void {
    const i = this.count++;
    this.ops[i] = op;
    this.keys[i] = key;
    this.sizes[i] = size;
    this.tids[i] = tid;
    this.times[i] = time;
  }
}

/**
 * An integer below 2 ** 53 of a 64-bit identifier. Those below 2 ** 53 stay as they are, since identifiers are often small numbers; of
 * larger ones the upper bits are mixed into the others.
 */
export function keyOf(low: number, high: number): number {
  const upper = high >>> 21;
  return ((high ^ upper) & 0x1fffff) * 2 ** 32 + ((low ^ Math.imul(upper, 0x9e3779b1)) >>> 0);
}
