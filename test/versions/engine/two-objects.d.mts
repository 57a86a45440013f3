import type { Engine } from '../../../lib/versions/engine/engine.ts';

export interface TwoObjects {
  /** `'equal'`: each transaction changes both objects. `'phase'`: each changes the one that is behind. */
  mode: 'equal' | 'phase';
  /** How many transactions must succeed. */
  transactions: number;
  random: (n: number) => number;
  /** Called after each transaction. */
  onCommit?: (tid: number) => unknown;
}

export function reach(engine: Engine, tid: number): Promise<void>;
export function setUp(engine: Engine): Promise<void>;
export function work(engine: Engine, options: TwoObjects): Promise<CacheEntry[]>;
export function checkTwoObjects(
  engines: readonly Engine[],
  options: { mode: 'equal' | 'phase'; transactions: number; randomOf: (worker: number) => (n: number) => number },
): Promise<number>;
export function checkEntries(engine: Engine, caches: readonly (readonly CacheEntry[])[]): Promise<number>;

export interface CacheEntry {
  name: string;
  tid: number;
  next: number | undefined;
  /** The newest commit that the cache was told when the entry left it. */
  known: number;
  value: number;
}
