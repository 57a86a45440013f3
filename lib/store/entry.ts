import { inspectAs } from '../inspect.ts';
import { type Lease, NO_LEASE } from '../lease/lease.ts';
import { keepShape } from '../shape.ts';

/** A key and its value; each is made when asked for. */
export interface Entry<KView, VView> {
  readonly key: KView;
  readonly value: VView;
}

/** The Entry of a range: a place in a lease. */
export class RangeEntry<KView, VView> implements Entry<KView, VView> {
  readonly #lease: Lease;
  readonly #at: number;

  constructor(lease: Lease, at: number) {
    this.#lease = lease;
    this.#at = at;
  }

  get key(): KView {
    return keyAt(this.#lease, this.#at) as KView;
  }

  get value(): VView {
    return valueAt(this.#lease, this.#at) as VView;
  }

  static {
    inspectAs(RangeEntry.prototype, (self) => inspectEntry(self));
  }
}

keepShape(new RangeEntry(NO_LEASE, 0));

/** These stand apart so that each getter is below 27 bytes of bytecode, which V8 inlines whatever else there is. */
function keyAt(lease: Lease, at: number): unknown {
  return lease.views.key(lease, at);
}

function valueAt(lease: Lease, at: number): unknown {
  return lease.views.value(lease, at + 2);
}

/** What `console.log` shows of an entry, whatever became of it. */
export function inspectEntry(entry: Entry<unknown, unknown>): object {
  const read = (get: () => unknown): unknown => {
    try {
      return get();
    } catch (error) {
      return error instanceof Error && 'code' in error ? `<${error.code}>` : '<unreadable>';
    }
  };
  return { key: read(() => entry.key), value: read(() => entry.value) };
}
