import { inspectAs, tagAs } from '../../base/inspect.ts';
import { inspect } from '../../base/platform.ts';
import { MARK, type Marked, SINK } from '../../base/uncloneable.ts';
import type { SinkState } from '../../lease/lease.ts';
import {
  asBuffer,
  byteAt,
  compare,
  hash,
  hexOf,
  lengthOf,
  type Place,
  registerSinkClass,
  type Sink,
  stateOf,
  toBuffer,
} from '../../lease/sink.ts';
import { type RecordPlace, recordAccess } from './record-place.ts';
import { keepView } from './struct-view.ts';

/** The sink calls of a struct's view or a List. They are not methods of the view, since fields may have any name. */
export class StructSink<V> implements Sink {
  readonly #view: V;
  /** Looked up once: the view may be a Proxy, and no user code may run in the middle of a comparison. */
  readonly #record: RecordPlace;

  constructor(view: V) {
    this.#record = recordAccess.record(view);
    this.#view = view;
    (this as unknown as Marked)[MARK] = SINK;
  }

  get byteLength(): number {
    const { lease, at, span } = this.#place();
    return lengthOf(lease, at, span);
  }

  get state(): SinkState {
    const { lease, span } = this.#place();
    return stateOf(lease, span);
  }

  byteAt(index: number): number | undefined {
    const { lease, at, span } = this.#place();
    return byteAt(lease, at, span, index);
  }

  equals(other: Sink | Uint8Array): boolean {
    return this.compare(other) === 0;
  }

  compare(other: Sink | Uint8Array): number {
    const { lease, at, span } = this.#place();
    return compare(lease, at, span, other);
  }

  hash(): number {
    const { lease, at, span } = this.#place();
    return hash(lease, at, span);
  }

  toBuffer(): Buffer<ArrayBuffer> {
    const { lease, at, span } = this.#place();
    return toBuffer(lease, at, span);
  }

  asBuffer(): Buffer<ArrayBuffer> {
    const { lease, at, span } = this.#place();
    return asBuffer(lease, at, span);
  }

  /** The bytes in hexadecimal. */
  toJSON(): string {
    const { lease, at, span } = this.#place();
    return hexOf(lease, at, span);
  }

  /** Moves the view to the heap now, and returns it. Inside a `scan`, returns a new private view. */
  keep(): V {
    return keepView(this.#view as V & object, this.#record);
  }

  #place(): Place {
    return recordAccess.placeOf(this.#record);
  }

  static {
    registerSinkClass((sink) => (#view in sink ? sink.#place() : undefined));
    tagAs(StructSink.prototype, 'Sink', (sink) => sink.toJSON());
    inspectAs(StructSink.prototype, (sink, depth) =>
      depth < 0 ? '[Sink]' : `Sink of ${inspect(sink.#view, { depth })}`,
    );
  }
}

/** The sink calls of a struct's view, or of a List. `ERR_INVALID_ARG_TYPE` for anything else. */
export function sinkOf<V extends object>(view: V): StructSink<V> {
  return new StructSink(view);
}
