import { invalidValue } from '../../base/errors.ts';
import { keyCodecNamed } from '../../key/key-codecs.ts';
import type { ServedStore } from '../served-store.ts';
import type { Token } from './rights.ts';

/** `ERR_INVALID_ARG_VALUE` if a grant has elements as its prefix, and the collection is there and its keys have none. */
export function checkPrefixes(tokens: readonly Token[], store: ServedStore): void {
  for (const { grants } of tokens) {
    for (const { collection, prefix } of grants) {
      if (!Array.isArray(prefix)) continue;
      const described = store.describe(collection);
      if (described === undefined || keyCodecNamed(described.key)?.prefix === 'elements') continue;
      throw invalidValue(
        `the prefix of a grant is an array, and the keys of '${collection}' are no tuples but '${described.key}': give the text or the bytes with which they begin`,
      );
    }
  }
}
