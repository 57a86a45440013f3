import { expect, test } from 'vitest';
import {
  type CollectProgress,
  openStore,
  PersistentMap,
  persistent,
  ref,
  type Store,
  t,
} from '../../lib/objects/index.ts';
import { openAt, openTemporary } from '../support/fixture.ts';

interface Nodes {
  name: string;
  next?: Nodes | undefined;
  data: unknown;
}

const Node = persistent('collect.Node', {
  name: t.utf8,
  next: ref((): (new () => Nodes) => Node as never).optional(),
  data: t.json<unknown>(),
})((Base) => class Node extends Base {});
type AnyNode = InstanceType<typeof Node>;

function node(name: string, next?: AnyNode, data: unknown = null): AnyNode {
  return new Node(next === undefined ? { name, data } : { name, data, next });
}

function stored(options: object = {}): Store {
  return openStore(openTemporary(options));
}

/** The names of all objects that are there, reachable or not. */
function names(store: Store): string[] {
  store.refresh();
  return [...store.all(Node)].map((each) => each.name).sort();
}

/** An object, and what it reaches, to which nothing refers any more. */
function dropped(store: Store, object: AnyNode): AnyNode {
  store.root.dropped = object;
  delete store.root.dropped;
  return object;
}

/** Calls `fn` when a phase begins. */
function at(phase: CollectProgress['phase'], fn: () => void): (progress: CollectProgress) => void {
  let isDone = false;
  return (progress) => {
    if (progress.phase !== phase || isDone) return;
    isDone = true;
    fn();
  };
}

const gone = expect.objectContaining({ code: 'ERR_NO_OBJECT' });

test('what the root does not reach is deleted, with the rows of collections; what it reaches stays', async () => {
  const store = stored();
  const d = store.root;
  const longKey = 'k'.repeat(2000);
  store.write(() => {
    d.field = node('field', node('field of a field'));
    d.plain = { deep: [{ in: node('in a plain value') }] };
    d.data = node('data', undefined, { list: [node('in the data')] });
    d.map = new PersistentMap();
    d.map.set(['a'], node('in a map'));
    d.map.set([longKey], node('under a long key'));
    const a = node('cycle a');
    a.next = node('cycle b', a);
    d.cycle = a;
    const map = new PersistentMap<unknown, unknown>();
    map.set(['x'], node('in a dropped map'));
    map.set([longKey], 'a row under a long key');
    d.drop = [map, node('dropped', node('dropped too')), a];
  });
  delete d.drop;
  const before = names(store);
  expect(await store.collect()).toEqual({ objects: 15, deleted: 4, rows: 3 });
  expect(names(store)).toEqual(before.filter((name) => !name.includes('dropped')));
  expect(d.map.get([longKey]).name).toBe('under a long key');
  expect(await store.collect()).toEqual({ objects: 11, deleted: 0, rows: 0 });
  delete d.cycle;
  expect((await store.collect()).deleted).toBe(2);
});

test('an object that a program holds and that was deleted is no object any more', async () => {
  const store = stored();
  const held = dropped(store, node('held', node('next')));
  const map = new PersistentMap();
  store.root.map = map;
  delete store.root.map;
  expect(held.next?.name).toBe('next');
  const view = store.snapshot();
  const old = view.get(held);
  await store.collect();
  expect(() => held.name).toThrow(gone);
  expect(() => {
    held.name = 'x';
  }).toThrow(gone);
  expect(() => {
    store.root.again = held;
  }).toThrow(gone);
  expect(() => {
    store.root.again = node('new', held);
  }).toThrow(gone);
  expect(() => map.set(['a'], 1)).toThrow(gone);
  expect(() => map.clear()).toThrow(gone);
  await expect(
    store.transact((txn) => {
      txn.root.again = [held];
    }),
  ).rejects.toThrow(gone);
  expect(old.next?.name).toBe('next');
  view.end();
  expect(names(store)).toEqual([]);
});

