import { readFileSync } from 'node:fs';

// What a process does that is killed: it stores objects, in all the ways there are, until it dies. `checkStore` checks what it has left.

/** Registers the class of the objects. Once in a thread. */
export function itemClass({ persistent, ref, t }) {
  const Item = persistent('kills.Item', { n: t.i32, next: ref(() => Item).optional(), note: t.json() })(class {});
  return Item;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Whether a process has not been killed. The kernel frees the locks of a process a moment before it counts as dead. */
async function isRunning(pid) {
  for (let turns = 0; turns < 2000; turns++) {
    let state;
    try {
      state = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.[0];
    } catch {
      return false;
    }
    if (state === 'Z' || state === 'X') return false;
    await turn();
  }
  return true;
}

/** How many objects of a chain stay. */
const LENGTH = 40;

/** One commit: a new object at the head of the chain of `name`, an entry of the index, and the total. Returns how many of them there have been. */
function extend(root, Item, PersistentMap, name, isUndone) {
  root.index ??= new PersistentMap();
  root.total ??= { sum: 0 };
  const before = root[name];
  const n = (before?.n ?? 0) + 1;
  const head = new Item({ n, next: before?.head, note: [n] });
  head.note = { n, me: head };
  root[name] = { n, head };
  root.index.set([name, n], head);
  if (isUndone) throw new Error('undone');
  root.total.sum++;
  if (n > LENGTH) {
    let last = head;
    for (let i = 1; i < LENGTH; i++) last = last.next;
    last.next = undefined;
    root.index.delete([name, n - LENGTH]);
  }
  return n;
}

/** What a process does with collections of its own: each commit changes three of them together. Returns how many commits there were. */
function record(root, { PersistentList, PersistentSet, Counter }, name) {
  const key = `own ${name}`;
  root[key] ??= { list: new PersistentList(), set: new PersistentSet(), counter: new Counter() };
  const { list, set, counter } = root[key];
  const n = counter.value + 1;
  counter.add(1);
  set.add([n % 50, 'x']);
  set.delete([(n + 25) % 50, 'x']);
  if (n % 3 === 0) list.insert(Math.floor(list.length / 2), n);
  else if (n % 3 === 1) list.unshift({ n });
  else list.push(n);
  if (list.length > LENGTH) list.splice(n % LENGTH, 1);
  return n;
}

/** Works for ever. `tell` gets the number of each commit. A process that `collects` deletes what the others drop, again and again. */
export async function grow(store, { openStore: _, ...objects }, name, collects, tell) {
  const { PersistentMap } = objects;
  const Item = itemClass(objects);
  const of = (root, isUndone = false) => {
    record(root, objects, name);
    return extend(root, Item, PersistentMap, name, isUndone);
  };
  const undone = (error) => {
    if (error.message !== 'undone') throw error;
  };
  for (let round = 0; ; round++) {
    if (collects) await store.collect();
    if (round % 4 === 0) tell(store.write(() => of(store.root)));
    else if (round % 4 === 1) tell(await store.transact(async (txn) => of(txn.root), { retries: 100_000 }));
    else if (round % 4 === 2) {
      const told = store.write(() => {
        try {
          store.write(() => of(store.root, true));
        } catch (error) {
          undone(error);
        }
        return of(store.root);
      });
      tell(told);
      try {
        store.write(() => of(store.root, true));
      } catch (error) {
        undone(error);
      }
    } else {
      // One process has the lock, or one that was killed has had it.
      const n = await store.locks.request('guard', async () => {
        const { holder } = store.root;
        if (holder !== undefined && (await isRunning(holder))) store.root.broken = holder;
        store.root.holder = process.pid;
        await turn();
        return store.write(() => {
          delete store.root.holder;
          return of(store.root);
        });
      });
      tell(n);
    }
  }
}

/** The collections that `record` changes are of one commit. */
function checkOwn(own, n, name) {
  if (own === undefined) {
    if (n !== 0) throw new Error(`the collections of ${name} are not there after ${n} commits`);
    return;
  }
  const { list, set, counter } = own;
  if (counter.value !== n) throw new Error(`the counter of ${name} is ${counter.value} after ${n} commits`);
  const elements = [...set].map(([number]) => number);
  const wanted = Array.from({ length: Math.min(n, 25) }, (_, i) => (n - i) % 50).sort((a, b) => a - b);
  if (String(elements) !== String(wanted) || set.size !== wanted.length)
    throw new Error(`the set of ${name} has ${elements} after ${n} commits`);
  const length = [...list].length;
  if (length !== Math.min(n, LENGTH) || list.length !== length)
    throw new Error(`the list of ${name} has ${length} elements after ${n} commits`);
}

/** Checks a store that processes of these names have changed, and returns how many commits each has made. */
export function checkStore(store, names) {
  const { root } = store;
  const counts = {};
  let sum = 0;
  let size = 0;
  for (const name of names) {
    const { n = 0, head } = root[name] ?? {};
    counts[name] = n;
    sum += n;
    let wanted = n;
    for (let each = head; each !== undefined; each = each.next, wanted--) {
      if (each.n !== wanted || each.note.n !== wanted || each.note.me !== each) {
        throw new Error(`the object ${wanted} of ${name} is ${each.n}, with ${JSON.stringify(each.note)}`);
      }
      if (root.index.get([name, wanted]) !== each) throw new Error(`the index has another object ${wanted} of ${name}`);
      size++;
    }
    if (wanted !== Math.max(0, n - LENGTH)) throw new Error(`the chain of ${name} has ${n - wanted} objects of ${n}`);
    checkOwn(root[`own ${name}`], n, name);
  }
  const total = root.total?.sum ?? 0;
  if (total !== sum) throw new Error(`the total is ${total}, and the chains have ${sum}`);
  const found = root.index?.size ?? 0;
  if (found !== size || [...(root.index ?? [])].length !== size)
    throw new Error(`the index has ${found} entries of ${size}`);
  if ('broken' in root) throw new Error(`two processes have had the lock at the same time, one of them ${root.broken}`);
  return counts;
}
