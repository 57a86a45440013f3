import { ROOT } from '../objects/base.ts';
import { definitionIn, handleOf } from '../objects/handle.ts';
import { PersistentList, PersistentMap } from '../objects/index.ts';
import type { SnapshotView } from '../objects/view/snapshot-view.ts';

/** The id that a text is; undefined for any other text. */
export function idOf(text: string): number | undefined {
  return /^[1-9]\d{0,15}$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
}

/**
 * What is at a path: names with dots between them, from the root or from the object with the id that the path begins with. A name is that of a field or a
 * property, the key of a map or the index of a list. Undefined if nothing is there.
 */
export function objectAt(view: SnapshotView, path: string): unknown {
  const names = path.split('.');
  const id = idOf(names[0] as string);
  let value: unknown = view.find(id ?? ROOT);
  for (const name of id === undefined ? names : names.slice(1)) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = entryOf(value, name) ?? (isReadable(value, name) ? (value as Record<string, unknown>)[name] : undefined);
  }
  return value;
}

/** Whether a name is one of a field, of a property of the root, or of a plain value: no method. */
function isReadable(holder: object, name: string): boolean {
  const handle = handleOf(holder);
  return (handle !== undefined && definitionIn(handle).byName.has(name)) || Object.hasOwn(holder, name);
}

/** An entry of a collection, whose key is a text or JSON; undefined if there is none. */
function entryOf(holder: object, name: string): unknown {
  const keys = [name, fromJson(name)];
  if (holder instanceof PersistentList) return typeof keys[1] === 'number' ? holder.at(keys[1]) : undefined;
  if (!(holder instanceof PersistentMap)) return undefined;
  for (const key of keys) {
    try {
      const value = holder.get(key);
      if (value !== undefined) return value;
    } catch {
      // No key of the codec of this map.
    }
  }
  return undefined;
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
