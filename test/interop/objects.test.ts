import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  Counter,
  idOf,
  openStore,
  PersistentList,
  PersistentMap,
  persistent,
  ref,
  t,
} from '../../lib/objects/index.ts';
import { temporaryFolder } from '../support/fixture.ts';
import { formatDump } from './dump.ts';
import { compiledTools, load, run } from './tools.ts';

const Node = persistent('interop.Node', { n: t.u32, text: t.utf8, next: ref().optional(), tags: t.json })(class {});

test('mdb_dump and mdb_load make the same store: objects, collections, what collect() has to delete, and ids', async () => {
  const path = temporaryFolder();
  const store = openStore(path);
  const made = new Node({ n: 1, text: 'é'.repeat(3000), tags: ['a', { at: new Date(5) }] });
  store.write(() => {
    made.next = new Node({ n: 2, text: '', next: made, tags: null });
    Object.assign(store.root, {
      made,
      map: new PersistentMap<unknown, unknown>([
        ['x'.repeat(1000), made],
        [['FR', 7], { to: made.next }],
      ]),
      list: new PersistentList([made, 2]),
      counter: new Counter(5),
      dropped: new Node({ n: 3, text: 'dropped', tags: 0 }),
    });
  });
  const dropped = idOf(store.root.dropped) as number;
  delete store.root.dropped;
  const contents = ({ root }: typeof store): unknown => [
    [...root.map.keys()],
    [root.made.n, root.made.text, root.made.tags, root.made.next.n, root.made.next.next === root.made],
    [root.map.get('x'.repeat(1000)) === root.made, root.map.get(['FR', 7]).to === root.made.next],
    [root.list.at(0) === root.made, root.list.at(1), root.counter.value, root.map.size, idOf(root.made)],
  ];
  const wanted = contents(store);
  const greatest = idOf(store.root.counter) as number;
  store.close();

  const tools = compiledTools();
  const copy = join(temporaryFolder(), 'copy');
  // mdb_load 0.9.29 forgets the flags of the first database in its input.
  load(tools, copy, formatDump(undefined, []), run(tools.dump, ['-a', path]));
  const loaded = openStore(copy);
  expect(contents(loaded)).toEqual(wanted);
  for await (const problem of loaded.check()) expect(problem).toBeUndefined();
  expect(await loaded.collect()).toMatchObject({ deleted: 1 });
  loaded.root.made.next.next = new Node({ n: 4, text: 'new', tags: 1 });
  const added = idOf(loaded.root.made.next.next) as number;
  expect([added > greatest, added > dropped]).toEqual([true, true]);
  await loaded.transact((txn) => {
    txn.root.counter.add(1);
    txn.root.map.set('y', txn.root.made);
  });
  expect([loaded.root.counter.value, loaded.root.map.size]).toEqual([6, 3]);
  for await (const problem of loaded.check()) expect(problem).toBeUndefined();
  loaded.close();
});
