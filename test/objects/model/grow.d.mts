import type { Store } from '../../../lib/objects/index.ts';

export function itemClass(objects: object): unknown;
export function grow(store: Store, objects: object, name: string, tell: (n: number) => void): Promise<never>;
export function checkStore(store: Store, names: readonly string[]): { [name: string]: number };
