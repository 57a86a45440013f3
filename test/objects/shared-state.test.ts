import { expect, test } from 'vitest';
import { idOf, openStore, persistent, stateOf, t } from '../../lib/objects/index.ts';
import { temporaryFolder } from '../support/fixture.ts';

const Town = persistent('shared.Town', { people: t.f64 })(class Town {});

test('two views have one state for each version, also of objects that only all() has found, or that the store has forgotten', () => {
  const store = openStore(temporaryFolder(), { durability: 'nosync', cache: 2 });
  store.root.towns = Array.from({ length: 100 }, (_, i) => new Town({ people: i }));
  using first = store.snapshot();
  using second = store.snapshot();
  store.root.last = 1;
  using third = store.snapshot();
  const states = [...first.all(Town)].map((town) => stateOf(town));
  expect(new Set(states).size).toBe(100);
  expect([...third.all(Town)].map((town) => stateOf(town))).toEqual(states);
  for (const [i, town] of [...third.all(Town)].entries()) expect(stateOf(town)).toBe(states[i]);
  for (const [i, town] of (second.root.towns as object[]).entries()) expect(stateOf(town)).toBe(states[i]);
  for (const [i, town] of (store.root.towns as object[]).entries()) expect(stateOf(town)).toBe(states[i]);
  const town = store.root.towns[0];
  town.people++;
  expect(stateOf(town)).not.toBe(states[0]);
  expect(stateOf(town)).toEqual({ id: idOf(town), tid: store.snapshot().tid });
  store.close();
});
