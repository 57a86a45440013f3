import { type InspectOptions, inspect } from 'node:util';
import type { OpenCollection } from '../read/open-collection.ts';

/** What `console.log` shows of a collection. */
export function shownCollection(collection: OpenCollection, depth: number, options: InspectOptions): string {
  if (depth < 0) return '[Collection]';
  const { name, key, value, dupSort, versions, sharing, anyKeys, expiry } = collection;
  const values = inspect(value, { ...options, depth: depth - 1 });
  const on = { dupSort, versions, share: sharing !== undefined, expires: expiry !== undefined };
  const shown = Object.entries(on).map(([option, is]) => (is ? `, ${option}: true` : ''));
  if (anyKeys) shown.push(", keys: 'any'");
  return `Collection '${name}' { key: ${key.name}, value: ${values}${shown.join('')} }`;
}
