import { expectTypeOf, test } from 'vitest';
import { type Environment, utf8 } from '../../lib/index.ts';

declare const env: Environment;

test('a collection with keys of any length', () => {
  const items = env.collection('items', { key: utf8, value: utf8, keys: 'any' });
  expectTypeOf(items.get('')).toEqualTypeOf<string | undefined>();
  env.collection('items', { key: utf8, value: utf8, keys: 'any', versions: true });
  // @ts-expect-error
  env.collection('items', { keys: 'all' });
  // @ts-expect-error
  env.collection('items', { keys: true });
  // @ts-expect-error
  env.collection('items', { key: utf8, value: utf8, dupSort: true, keys: 'any' });
});
