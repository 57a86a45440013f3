import { expectTypeOf, test } from 'vitest';
import { bytes, type Environment, type Readable, utf8, type Value } from '../../lib/index.ts';

declare const env: Environment;

test('a collection with versions', () => {
  const items = env.collection('items', { key: utf8, value: bytes, versions: true });
  expectTypeOf(items.version('a')).toEqualTypeOf<number>();
  expectTypeOf(items.as({ value: utf8 }).version('a')).toEqualTypeOf<number>();
  env.read((txn) => {
    expectTypeOf(items.in(txn)).toExtend<Readable<string, Uint8Array | Value>>();
    expectTypeOf(items.in(txn).version('a')).toEqualTypeOf<number>();
  });
  for (const entry of items.range()) expectTypeOf(entry.version).toEqualTypeOf<number | undefined>();
  items.scan({}, ({ version }) => expectTypeOf(version).toEqualTypeOf<number | undefined>());
  // @ts-expect-error
  items.version(1);
  // @ts-expect-error
  env.collection('items', { key: utf8, value: utf8, dupSort: true, versions: true });
  // @ts-expect-error
  env.collection('items', { key: utf8, value: utf8, versions: 1 });
});
