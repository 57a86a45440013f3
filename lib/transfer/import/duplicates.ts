import { checkChoice } from '../../base/check-arguments.ts';
import { invalidValue } from '../../base/errors.ts';
import { copyBytes } from '../../lease/bytes.ts';
import { Lease, NO_VIEWS } from '../../lease/lease.ts';
import type { OpenCollection } from '../../read/open-collection.ts';

export type OnDuplicate = 'replace' | 'ignore' | 'error';

/** `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`. */
export function checkOnDuplicate(given: unknown): asserts given is OnDuplicate | undefined {
  checkChoice(given, 'onDuplicate', ['replace', 'ignore', 'error']);
}

/** Counts and handles records whose key (with `dupSort`: whose pair of key and value) is there already, from this import or from before. */
export class Duplicates {
  readonly #collection: OpenCollection;
  readonly policy: OnDuplicate;
  count = 0;

  constructor(collection: OpenCollection, policy: OnDuplicate) {
    this.#collection = collection;
    this.policy = policy;
  }

  /** Whether the first record of a key is stored, and not the last. */
  get firstStays(): boolean {
    return this.policy !== 'replace';
  }

  /** Counts one of two records with the same key. Throws if that ends the import. */
  add(bytes: Uint8Array, keyAt: number, keyLength: number): void {
    this.count++;
    if (this.policy !== 'error') return;
    const { key, dupSort } = this.#collection;
    const lease = Lease.private(NO_VIEWS, copyBytes(bytes, keyAt, keyLength), keyLength);
    const shown = key.text.toJson(key.view(lease, 0));
    const what = dupSort ? `a value of the key ${shown}` : `the key ${shown}`;
    throw invalidValue(`${what} is there already, from another record or from before (\`onDuplicate\` is 'error')`);
  }
}
