import { keepHiddenClass } from '../base/hidden-class.ts';
import { inspectAs, tagAs } from '../base/inspect.ts';
import { weakMapGet, weakMapSet } from '../base/primordials.ts';
import { ENTRY, MARK, type Marked } from '../base/uncloneable.ts';
import { expiresAt, versionAt } from '../lease/header.ts';
import { type Lease, NO_LEASE } from '../lease/lease.ts';
import { hexOf } from '../lease/sink.ts';

/** A key and its value. Each read of a property makes a view anew. */
export interface Entry<KView, VView> {
  readonly key: KView;
  readonly value: VView;
  /** The number of the commit that wrote the value; undefined in a collection without `versions`. */
  readonly version: number | undefined;
  /**
   * The time in ms since 1970 after which the entry is absent, Infinity if it stays; undefined in a collection without `expires`. An Entry that
   * was read before stays readable.
   */
  readonly expires: number | undefined;
  /** An object with the key and the value, for `JSON.stringify`. */
  toJSON(): { key: KView; value: VView };
}

let placeOf: (entry: object) => { lease: Lease; at: number } | undefined;

/** The lease and the place that an Entry of a range reads; undefined for anything else. Not for users. */
export function placeOfEntry(entry: object): { lease: Lease; at: number } | undefined {
  return placeOf(entry);
}

/** The Entry of a range: a lease, and the place of a row in it. */
export class RangeEntry<KView, VView> implements Entry<KView, VView> {
  readonly #lease: Lease;
  readonly #at: number;

  constructor(lease: Lease, at: number) {
    this.#lease = lease;
    this.#at = at;
    (this as unknown as Marked)[MARK] = ENTRY;
  }

  get key(): KView {
    return keyAt(this.#lease, this.#at) as KView;
  }

  get value(): VView {
    return valueAt(this.#lease, this.#at) as VView;
  }

  get version(): number | undefined {
    return versionAt(this.#lease, this.#at);
  }

  get expires(): number | undefined {
    return expiresAt(this.#lease, this.#at);
  }

  toJSON(): { key: KView; value: VView } {
    return { key: this.key, value: this.value };
  }

  static {
    inspectAs(RangeEntry.prototype, (self) => inspectEntry(self));
    tagAs(RangeEntry.prototype, 'Entry', (self) => contentOf(self.#lease, self.#at));
    placeOf = (entry) => (#lease in entry ? { lease: entry.#lease, at: entry.#at } : undefined);
  }
}

keepHiddenClass(new RangeEntry(NO_LEASE, 0));

// Functions of their own, so that each getter has less than 27 bytes of bytecode: V8 inlines so small a function in any case.
function keyAt(lease: Lease, at: number): unknown {
  return lease.views.key(lease, at);
}

function valueAt(lease: Lease, at: number): unknown {
  return lease.views.value(lease, at + 2);
}

/**
 * A text that is equal for two entries if their bytes are equal and the same codecs read them. Made of bytes, since a codec may return
 * objects of any kind.
 */
export function contentOf(lease: Lease, at: number): string {
  const { key, value } = lease.views;
  return `${numberOf(key)}:${hexOf(lease, at, null)} ${numberOf(value)}:${hexOf(lease, at + 2, null)}`;
}

const codecNumbers = new WeakMap<object, number>();
let codecs = 0;

function numberOf(view: object): number {
  const known = weakMapGet(codecNumbers, view);
  if (known !== undefined) return known;
  weakMapSet(codecNumbers, view, ++codecs);
  return codecs;
}

/** What `console.log` shows of an entry. Never throws: a key or value that cannot be read is shown as the code of its error. */
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
