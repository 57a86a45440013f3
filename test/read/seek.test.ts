import { describe, expect, test } from 'vitest';
import { type RangeOptions, uint32, utf8 } from '../../lib/index.ts';
import { codeOf, collectionOf } from '../support/fixture.ts';

function numbers(options = {}) {
  const { env, items } = collectionOf({ key: uint32, value: utf8 }, options);
  env.write(() => {
    for (let i = 0; i < 3000; i++) items.append(2 * i, `value ${i}`);
  });
  const at = (range: RangeOptions<number> = {}) => items.range(range).keys()[Symbol.iterator]();
  return { env, items, at };
}

describe.each(['lend', 'copy'])('seek(), memory %s', (memory) => {
  const { env, items, at } = numbers(memory === 'copy' ? { memory } : {});

  test('goes forward and back, to the key or the next one', () => {
    const iterator = at();
    expect(iterator.next().value).toBe(0);
    expect(iterator.seek(4001).next().value).toBe(4002);
    expect(iterator.next().value).toBe(4004);
    expect(iterator.seek(10).next().value).toBe(10);
    expect(iterator.seek(5998).next().value).toBe(5998);
    expect(iterator.seek(5997).seek(3).next().value).toBe(4);
    iterator.return?.();
    const back = at({ reverse: true });
    expect([back.seek(4001).next().value, back.next().value, back.seek(5000).next().value]).toEqual([4000, 3998, 5000]);
    back.return?.();
  });

  test('stays inside of the bounds, and counts what was returned towards the limit', () => {
    const iterator = at({ gt: 100, lte: 200, limit: 4 });
    expect(iterator.seek(0).next().value).toBe(102);
    expect([iterator.seek(199).next().value, iterator.seek(1).next().value]).toEqual([200, 102]);
    expect([iterator.next().value, iterator.next().done]).toEqual([104, true]);
    expect(at({ gt: 100, lte: 200 }).seek(201).next().done).toBe(true);
    expect(at({ gt: 100, lte: 200, offset: 10 }).seek(0).next().value).toBe(122);
    expect(at({ gt: 100, lte: 200, offset: 100 }).seek(0).next().done).toBe(true);
  });

  test('does nothing at the end, nor after return()', () => {
    const iterator = at({ limit: 1 });
    expect([iterator.next().value, iterator.next().done, iterator.seek(0).next().done]).toEqual([0, true, true]);
    const left = at();
    left.return?.();
    expect(left.seek(0).next().done).toBe(true);
  });

  test('skips from group to group: one step for each hundred', () => {
    const found: number[] = [];
    const iterator = at();
    for (let step = iterator.next(); step.done !== true; step = iterator.next()) {
      found.push(step.value);
      iterator.seek((Math.floor(step.value / 100) + 1) * 100);
    }
    expect(found).toEqual(Array.from({ length: 60 }, (_, i) => i * 100));
  });

  test('finds in a write transaction what was written since', () => {
    env.write(() => {
      const iterator = items.range()[Symbol.iterator]();
      iterator.next();
      items.put(101, 'new');
      items.del(102);
      expect(iterator.seek(101).next().value?.value).toBe('new');
      expect(iterator.next().value?.key).toBe(104);
      items.put(105, 'newer');
      expect(iterator.seek(105).next().value?.value).toBe('newer');
      iterator.return?.();
      items.clear({ gte: 101, lte: 105 });
      items.put(102, 'value 51');
      items.put(104, 'value 52');
    });
  });

  test('throws what a step throws: for a key of a wrong type, and after the end of the transaction', () => {
    const iterator = at();
    expect(codeOf(() => iterator.seek('a' as never))).toBe('ERR_INVALID_ARG_TYPE');
    expect(iterator.next().value).toBe(0);
    iterator.return?.();
    const txn = env.read();
    const inside = items.range({}, txn)[Symbol.iterator]();
    inside.next();
    txn.end();
    expect(codeOf(() => inside.seek(5))).toBe('ERR_TXN_ENDED');
    expect(inside.next().done).toBe(true);
    expect(codeOf(() => items.range({}, txn))).toBe('ERR_TXN_ENDED');
  });

  test('keeps what the key does: an end of the transaction, a return()', () => {
    const ended = env.read();
    const iterator = items.range({}, ended)[Symbol.iterator]();
    iterator.next();
    const key = {
      valueOf: () => 5,
    };
    expect(codeOf(() => iterator.seek(key as never))).toBe('ERR_INVALID_ARG_TYPE');
    ended.end();
  });
});

describe('seek() where keys have several values', () => {
  const { items } = collectionOf({ key: utf8, value: uint32, dupSort: true });
  for (const key of ['a', 'b', 'd']) for (let i = 0; i < 700; i++) items.put(key, 10 * i);
  const show = (entry: { key: string; value: number } | undefined) => entry && [entry.key, entry.value];

  test('goes to the first value of a key; in reverse, to its last', () => {
    const iterator = items.range()[Symbol.iterator]();
    expect(show(iterator.seek('b').next().value)).toEqual(['b', 0]);
    expect(show(iterator.seek('c').next().value)).toEqual(['d', 0]);
    const back = items.range({ reverse: true })[Symbol.iterator]();
    expect(show(back.seek('c').next().value)).toEqual(['b', 6990]);
    expect(show(back.seek('a').next().value)).toEqual(['a', 6990]);
    iterator.return?.();
    back.return?.();
  });

  test('of getAll() goes to a value of the key', () => {
    const iterator = items.getAll('b', { lt: 6000 })[Symbol.iterator]();
    expect(iterator.seek(41).next().value).toBe(50);
    expect(iterator.seek(5999).next().done).toBe(true);
    const back = items.getAll('b', { reverse: true })[Symbol.iterator]();
    expect([back.seek(4999).next().value, back.seek(7777).next().value]).toEqual([4990, 6990]);
    back.return?.();
  });
});
