import type { Store } from '../../../lib/objects/index.ts';

type Mode = 'equal' | 'phase';
type Pair = new (fields: { n: number; list: number[] }) => object;

export interface TwoObjects {
  /** `'equal'`: each transaction changes both objects. `'phase'`: each changes the one that is behind. */
  mode: Mode;
  /** How many transactions must succeed. */
  transactions: number;
  random: (n: number) => number;
  /** Called after each transaction, with the sum of both objects. */
  onCommit?: (sum: number) => unknown;
}

export function pairClass(objects: object): Pair;
export function setUp(store: Store, Pair: Pair): void;
export function work(store: Store, options: TwoObjects): Promise<number>;
export function sumOf(store: Store, mode: Mode): number;
