import type { ItemKeyView } from '../../key/item-key.ts';
import { keyCodecNamed } from '../../key/key-codecs.ts';
import { utf8 } from '../../value/utf8.ts';
import { definitionIn, handleOf, viewOf } from '../handle.ts';
import { dictionaryDefinition } from './dictionary.ts';
import { anyElement, ObjectKey } from './object-key.ts';
import { keyOf } from './row-key.ts';

/**
 * The keys of entries of a persistent collection as its programs see them; undefined if it has entries without keys, as a list has.
 * A persistent object that was an element of a set, and is gone, is undefined.
 */
export function entryKeys(collection: object, entries: readonly ItemKeyView[]): unknown[] | undefined {
  if (entries.length === 0) return [];
  const handle = handleOf(collection);
  if (handle !== undefined && definitionIn(handle) === dictionaryDefinition)
    return entries.map(({ own }) => keyOf(utf8, own));
  const name = (collection as { codec?: unknown }).codec;
  const codec = typeof name !== 'string' ? undefined : name === anyElement.name ? anyElement : keyCodecNamed(name);
  if (codec === undefined || handle === undefined) return undefined;
  return entries.map(({ own }) => {
    const key = keyOf(codec, own);
    return key instanceof ObjectKey ? viewOf(handle).find(key.id) : key;
  });
}
