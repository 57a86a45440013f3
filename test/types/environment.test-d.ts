import { describe, expectTypeOf, test } from 'vitest';
import { type OpenOptions, open } from '../../lib/index.ts';

const env = open('never run');

describe('an environment', () => {
  test('says how durable it can be', () => {
    expectTypeOf<OpenOptions['durability']>().toEqualTypeOf<
      'sync' | 'periodic' | 'nometasync' | 'nosync' | undefined
    >();
    expectTypeOf<OpenOptions['syncInterval']>().toEqualTypeOf<number | undefined>();
  });

  test('is synced at once or by a promise', () => {
    expectTypeOf(env.sync()).toEqualTypeOf<void>();
    expectTypeOf(env.flush()).toEqualTypeOf<Promise<void>>();
  });
});
