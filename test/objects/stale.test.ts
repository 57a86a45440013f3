import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Value } from '../../lib/index.ts';
import {
  openStore,
  PersistentList,
  PersistentMap,
  persistent,
  ref,
  type Store,
  stateOf,
  t,
} from '../../lib/objects/index.ts';
import { collect, temporaryFolder } from '../support/fixture.ts';

// What a program has read of objects stays what it was, whatever ends the view and however often the pages are used again.

interface Note {
  text: string;
  raw: Value;
  numbers: { toArray(): number[] };
  inner: { label: string; marks: { toArray(): string[] } };
  tags: unknown;
  next: Note | undefined;
}

const NoteClass = persistent('stale.Note', {
  ...{ text: t.utf8, raw: t.bytes, numbers: t.list(t.u32), tags: t.json, next: ref().optional() },
  inner: t.struct({ label: t.utf8, marks: t.list(t.utf8) }),
})(class Note {});

const LONG = 'a text that is longer than what is read by a loop in JavaScript, number ';
const NOTES = 6;

/** The fields of a note. All of them differ from one `seed` to another. */
function content(seed: number) {
  return {
    ...{ text: LONG + seed, raw: Buffer.alloc(60 + (seed % 5), seed), numbers: [seed, seed + 1, 2 ** 31 + seed] },
    ...{ tags: [{ deep: LONG + seed, bytes: new Uint8Array(30).fill(seed) }, seed] },
    inner: { label: `é ${seed}`, marks: ['one', LONG + seed] },
  };
}

function fill(store: Store, seed: number): void {
  const { root } = store;
  store.write(() => {
    for (let i = 0; i < NOTES; i++) {
      const fields = content(seed + i);
      if (root.map.has(['note', i])) Object.assign(root.map.get(['note', i]), fields);
      else root.map.set(['note', i], new NoteClass(fields as never));
      root.values.set(`key ${i}`, fields.tags);
      if (root.list.length > i) root.list.set(i, LONG + (seed + i));
      else root.list.push(LONG + (seed + i));
    }
    root.filler = LONG.repeat(20 + (seed % 40));
  });
}

function made(): Store {
  const store = openStore(temporaryFolder(), { durability: 'nosync', cache: 4 });
  store.write(() => {
    Object.assign(store.root, { map: new PersistentMap(), values: new PersistentMap(), list: new PersistentList() });
  });
  fill(store, 0);
  return store;
}

/** Reads everything of a view, and gives a function that fails if any of it is other by now. `isWriting`: plain values are drafts, which end. */
function read(root: Store['root'], isWriting: boolean = false): () => void {
  const notes: Note[] = Array.from({ length: NOTES }, (_, i) => root.map.get(['note', i]));
  const held = notes.map(({ text, raw, numbers, inner, tags }) => ({
    text,
    raw,
    numbers,
    inner,
    label: inner.label,
    marks: inner.marks,
    tags,
  }));
  const keys = [...root.map.keys()];
  const values = isWriting ? undefined : [...root.values.entries()];
  const list = [...root.list];
  return () => {
    const found = held.map(({ text, raw, numbers, inner, label, marks, tags }) => ({
      ...{ text, raw: raw.toBuffer(), numbers: numbers.toArray(), tags: isWriting ? undefined : tags },
      inner: { label: inner.label, marks: inner.marks.toArray() },
      again: [label, marks.toArray()],
    }));
    const right = held.map((_, i) => {
      const { text, raw, numbers, tags, inner } = content(i);
      return { text, raw, numbers, tags: isWriting ? undefined : tags, inner, again: [inner.label, inner.marks] };
    });
    expect([found, keys, values, list]).toEqual([
      right,
      right.map((_, i) => ['note', i]),
      isWriting ? undefined : right.map((_, i) => [`key ${i}`, content(i).tags]),
      right.map((_, i) => LONG + i),
    ]);
  };
}

