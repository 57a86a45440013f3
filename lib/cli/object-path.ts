import { ROOT } from '../objects/base.ts';
import { definitionIn, handleOf } from '../objects/handle.ts';
import type { SnapshotView } from '../objects/view/snapshot-view.ts';

/** The id that a text is; undefined for any other text. */
export function idOf(text: string): number | undefined {
  return /^[1-9]\d{0,15}$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
}

/** What is at a path: names with dots between them, from the root or from the object with the id that the path begins with. Undefined if nothing is. */
export function objectAt(view: SnapshotView, path: string): unknown {
  const names = path.split('.');
  const id = idOf(names[0] as string);
  let value: unknown = view.find(id ?? ROOT);
  for (const name of id === undefined ? names : names.slice(1)) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = isReadable(value, name) ? (value as Record<string, unknown>)[name] : undefined;
  }
  return value;
}

/** Whether a name is one of a field, of a property of the root, or of a plain value: no method. */
function isReadable(holder: object, name: string): boolean {
  const handle = handleOf(holder);
  return (handle !== undefined && definitionIn(handle).byName.has(name)) || Object.hasOwn(holder, name);
}
