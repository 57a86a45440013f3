import { AsyncResource } from 'node:async_hooks';
import { expect, test } from 'vitest';
import { openCollectionOf } from '../../lib/environment/collection.ts';
import { bytes, type ChangingTxn, type OptimisticTransaction, type Transaction, utf8 } from '../../lib/index.ts';
import { CHANGE_ADD, NUMBER_AT, NUMBER_VALUE_BYTES } from '../../lib/native/constants.ts';
import type { OpenCollection } from '../../lib/read/open-collection.ts';
import type { ChangingTransaction } from '../../lib/transaction/open-transaction.ts';
import { openTransactionOf } from '../../lib/transaction/transaction.ts';
import { changeKey } from '../../lib/write/change.ts';
import { codeOf, collectionOf } from '../support/fixture.ts';

/** Calls `fn` outside of any transaction. */
const outside: <T>(fn: () => T) => T = AsyncResource.bind((fn) => fn());

function numberValue(number: number): Uint8Array {
  const value = new Uint8Array(NUMBER_VALUE_BYTES);
  value[0] = 4;
  new DataView(value.buffer).setFloat64(NUMBER_AT, number);
  return value;
}

function opened(options: object = { versions: true }) {
  const { env, items } = collectionOf({ key: utf8, value: bytes, ...options });
  const open = openCollectionOf(items) as OpenCollection;
  const add = (key: string, number: number | Uint8Array, txn: ChangingTxn): number =>
    changeKey(
      open,
      CHANGE_ADD,
      key,
      typeof number === 'number' ? numberValue(number) : number,
      openTransactionOf(open.environment, txn) as ChangingTransaction,
    );
  const numberAt = (key: string, txn?: Transaction): number | undefined => {
    const value = txn === undefined ? items.get(key) : items.get(key, txn);
    return value?.toBuffer().readDoubleBE(NUMBER_AT);
  };
  return { env, items, add, numberAt };
}

test('a number is added to the one that is stored, or stored', () => {
  const { env, items, add, numberAt } = opened();
  env.write((txn) => {
    expect([add('a', 2, txn), add('a', 0.5, txn)]).toEqual([1, 1]);
    env.write((inner) => add('a', 10, inner));
    const failing = () =>
      env.write((inner) => {
        add('a', 100, inner);
        throw new Error('no');
      });
    expect(failing).toThrow('no');
    expect(numberAt('a', txn)).toBe(12.5);
  });
  const version = items.version('a');
  env.write((txn) => add('a', -3, txn));
  expect([numberAt('a'), items.version('a')]).toEqual([9.5, version + 1]);
});

test('only numbers can be added, and only to numbers', async () => {
  const { env, items, add } = opened();
  items.put('text', Buffer.from('text'));
  items.put('alike', Buffer.alloc(NUMBER_VALUE_BYTES, 7));
  const refused = (txn: ChangingTxn): string[] => [
    codeOf(() => add('text', 1, txn)),
    codeOf(() => add('alike', 1, txn)),
    codeOf(() => add('new', Buffer.from('text'), txn)),
    codeOf(() => add('', 1, txn)),
  ];
  const expected = ['ERR_CODEC', 'ERR_CODEC', 'ERR_CODEC', 'ERR_KEY_SIZE'];
  env.write((txn) => expect(refused(txn)).toEqual(expected));
  await env.transact((txn) => {
    expect(refused(txn)).toEqual(expected);
    items.put('text', Buffer.from('text'), txn);
    expect(codeOf(() => add('text', 1, txn))).toBe('ERR_CODEC');
  });
  expect([items.get('new'), items.get('text')?.toBuffer().toString()]).toEqual([undefined, 'text']);
  const pairs = opened({ dupSort: true });
  expect(codeOf(() => pairs.env.write((txn) => pairs.add('a', 1, txn)))).toBe('ERR_INVALID_ARG_VALUE');
});

/** Runs a transaction in which another one adds 1000 to 'a'. Returns how often it ran, and what 'a' has in the end. */
async function besideAnother(
  fn: (txn: OptimisticTransaction, store: ReturnType<typeof opened>) => void,
  isolation: 'serializable' | 'snapshot' = 'serializable',
): Promise<[runs: number, inside: number | undefined, after: number | undefined]> {
  const store = opened();
  store.env.write((txn) => store.add('a', 1, txn));
  let runs = 0;
  let inside: number | undefined;
  await store.env.transact(
    (txn) => {
      fn(txn, store);
      if (runs++ === 0) outside(() => store.env.write((other) => store.add('a', 1000, other)));
      inside = runs > 1 ? store.numberAt('a', txn) : undefined;
    },
    { isolation },
  );
  return [runs, inside, store.numberAt('a')];
}

test('what optimistic transactions add is no conflict, and all of it counts', async () => {
  const added = await besideAnother((txn, { add }) => {
    add('a', 10, txn);
    add('a', 20, txn);
    add('new', 5, txn);
  });
  expect(added).toEqual([1, undefined, 1031]);
});

test('a transaction that has read the number, before or after it has added, conflicts', async () => {
  const readLater = await besideAnother((txn, { add, numberAt }) => {
    add('a', 10, txn);
    expect([11, 1011]).toContain(numberAt('a', txn));
  });
  const readBefore = await besideAnother((txn, { add, numberAt }) => {
    numberAt('a', txn);
    add('a', 10, txn);
  });
  const inRange = await besideAnother((txn, { add, items }) => {
    add('a', 10, txn);
    expect([...items.range({}, txn)].map(({ value }) => value.toBuffer().readDoubleBE(NUMBER_AT) % 1000)).toEqual([11]);
  });
  expect([readLater, readBefore, inRange]).toEqual(Array(3).fill([2, 1011, 1011]));
  const unchecked = await besideAnother((txn, { add, numberAt }) => {
    add('a', 10, txn);
    numberAt('a', txn);
  }, 'snapshot');
  expect(unchecked).toEqual([1, undefined, 1011]);
});

test('adding and other changes of one key in one transaction', async () => {
  const store = opened();
  const { env, items, add, numberAt } = store;
  for (const key of ['put', 'del', 'clear', 'later', 'gone']) env.write((txn) => add(key, 1, txn));
  await env.transact((txn) => {
    items.put('put', numberValue(50), txn);
    items.del('del', txn);
    items.clear({ prefix: 'clear' }, txn);
    for (const key of ['put', 'del', 'clear', 'later', 'gone', 'new']) add(key, 7, txn);
    items.put('later', numberValue(60), txn);
    items.del('gone', txn);
    const seen = ['put', 'del', 'clear', 'later', 'gone', 'new'].map((key) => numberAt(key, txn));
    expect([seen, items.count({}, txn)]).toEqual([[57, 7, 7, 60, undefined, 7], 5]);
  });
  expect(['put', 'del', 'clear', 'later', 'gone', 'new'].map((key) => numberAt(key))).toEqual([
    57,
    7,
    7,
    60,
    undefined,
    7,
  ]);
});
