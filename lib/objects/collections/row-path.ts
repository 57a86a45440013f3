import type { Handle } from '../model.ts';

/** The place of a value, for errors: a text, or what makes it of the collection and the key when there is an error. */
export type RowPath = string | ((collection: Handle, key: unknown) => string);

export function pathText(path: RowPath, collection: Handle, key: unknown): string {
  return typeof path === 'string' ? path : path(collection, key);
}