/** Commits so much that all free pages are used again. */
async function recycle(store: Store): Promise<void> {
  for (let round = 1; round <= 6; round++) {
    fill(store, 100 * round);
    if (round === 3) await collect();
  }
}

test.each<[string, (store: Store) => Promise<(() => void)[]>]>([
  [
    'a snapshot that ends',
    async (store) => {
      const snapshot = store.snapshot();
      const check = read(snapshot.root);
      snapshot.end();
      return [check];
    },
  ],
  [
    'a snapshot that stays, and ends later, with another one of its version',
    async (store) => {
      const [first, second] = [store.snapshot(), store.snapshot()];
      const checks = [read(first.root), read(second.root)];
      first.end();
      await recycle(store);
      checks.push(read(second.root));
      second.end();
      return checks;
    },
  ],
  [
    'the turn of the newest version',
    async (store) => {
      const check = read(store.root);
      await nextTurn();
      return [check];
    },
  ],
  [
    'refresh()',
    async (store) => {
      const check = read(store.root);
      store.refresh();
      return [check];
    },
  ],
  [
    'a write in the same turn',
    async (store) => {
      const check = read(store.root);
      fill(store, 50);
      return [check];
    },
  ],
  [
    'a transaction that commits, and one that fails',
    async (store) => {
      const checks: (() => void)[] = [];
      await store.transact(async ({ root }) => {
        checks.push(read(root, true));
        await nextTurn();
        root.extra = 1;
      });
      await expect(
        store.transact(async ({ root }) => {
          checks.push(read(root, true));
          root.extra = 2;
          await nextTurn();
          throw new Error('no');
        }),
      ).rejects.toThrow('no');
      return checks;
    },
  ],
  [
    'iterators that are left open',
    async (store) => {
      const snapshot = store.snapshot();
      const check = read(snapshot.root);
      const iterators = [snapshot.root.map.entries(), snapshot.all(NoteClass), snapshot.root.list.values()];
      for (const iterator of iterators) iterator.next();
      snapshot.end();
      for (const iterator of iterators) {
        try {
          for (let i = 0; i < 2 * NOTES; i++) iterator.next();
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_TXN_ENDED' });
        }
      }
      return [check];
    },
  ],
])('after %s', async (_, act) => {
  const store = made();
  const checks = await act(store);
  for (const check of checks) check();
  await recycle(store);
  for (const check of checks) check();
  store.close();
  for (const check of checks) check();
});

test('after the store is closed under a snapshot', async () => {
  const store = made();
  const check = read(store.snapshot().root);
  const live = read(store.root);
  const { path } = store.environment;
  store.close();
  const other = openStore(path, { durability: 'nosync' });
  await recycle(other);
  check();
  live();
  other.close();
});

test('code that runs while a class is loaded ends the snapshot: the state still has its commit', () => {
  const store = made();
  const expected = stateOf(store.root.map.get(['note', 0]))?.tid;
  const other = openStore(store.environment.path, { durability: 'nosync' });
  const snapshot = other.snapshot();
  const { map } = snapshot.root;
  let isArmed = map.size === NOTES;
  const hooked = Array.prototype as unknown[] & { toJSON?: (this: unknown[]) => unknown };
  // Classes are compared as JSON.
  hooked.toJSON = function () {
    if (isArmed) {
      isArmed = false;
      snapshot.end();
      for (let round = 0; round < 4; round++) {
        // This moves what is lent to the heap at once.
        store.environment.collection(`passing ${round}`).drop();
        other.environment.collection(`other ${round}`).drop();
        fill(store, 1000 * round + 100);
      }
    }
    return [...this];
  };
  try {
    const note = map.get(['note', 0]);
    expect([isArmed, stateOf(note)?.tid, note.text]).toEqual([false, expected, LONG + 0]);
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_TXN_ENDED' });
  } finally {
    delete hooked.toJSON;
  }
  expect(isArmed).toBe(false);
  other.close();
});
