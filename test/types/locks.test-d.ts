import { expectTypeOf, test } from 'vitest';
import type { Environment } from '../../lib/index.ts';
import { type Lock, LockManager, type LockMode } from '../../lib/objects/index.ts';

declare const env: Environment;

test('locks by name', () => {
  const locks = new LockManager(env);
  expectTypeOf(locks.request('a', () => 1)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(locks.request('a', { mode: 'shared' }, async () => 'x')).toEqualTypeOf<Promise<string>>();
  locks.request('a', (lock) => expectTypeOf(lock).toEqualTypeOf<Lock>());
  locks.request('a', { steal: true }, (lock) => expectTypeOf(lock).toEqualTypeOf<Lock>());
  locks.request('a', { ifAvailable: true }, (lock) => expectTypeOf(lock).toEqualTypeOf<Lock | null>());
  locks.request('a', ({ name, mode }) => {
    expectTypeOf(name).toEqualTypeOf<string>();
    expectTypeOf(mode).toEqualTypeOf<LockMode>();
  });
  // @ts-expect-error
  locks.request('a');
  // @ts-expect-error
  locks.request(1, () => {});
  // @ts-expect-error
  locks.request('a', { mode: 'other' }, () => {});
  // @ts-expect-error
  locks.request('a', { ifAvailable: true }, (lock: Lock) => lock);
  // @ts-expect-error
  new LockManager('path');
});
