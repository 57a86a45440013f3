import { weakMapGet, weakMapSet } from '../../base/primordials.ts';
import { Counter } from '../collections/counter.ts';
import { dictionaryDefinition } from '../collections/dictionary.ts';
import { PersistentList } from '../collections/list.ts';
import { PersistentMap } from '../collections/map.ts';
import { PersistentSet } from '../collections/set.ts';
import type { Definition } from '../model.ts';

const CLASSES: readonly unknown[] = [PersistentMap, PersistentSet, PersistentList, Counter];

/** What was found of each class: to look at its prototypes takes longer than all else that hints do with an object. */
const found = new WeakMap<Definition, boolean>();

/** Whether the objects of a class have rows. */
export function isCollection(definition: Definition): boolean {
  const known = weakMapGet(found, definition);
  if (known !== undefined) return known;
  const isOne = definition === dictionaryDefinition || CLASSES.some((of) => definition.extends(of));
  weakMapSet(found, definition, isOne);
  return isOne;
}
