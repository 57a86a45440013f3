import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { openStore, PersistentMap, type Problem } from '../../lib/objects/index.ts';
import { builtLibrary } from '../support/child.ts';
import { openTemporary, temporaryFolder } from '../support/fixture.ts';
import { isLong } from '../support/long.ts';

const RUNS = isLong ? 20_000 : 300;

/** Drops objects that it holds, and refers to them again later, when a collection may have deleted them. */
const program = (library: string): string => `
import { openStore, persistent, ref, t } from ${JSON.stringify(pathToFileURL(join(library, 'dist/objects.js')).href)};
const Node = persistent('processes.Node', { number: t.u32, next: ref(() => Node).optional() })((Base) => class Node extends Base {});
const [path, name, runs] = process.argv.slice(2);
const store = openStore(path, { durability: 'nosync' });
const held = [];
let revived = 0;
let refused = 0;
const tryIt = async (fn) => {
  try {
    await fn();
    revived++;
  } catch (error) {
    if (error.code !== 'ERR_NO_OBJECT') throw error;
    refused++;
  }
};
for (let i = 0; i < Number(runs); i++) {
  const chain = new Node({ number: i, next: new Node({ number: i, next: new Node({ number: i }) }) });
  store.write(() => store.root.map.set([name, i % 7], chain));
  held.push(chain);
  const old = held[Math.floor(Math.random() * held.length)];
  if (i % 3 === 0) await tryIt(() => store.write(() => store.root.map.set([name, 'again', i % 5], old)));
  if (i % 3 === 1) await tryIt(() => store.transact(async (txn) => {
    const mine = txn.get(old);
    await null;
    txn.root.map.set([name, 'again', i % 5], { in: [mine] });
  }, { retries: 1000 }));
  if (i % 3 === 2) await tryIt(() => store.write(() => { chain.next.next = old; }));
  await new Promise(setImmediate);
  if (held.length > 50) held.shift();
}
store.close();
console.log(JSON.stringify({ revived, refused }));
`;

test('processes that refer again to what they have dropped: no reference dangles, whatever is collected meanwhile', async () => {
  const env = openTemporary();
  const store = openStore(env);
  store.root.map = new PersistentMap();
  const file = join(temporaryFolder(), 'program.mjs');
  writeFileSync(file, program(builtLibrary()));
  const children = ['a', 'b'].map((name) => {
    const child = spawn(process.execPath, [file, env.path, name, String(RUNS)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return once(child, 'exit');
  });
  let running = true;
  const ended = Promise.all(children).then((codes) => {
    running = false;
    return codes.map(([code]) => code as number);
  });
  let deleted = 0;
  while (running) ({ deleted } = { deleted: deleted + (await store.collect()).deleted });
  expect(await ended).toEqual([0, 0]);
  expect(deleted).toBeGreaterThan(0);
  const problems: Problem[] = [];
  for await (const problem of store.check()) problems.push(problem);
  expect(problems).toEqual([]);
});
