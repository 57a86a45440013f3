import { expect, test } from 'vitest';
import { uint32 } from '../../lib/index.ts';
import { type ObjectChange, openStore, PersistentMap, persistent, type Store, t } from '../../lib/objects/index.ts';
import { askChild } from '../support/child.ts';
import { temporaryFolder } from '../support/fixture.ts';

const Town = persistent('watch.Town', { people: t.f64, tags: t.json<unknown[]>() })(class Town {});

function stored(): { store: Store; d: Store['root']; path: string } {
  const path = temporaryFolder();
  const store = openStore(path, { durability: 'nosync' });
  store.write(() => {
    store.root.a = new Town({ people: 1, tags: [] });
    store.root.b = new Town({ people: 2, tags: [] });
    store.root.m = new PersistentMap({ key: uint32 });
  });
  return { store, d: store.root, path };
}

/** Calls `act`, and gives the first `count` changes of what is watched. */
async function changesOf<T extends object>(
  store: Store,
  object: T,
  count: number,
  act: () => unknown,
): Promise<ObjectChange<T>[]> {
  const changes: ObjectChange<T>[] = [];
  const watch = store.watch(object);
  await act();
  for await (const change of watch) {
    changes.push(change);
    if (changes.length === count) break;
  }
  return changes;
}

test('tells of each commit that changes the fields of an object, and of no other', async () => {
  const { store, d } = stored();
  const changes = await changesOf(store, d.a, 3, async () => {
    d.a.people = 10;
    d.b.people = 10;
    d.m.set(1, d.a);
    store.write(() => {
      d.a.people = 11;
      d.a.tags.push('x');
    });
    await store.transact((txn) => {
      txn.root.a.people = 12;
    });
  });
  expect(changes.map(({ keys }) => keys)).toEqual([[], [], []]);
  expect(changes.every(({ object }) => object === d.a)).toBe(true);
  const tids = changes.map(({ tid }) => tid);
  expect(tids).toEqual([...new Set(tids)].sort((x, y) => x - y));
});

test('tells which keys of a map, or names of the root, have changed', async () => {
  const { store, d } = stored();
  const keys = async (object: object, count: number, act: () => void): Promise<unknown> =>
    (await changesOf(store, object, count, act)).map((change) => change.keys);
  expect(
    await keys(d.m, 3, () => {
      store.write(() => {
        d.m.set(7, 1);
        d.m.set(3, 1);
      });
      d.m.delete(7);
      d.c = 1;
      d.m.clear();
    }),
  ).toEqual([[3, 7], [7], undefined]);
  expect(
    await keys(d, 2, () => {
      d.a = 5;
      d.m.set(1, 1);
      delete d.b;
    }),
  ).toEqual([['a'], ['b']]);
});

test('tells of commits of other processes, and the object has what they have written', async () => {
  const { store, d, path } = stored();
  const seen: unknown[] = [];
  const done = new Promise<void>((resolve) => {
    store.watch(d.a, ({ object }) => {
      seen.push((object as { people: number }).people);
      resolve();
    });
  });
  expect(d.a.people).toBe(1);
  askChild(
    `const o = await import(library + '/dist/objects.js');
    o.persistent('watch.Town', { people: o.t.f64, tags: o.t.json })(class Town {});
    const store = o.openStore(args, { durability: 'nosync' });
    store.root.a.people = 77;
    store.close();
    tell(0);`,
    path,
  );
  await done;
  expect(seen).toEqual([77]);
  store.close();
});

test('is ended by its function, by using, by a signal and by close()', async () => {
  const { store, d } = stored();
  const seen: string[] = [];
  const stop = store.watch(d.a, () => void seen.push('stopped'));
  const disposed = store.watch(d.a, () => void seen.push('disposed'));
  const controller = new AbortController();
  store.watch(d.a, () => void seen.push('aborted'), { signal: controller.signal });
  stop();
  stop();
  disposed[Symbol.dispose]();
  controller.abort();
  const rejected = store.watch(d.a, { signal: controller.signal });
  await expect(rejected.next()).rejects.toMatchObject({ code: 'ABORT_ERR' });
  const waiting = store.watch(d.a);
  const next = waiting.next();
  await waiting.return();
  expect(await next).toEqual({ done: true, value: undefined });
  await changesOf(store, d.a, 1, () => {
    d.a.people = 5;
  });
  expect(seen).toEqual([]);
  const open = store.watch(d.a);
  const last = open.next();
  store.close();
  expect(await last).toEqual({ done: true, value: undefined });
});

test('an error of the function is an uncaught exception, and the watching goes on', async () => {
  const { store, d } = stored();
  const uncaught: unknown[] = [];
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => uncaught.push(error.message));
  try {
    let calls = 0;
    await new Promise<void>((resolve) => {
      store.watch(d.a, async () => {
        calls++;
        if (calls === 3) resolve();
        throw new Error(`call ${calls}`);
      });
      for (let i = 0; i < 3; i++) d.a.people = i + 100;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(uncaught).toEqual(['call 1', 'call 2', 'call 3']);
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const listener of listeners) process.on('uncaughtException', listener);
    store.close();
  }
});

test('who is so slow that the log does not reach back any more learns that any key may have changed', async () => {
  const path = temporaryFolder();
  const store = openStore(path, { durability: 'nosync', changes: { count: 3 } });
  const d = store.root;
  d.m = new PersistentMap({ key: uint32 });
  const watch = store.watch<object, number>(d.m);
  for (let i = 0; i < 10; i++) d.m.set(i, i);
  const first = await watch.next();
  expect(first.value?.keys).toBeUndefined();
  expect(first.value?.tid).toBe(store.environment.read((txn) => txn.tid));
  d.m.set(99, 1);
  expect((await watch.next()).value?.keys).toEqual([99]);
  store.close();
});

test('refuses what it cannot watch', () => {
  const { store, d } = stored();
  const other = stored();
  for (const wrong of [5, {}, null, new Town({ people: 1, tags: [] }), other.d.a]) {
    expect(() => store.watch(wrong as object)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }));
  }
  expect(() => store.watch(d.a, () => {}, { wrong: 1 } as never)).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }),
  );
  expect(() => store.watch(d.a, { signal: 5 } as never)).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
  );
  store.close();
  expect(() => store.watch(d)).toThrow(expect.objectContaining({ code: 'ERR_ENV_CLOSED' }));
});
