import type { Collection, Environment, OpenOptions } from '../../../lib/index.ts';

type Items = Collection<unknown, unknown, unknown, unknown>;
export type Name = 'docs' | 'texts' | 'leases';
export interface Collections extends Record<Name, Items> {
  markers: Items;
}

export const KEYS: number;
export const NAMES: readonly Name[];
export function openStore(
  lib: Pick<typeof import('../../../lib/index.ts'), 'open' | 'json' | 'uint32' | 'utf8'>,
  path: string,
  options: OpenOptions,
): { env: Environment; collections: Collections };
export function keyOf(name: Name, i: number): unknown;
export function stampOf(name: Name, value: unknown): string | null;
