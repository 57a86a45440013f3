import { expect, test } from 'vitest';
import { openStore, persistent, t } from '../../../lib/objects/index.ts';
import { openTemporary, temporaryFolder } from '../../support/fixture.ts';

const Node = persistent('special.Node', { any: t.json<unknown>() })(class {});

test('an environment has one store, whoever opens it', () => {
  const env = openTemporary();
  const store = openStore(env);
  store.root.x = { a: 1 };
  store.close();
  expect(openStore(env)).toBe(store);
  expect(openStore(env).root.x).toEqual({ a: 1 });
});

test('a plain value that is assigned and then read in a write is stored', () => {
  const store = openStore(temporaryFolder(), { durability: 'nosync' });
  store.root.x = new Node({ any: [1] });
  store.write(() => {
    store.root.x.any = { list: [2] };
    expect(store.root.x.any.list[0]).toBe(2);
  });
  expect(store.root.x.any).toEqual({ list: [2] });
});
