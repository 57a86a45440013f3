import { expectTypeOf, test } from 'vitest';
import { bytes, type Environment, type SweepOptions, utf8 } from '../../lib/index.ts';

declare const env: Environment;

test('a collection whose values expire', () => {
  const items = env.collection('items', { key: utf8, value: bytes, expires: true });
  env.collection('items', { key: utf8, value: bytes, expires: { ttl: 5 }, versions: true });
  expectTypeOf(items.expiresAt('a')).toEqualTypeOf<number | undefined>();
  expectTypeOf(items.as({ value: utf8 }).expiresAt('a')).toEqualTypeOf<number | undefined>();
  expectTypeOf(items.putUntil('a', Buffer.alloc(1), new Date())).toEqualTypeOf<void>();
  items.putUntil('a', Buffer.alloc(1), 5);
  env.write((txn) => {
    items.in(txn).putUntil('a', Buffer.alloc(1), 5);
    items.putUntil('a', Buffer.alloc(1), 5, txn);
    expectTypeOf(items.in(txn).expiresAt('a')).toEqualTypeOf<number | undefined>();
  });
  for (const entry of items.range()) expectTypeOf(entry.expires).toEqualTypeOf<number | undefined>();
  env.batch([
    { type: 'put', collection: items, key: 'a', value: Buffer.alloc(1), expires: new Date() },
    { type: 'putNew', collection: items, key: 'a', value: Buffer.alloc(1), ttl: 5 },
  ]);
  expectTypeOf(env.sweep()).toEqualTypeOf<Promise<number>>();
  expectTypeOf(env.sweep).parameter(0).toEqualTypeOf<SweepOptions | undefined>();
  // @ts-expect-error
  items.putUntil('a', Buffer.alloc(1));
  // @ts-expect-error
  items.as({ value: utf8 }).putUntil('a', 'A', 5);
  // @ts-expect-error
  env.batch([{ type: 'del', collection: items, key: 'a', ttl: 5 }]);
  // @ts-expect-error
  env.collection('items', { key: utf8, value: utf8, dupSort: true, expires: true });
  // @ts-expect-error
  env.collection('items', { key: utf8, value: utf8, expires: 5 });
});
