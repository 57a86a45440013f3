import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import * as objects from '../../../lib/objects/index.ts';
import { builtLibrary, WaitingChild } from '../../support/child.ts';
import { openAt, temporaryFolder } from '../../support/fixture.ts';
import { runs } from '../../support/runs.ts';
import { randomNumbers, SEED } from '../../versions/random.ts';
import { checkStore, itemClass } from './grow.mjs';
import { sources } from './library.ts';
import { danglingReferences, rawReader } from './raw-records.ts';

itemClass(objects);

const NAMES = ['a', 'b', 'c', 'd'];

const source = `
  const { openStore, ...objects } = await import(args.objects);
  const { grow } = await import(args.grow);
  const store = openStore(args.path, { durability: 'nosync' });
  await grow(store, objects, args.name, args.collects, tell);`;

/** Kills four processes that work on one store, one or two of which also collect garbage. Returns how many commits each has told. */
async function killAll(path: string, random: (n: number) => number): Promise<{ [name: string]: number }> {
  const told: { [name: string]: number } = {};
  const args = {
    path,
    objects: `${builtLibrary()}/dist/objects.js`,
    grow: fileURLToPath(new URL('grow.mjs', import.meta.url)),
  };
  const children = NAMES.map(
    (name) => new WaitingChild(source, { ...args, name, collects: name === 'd' || random(3) === 0 }),
  );
  // Each has begun. Which one goes on for how long is random.
  for (const child of children) await child.next();
  for (let left = random(20); left > 0; left--) await children[random(children.length)]?.next();
  for (const i of [0, 1, 2, 3].sort(() => random(3) - 1)) await children[i]?.kill();
  NAMES.forEach((name, i) => {
    const rest = children[i]?.rest() as number[];
    told[name] = rest.at(-1) ?? 0;
  });
  return told;
}

test(`a store is at a commit after each of many kills of processes that write (seed ${SEED})`, async () => {
  const library = await sources();
  const random = randomNumbers(SEED);
  // Four kills each.
  const rounds = runs(5, 250);
  let path = temporaryFolder();
  for (let round = 0; round < rounds; round++) {
    if (round % 10 === 9) path = temporaryFolder();
    const told = await killAll(path, random);
    const store = objects.openStore(path, { durability: 'nosync' });
    const counts = checkStore(store, NAMES);
    for (const name of NAMES) expect(counts[name], name).toBeGreaterThanOrEqual(told[name] as number);
    // What a collection has condemned refers to what is deleted already, until the next one has deleted it too.
    await store.collect();
    expect((await store.collect()).deleted).toBe(0);
    expect(checkStore(store, NAMES)).toEqual(counts);
    for await (const problem of store.check()) expect(problem).toBe(undefined);
    const env = openAt(path);
    expect(danglingReferences(rawReader(library, env)())).toEqual([]);
    env.close();
    // The locks of the dead are free, and the store can be written.
    await store.locks.request('guard', () => store.write(() => delete store.root.holder));
    store.close();
  }
}, 7_200_000);
