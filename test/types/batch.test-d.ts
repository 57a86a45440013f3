import { describe, expectTypeOf, test } from 'vitest';
import { type BatchAnswer, type BatchOperation, open, struct, t, tuple, uint32, utf8 } from '../../lib/index.ts';

const env = open('never run');
const names = env.collection('names', { key: uint32, value: utf8 });
const City = struct({ name: t.utf8, population: t.u32 });
const cities = env.collection('cities', { key: tuple, value: City });

describe('the operations of a batch', () => {
  test('are those of their collections, mixed', () => {
    const answers = env.batch([
      { type: 'put', collection: names, key: 1, value: 'one' },
      { type: 'putNew', collection: cities, key: ['FR', 1], value: { name: 'Paris', population: 1 } },
      { type: 'del', collection: names, key: 2 },
      { type: 'clear', collection: cities, range: { prefix: ['FR'] } },
      { type: 'clear', collection: names },
    ]);
    expectTypeOf(answers).toEqualTypeOf<Promise<BatchAnswer[]>>();
    env.batch([]);
  });

  test('take no key or value of another type', () => {
    const mixed = [{ type: 'del' as const, collection: names, key: 1 }];
    env.batch([...mixed, { type: 'put', collection: cities, key: ['FR'], value: { name: 'Paris', population: 1 } }]);
    // @ts-expect-error
    env.batch([{ type: 'put', collection: names, key: 'one', value: 'one' }]);
    // @ts-expect-error
    env.batch([{ type: 'put', collection: names, key: 1, value: 1 }]);
    // @ts-expect-error
    env.batch([...mixed, { type: 'put', collection: cities, key: ['FR'], value: { name: 'Paris' } }]);
    // @ts-expect-error
    env.batch([{ type: 'del', collection: names, key: 'one' }]);
    // @ts-expect-error
    env.batch([{ type: 'clear', collection: names, range: { gt: 'one' } }]);
    // @ts-expect-error
    env.batch([{ type: 'put', collection: names, key: 1 }]);
  });

  test('may depend on the version of their key', () => {
    env.batch([
      { type: 'put', collection: names, key: 1, value: 'one', ifVersion: 7 },
      { type: 'del', collection: cities, key: ['FR'], ifVersion: 0 },
    ]);
    // @ts-expect-error
    env.batch([{ type: 'put', collection: names, key: 1, value: 'one', ifVersion: '7' }]);
    // @ts-expect-error
    env.batch([{ type: 'clear', collection: names, ifVersion: 7 }]);
    // @ts-expect-error
    env.batch([{ type: 'putNew', collection: names, key: 1, value: 'one', ifVersion: 7 }]);
    expectTypeOf(names.putIf(1, 'one', 7)).toEqualTypeOf<boolean>();
    expectTypeOf(names.delIf(1, 7)).toEqualTypeOf<boolean>();
    env.write((txn) => {
      expectTypeOf(names.in(txn).putIf(1, 'one', 7)).toEqualTypeOf<boolean>();
      expectTypeOf(names.in(txn).delIf(1, 7)).toEqualTypeOf<boolean>();
      expectTypeOf(txn.tid).toEqualTypeOf<number>();
    });
    expectTypeOf(env.storeId).toEqualTypeOf<string | undefined>();
    // @ts-expect-error
    names.putIf(1, 'one');
    // @ts-expect-error
    names.delIf('one', 1);
  });

  test('may be made one by one', () => {
    env.batch([1, 2].map((key) => ({ type: 'put' as const, collection: names, key, value: 'x' })));
    const operations: BatchOperation[] = [];
    operations.push({ type: 'put', collection: names, key: 1, value: 'one' });
    operations.push({ type: 'del', collection: cities, key: ['FR'] });
    env.batch(operations);
    const ofNames: BatchOperation<typeof names>[] = [{ type: 'put', collection: names, key: 1, value: 'one' }];
    // @ts-expect-error
    ofNames.push({ type: 'put', collection: names, key: 'one', value: 'one' });
    env.batch(ofNames);
    env.batch(new Set(ofNames));
    env.batch(
      (function* () {
        yield { type: 'del' as const, collection: names, key: 1 };
      })(),
    );
  });
});
