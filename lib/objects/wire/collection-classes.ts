import { Counter } from '../collections/counter.ts';
import { dictionaryDefinition } from '../collections/dictionary.ts';
import { PersistentList } from '../collections/list.ts';
import { PersistentMap } from '../collections/map.ts';
import { PersistentSet } from '../collections/set.ts';
import type { Definition } from '../model.ts';

const CLASSES: readonly unknown[] = [PersistentMap, PersistentSet, PersistentList, Counter];

/** Whether the objects of a class have rows. */
export function isCollection(definition: Definition): boolean {
  return definition === dictionaryDefinition || CLASSES.some((of) => definition.extends(of));
}
