import { expect, test } from 'vitest';
import { openStore } from '../../../lib/objects/index.ts';
import { openTemporary } from '../../support/fixture.ts';

test('an environment has one store, whoever opens it', () => {
  const env = openTemporary();
  const store = openStore(env);
  store.root.x = { a: 1 };
  store.close();
  expect(openStore(env)).toBe(store);
  expect(openStore(env).root.x).toEqual({ a: 1 });
});
