import { describe, expect, test } from 'vitest';
import { type BatchOperation, uint32, utf8 } from '../../lib/index.ts';
import { openTemporary, rejection } from '../support/fixture.ts';

function world() {
  const env = openTemporary();
  const pairs = env.collection('pairs', { key: utf8, value: uint32, dupSort: true });
  const plain = env.collection('plain', { key: utf8, value: utf8 });
  const put = (key: string, value: unknown): BatchOperation => ({ type: 'put', collection: pairs, key, value });
  const del = (key: string): BatchOperation => ({ type: 'del', collection: pairs, key });
  const all = () =>
    pairs
      .range()
      .map(({ key, value }) => [key, value])
      .toArray();
  return { env, pairs, plain, put, del, all };
}

describe('env.batch() on a collection with several values a key', () => {
  test('adds values to a key in order, each pair once', async () => {
    const { env, put, all } = world();
    await env.batch([put('b', 2), put('a', 9), put('b', 1), put('b', 2), put('a', 3)]);
    await env.batch([put('b', 3), put('b', 1)]);
    expect(all()).toEqual([
      ['a', 3],
      ['a', 9],
      ['b', 1],
      ['b', 2],
      ['b', 3],
    ]);
  });

  test('deletes a key with all its values, and puts it anew', async () => {
    const { env, pairs, put, del, all } = world();
    env.write(() => {
      for (let i = 0; i < 3000; i++) pairs.put('a', i);
      pairs.put('b', 1);
    });
    await env.batch([del('a'), put('a', 7), del('absent'), put('b', 0)]);
    expect(all()).toEqual([
      ['a', 7],
      ['b', 0],
      ['b', 1],
    ]);
  });

  test('by thousands, in many batches beside a plain collection', async () => {
    const { env, plain, put, pairs } = world();
    const batches = Array.from({ length: 50 }, (_, b) =>
      env.batch([
        ...Array.from({ length: 40 }, (_, i) => put(`k${i % 7}`, b * 40 + i)),
        { type: 'put', collection: plain, key: `b${b}`, value: 'x' },
      ]),
    );
    await Promise.all(batches);
    expect([pairs.count(), plain.count(), pairs.getAll('k0').count()]).toEqual([2000, 50, 300]);
  });

  test('is refused whole for a value that cannot stand beside others, and says which', async () => {
    const env = openTemporary();
    const pairs = env.collection('pairs', { key: utf8, value: utf8, dupSort: true });
    const put = (key: string, value: string): BatchOperation => ({ type: 'put', collection: pairs, key, value });
    for (const value of ['', 'x'.repeat(512)]) {
      const error = await rejection(env.batch([put('a', 'b'), put('a', value)]));
      expect([error.code, error.index]).toEqual(['ERR_VALUE_SIZE', 1]);
    }
    expect(pairs.count()).toBe(0);
    await env.batch([put('a', 'x'.repeat(511))]);
    expect(pairs.count()).toBe(1);
  });
});
