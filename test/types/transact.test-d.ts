import { expectTypeOf, test } from 'vitest';
import {
  type ChangingTxn,
  type Environment,
  type OptimisticTransaction,
  type ReadTransaction,
  uint32,
  utf8,
} from '../../lib/index.ts';

declare const env: Environment;

test('transact() gives what its function gives, as a promise', () => {
  expectTypeOf(env.transact(() => 1)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(env.transact(async (txn) => txn.id)).toEqualTypeOf<Promise<number>>();
  env.transact((txn) => expectTypeOf(txn).toEqualTypeOf<OptimisticTransaction>(), {
    isolation: 'snapshot',
    retries: 3,
  });
  // @ts-expect-error there is no such isolation
  env.transact(() => {}, { isolation: 'none' });
});

test('an optimistic transaction reads and writes, as a write transaction does', () => {
  const counts = env.collection('counts', { key: utf8, value: uint32, versions: true });
  const both = (txn: ChangingTxn): void => counts.put('a', 1, txn);
  env.write(both);
  env.transact(async (txn) => {
    both(txn);
    counts.clear(txn);
    counts.in(txn).put('b', 2);
    expectTypeOf(counts.get('a', txn)).toEqualTypeOf<number | undefined>();
    // @ts-expect-error a value of another type
    counts.put('a', 'x', txn);
  });
  env.read((txn: ReadTransaction) => {
    // @ts-expect-error nothing is written in a read transaction
    both(txn);
  });
});
