import { type InspectOptions, inspect } from 'node:util';
import type { OpenCollection } from '../read/open-collection.ts';

/** What `console.log` shows of a collection. */
export function shownCollection(collection: OpenCollection, depth: number, options: InspectOptions): string {
  if (depth < 0) return '[Collection]';
  const { name, key, value, dupSort, versions, expiry } = collection;
  const values = inspect(value, { ...options, depth: depth - 1 });
  const made = { dupSort, versions, expires: expiry !== undefined };
  const shown = Object.entries(made).map(([option, is]) => (is ? `, ${option}: true` : ''));
  return `Collection '${name}' { key: ${key.name}, value: ${values}${shown.join('')} }`;
}