test('what others refer to while it marks stays, with all that it reaches', async () => {
  const store = stored();
  const d = store.root;
  const inField = dropped(store, node('in a field', node('its next', node('and so on'))));
  const inMap = dropped(store, node('in a map', undefined, [node('in its data')]));
  const changed = dropped(store, node('changed', node('of the changed')));
  const filled = new PersistentMap<unknown, unknown>();
  d.filled = filled;
  filled.set(['a'], node('in the filled map'));
  delete d.filled;
  dropped(store, node('garbage'));
  d.map = new PersistentMap();
  d.keeper = node('keeper');
  const onProgress = at('mark', () => {
    d.keeper.next = inField;
    d.map.set(['x'], inMap);
    changed.name = 'changed!';
    filled.set(['b'], 1);
  });
  expect((await store.collect({ onProgress })).deleted).toBe(1);
  expect(names(store)).not.toContain('garbage');
  expect(d.keeper.next.next.next.name).toBe('and so on');
  expect(d.map.get(['x']).data[0].name).toBe('in its data');
  expect(changed.next?.name).toBe('of the changed');
  expect((filled.get(['a']) as AnyNode).name).toBe('in the filled map');
  // Nothing refers to these two now.
  expect((await store.collect()).deleted).toBe(4);
});

test.each([
  ['the log of changes does not reach back', { changes: { count: 2 } }, 1],
  ['a commit is so large that the log has only its bounds', {}, 11_000],
])('the same where %s', async (_, options, rows) => {
  const store = stored(options);
  const d = store.root;
  const revived = dropped(store, node('revived', node('next')));
  dropped(store, node('garbage'));
  d.map = new PersistentMap();
  const onProgress = at('mark', () => {
    store.write(() => {
      for (let i = 0; i < rows; i++) d.map.set([i], i);
      d.map.set(['x'], revived);
    });
    for (let i = 0; i < 10; i++) d.last = i;
  });
  expect((await store.collect({ onProgress })).deleted).toBe(1);
  expect(d.map.get(['x']).next.name).toBe('next');
});

test('while it deletes, nothing can refer to what it has condemned; it can be ended, and the next one goes on', async () => {
  const store = stored();
  const d = store.root;
  const held: AnyNode[] = [];
  store.write(() => {
    const map = new PersistentMap<unknown, unknown>();
    d.dropped = map;
    for (let i = 0; i < 3000; i++) {
      const first = node(`dropped ${i}`, node('next'));
      held.push(first);
      map.set([i], first);
    }
  });
  delete d.dropped;
  const ended = new AbortController();
  const seen: CollectProgress[] = [];
  let refused = 0;
  await expect(
    store.collect({
      signal: ended.signal,
      onProgress(progress) {
        seen.push(progress);
        if (progress.phase !== 'sweep' || progress.total === 0) return;
        // None of them was deleted at first, and what they refer to is not there later.
        for (const each of [held[0], held[1500], held[2999]] as AnyNode[]) {
          expect(() => {
            d.again = each;
          }).toThrow(gone);
          refused++;
        }
        if (progress.deleted > 0) ended.abort();
      },
    }),
  ).rejects.toMatchObject({ code: 'ABORT_ERR' });
  expect(refused).toBeGreaterThan(3);
  expect(seen.map(({ phase }) => phase)).toContain('mark');
  // What is condemned is deleted for whoever lists the objects.
  expect(names(store)).toEqual([]);
  expect(store.environment.collections()).toEqual([]);
  const { deleted } = seen.at(-1) as CollectProgress;
  expect(deleted).toBeGreaterThan(0);
  expect(deleted).toBeLessThan(6001);
  expect((await store.collect()).deleted).toBe(6001 - deleted);
  expect(await store.collect()).toEqual({ objects: 1, deleted: 0, rows: 0 });
});

test('a transaction that began before, and refers to what was condemned meanwhile, does not commit', async () => {
  const store = stored();
  const held = dropped(store, node('held', node('next')));
  const ended = new AbortController();
  let runs = 0;
  await expect(
    store.transact(async (txn) => {
      runs++;
      const mine = txn.get(held);
      expect(mine.name).toBe('held');
      if (runs === 1) {
        // Another handle on the same database: it is condemned, and not deleted yet.
        const other = openStore(openAt(store.environment.path));
        const collected = other.collect({
          signal: ended.signal,
          onProgress: ({ phase, total }) => {
            if (phase === 'sweep' && total > 0) ended.abort();
          },
        });
        await expect(collected).rejects.toMatchObject({ code: 'ABORT_ERR' });
      }
      txn.root.again = mine;
    }),
  ).rejects.toThrow(gone);
  expect(runs).toBe(2);
  store.refresh();
  expect(store.root.again).toBe(undefined);
});

test('options are checked', async () => {
  const store = stored();
  await expect(store.collect({ onProgress: 1 as never })).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
  await expect(store.collect({ limit: 1 } as never)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
  await expect(store.collect({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORT_ERR' });
  await expect(store.environment.transact(() => store.collect())).rejects.toMatchObject({ code: 'ERR_BUSY' });
});
