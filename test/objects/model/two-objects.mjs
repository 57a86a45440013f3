// The test that has found most faults in the caches of ZODB's stores, on objects: each transaction changes two objects together. It runs in tests, and in
// threads and processes that they start.

/** Registers the class of the two objects. Once in a thread. */
export function pairClass({ persistent, t }) {
  return persistent('two.Number', { n: t.i32, list: t.json() })(class {});
}

/** Makes the two objects, both 0, unless they are there. */
export function setUp(store, Pair) {
  store.write(() => {
    store.root.a ??= new Pair({ n: 0, list: [0] });
    store.root.b ??= new Pair({ n: 0, list: [0] });
  });
}

function check({ a, b }, mode, what) {
  const difference = a.n - b.n;
  const isRight = difference === 0 || (mode === 'phase' && difference === 1);
  if (!isRight || a.list[0] !== a.n || b.list[0] !== b.n) {
    throw new Error(`${what}: a is ${a.n} (${a.list[0]}) and b is ${b.n} (${b.list[0]})`);
  }
  return a.n + b.n;
}

function step({ a, b }, mode) {
  for (const each of mode === 'equal' ? [a, b] : [a.n === b.n ? a : b]) {
    each.n++;
    each.list[0]++;
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

/**
 * Makes transactions, and checks what each of its views reads. `onCommit` gets the sum of both objects as a transaction has left it. Returns how many
 * transactions it has made.
 */
export async function work(store, { mode, transactions, random, onCommit = () => {} }) {
  const held = [];
  let last = 0;
  for (let done = 0; done < transactions; done++) {
    // Some of the objects stay in memory, and some snapshots.
    for (let i = held.length - 1; i >= 0; i--) if (random(2) === 0) held.splice(i, 1)[0].end();
    const snapshot = store.snapshot();
    held.push(snapshot);
    let sum;
    if (random(3) === 0) {
      sum = store.write(() => {
        check(store.root, mode, 'in a write');
        step(store.root, mode);
        return check(store.root, mode, 'in a write, after the change');
      });
    } else {
      sum = await store.transact(
        async (txn) => {
          check(txn.root, mode, 'in a transaction');
          if (random(2) === 0) await turn();
          step(txn.root, mode);
          if (random(2) === 0) await null;
          return check(txn.root, mode, 'in a transaction, after the change');
        },
        { retries: 100_000 },
      );
    }
    onCommit(sum);
    const now = check(store.root, mode, 'outside of transactions');
    if (now < sum || now < last) throw new Error(`a commit is not seen: the sum is ${now} after ${sum} and ${last}`);
    last = now;
    for (const each of held) check(each.root, mode, `in a snapshot of ${each.tid}`);
    if (random(3) === 0) await turn();
    if (random(50) === 0) globalThis.gc?.();
  }
  for (const each of held) each.end();
  return transactions;
}

/** The sum of both objects, once they are checked. */
export const sumOf = (store, mode) => check(store.root, mode, 'at the end');
