import type { Entry, JoinType } from '../../lib/index.ts';
import { Key, Value } from '../../lib/index.ts';

/** Any entry and any `on`: what the plain join takes. */
export type AnyEntry = Entry<unknown, unknown>;
export type AnyOn = 'key' | { key: number } | { field: string };

/** The join values of one entry, as JavaScript reads them. */
export function valuesOf(entry: AnyEntry, on: readonly AnyOn[]): unknown[] {
  return on.map((part) => {
    if (part === 'key') return entry.key;
    if ('key' in part) return (entry.key as Key).at(part.key);
    return (entry.value as Record<string, unknown>)[part.field];
  });
}

/** A text that equal values share; undefined for what matches nothing. */
function canonical(value: unknown): string | undefined {
  if (value === null || value === undefined || Number.isNaN(value)) return undefined;
  if (typeof value === 'bigint') return `number ${value}`;
  if (typeof value === 'number') return Number.isInteger(value) ? `number ${BigInt(value)}` : `number ${value}`;
  if (value instanceof Date) return `date ${value.getTime()}`;
  if (value instanceof Key) return `key ${value.toHex()}`;
  if (value instanceof Value) return `bytes ${value.toBuffer().toString('hex')}`;
  return `${typeof value} ${value}`;
}

function hashOf(entry: AnyEntry, on: readonly AnyOn[]): string | undefined {
  const parts = valuesOf(entry, on).map(canonical);
  return parts.includes(undefined) ? undefined : JSON.stringify(parts);
}

/** The positions of the pairs, `[build, probe]`, as a join by a Map gives them. */
export function plainJoin(
  build: readonly AnyEntry[],
  buildOn: readonly AnyOn[],
  probe: readonly AnyEntry[],
  probeOn: readonly AnyOn[],
  type: JoinType,
): [build: number | undefined, probe: number][] {
  const table = new Map<string, number[]>();
  build.forEach((entry, i) => {
    const hash = hashOf(entry, buildOn);
    if (hash !== undefined) table.set(hash, [...(table.get(hash) ?? []), i]);
  });
  const pairs: [number | undefined, number][] = [];
  probe.forEach((entry, i) => {
    const hash = hashOf(entry, probeOn);
    const matches = hash === undefined ? undefined : table.get(hash);
    if (type === 'semi' || type === 'anti') {
      if ((matches !== undefined) === (type === 'semi')) pairs.push([undefined, i]);
    } else if (matches !== undefined) {
      for (const match of matches) pairs.push([match, i]);
    } else if (type === 'left') {
      pairs.push([undefined, i]);
    }
  });
  return pairs;
}

const RANKS = ['bytes', 'string', 'nested', 'number', 'boolean', 'date'];

function rankOf(value: unknown): number {
  if (value instanceof Value) return 0;
  if (value instanceof Key) return 2;
  if (value instanceof Date) return 5;
  return RANKS.indexOf(typeof value === 'bigint' ? 'number' : typeof value);
}

function bytesOf(value: unknown): Buffer {
  return value instanceof Value || value instanceof Key ? value.toBuffer() : Buffer.from(value as string);
}

function compare(a: unknown, b: unknown): number {
  const order = rankOf(a) - rankOf(b);
  if (order !== 0) return order;
  if (rankOf(a) <= 2) return Buffer.compare(bytesOf(a), bytesOf(b));
  return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0;
}

/** Whether entries are in the order that mergeJoin asks for; those without a value to join on do not count. */
export function isInJoinOrder(entries: readonly AnyEntry[], on: readonly AnyOn[]): boolean {
  let last: unknown[] | undefined;
  for (const entry of entries) {
    const values = valuesOf(entry, on);
    if (values.map(canonical).includes(undefined)) continue;
    if (last !== undefined) {
      const before = last;
      const order = values.map((value, i) => compare(before[i], value)).find((part) => part !== 0);
      if (order !== undefined && order > 0) return false;
    }
    last = values;
  }
  return true;
}
