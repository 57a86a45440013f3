import { weakMapGet, weakMapSet } from '../base/primordials.ts';
import type { Lease } from '../lease/lease.ts';
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
