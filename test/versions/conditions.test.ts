import { describe, expect, test } from 'vitest';
import { type Environment, json, msgpack, uint32, utf8 } from '../../lib/index.ts';
import { codeOf, openTemporary, thrown } from '../support/fixture.ts';

function cities(env: Environment) {
  return env.collection('cities', { key: utf8, value: json, versions: true });
}

describe('putIf() and delIf()', () => {
  test('change a key that has the version, and no other', () => {
    const items = cities(openTemporary());
    expect(items.putIf('a', 1, 0)).toBe(true);
    const first = items.version('a');
    expect(first).toBe(1);
    expect(items.putIf('a', 2, 0)).toBe(false);
    expect(items.putIf('a', 2, first + 1)).toBe(false);
    expect(items.get('a')).toBe(1);
    expect(items.putIf('a', 2, first)).toBe(true);
    expect([items.get('a'), items.version('a')]).toEqual([2, 2]);
    expect(items.delIf('a', first)).toBe(false);
    expect(items.has('a')).toBe(true);
    expect(items.delIf('a', 2)).toBe(true);
    expect(items.has('a')).toBe(false);
    expect([items.delIf('a', 2), items.delIf('a', 0)]).toEqual([false, true]);
  });

  test('that find another version take no number, and leave no trace', () => {
    const env = openTemporary();
    const items = cities(env);
    items.put('a', 1);
    expect(items.putIf('a', 2, 7)).toBe(false);
    expect(items.delIf('b', 1)).toBe(false);
    expect(items.delIf('b', 0)).toBe(true);
    expect(env.read(({ tid }) => tid)).toBe(1);
  });

  test('in a write transaction see what it has written, with the number that it will have', () => {
    const env = openTemporary();
    const items = cities(env);
    items.put('a', 1);
    env.write((txn) => {
      const inside = items.in(txn);
      expect(inside.putIf('a', 2, 1)).toBe(true);
      expect([inside.version('a'), inside.putIf('a', 3, 1)]).toEqual([2, false]);
      expect([inside.putIf('a', 3, 2), inside.get('a')]).toEqual([true, 3]);
      expect([inside.delIf('b', 0), inside.delIf('a', 1)]).toEqual([true, false]);
    });
    expect([items.get('a'), items.version('a')]).toEqual([3, 2]);
  });

  test('take values of every codec, and keys of every kind', () => {
    const env = openTemporary();
    const packed = env.collection('packed', { key: uint32, value: msgpack, versions: true });
    expect(packed.putIf(7, { name: 'Ann' }, 0)).toBe(true);
    expect(packed.putIf(7, { name: 'Bob' }, packed.version(7))).toBe(true);
    expect(packed.get(7)).toEqual({ name: 'Bob' });
    const bytes = env.collection('bytes', { key: utf8, versions: true });
    const large = new Uint8Array(100_000).fill(7);
    expect(bytes.putIf('a', large, 0)).toBe(true);
    expect(bytes.get('a')?.toBuffer().equals(large)).toBe(true);
  });

  test('are refused without versions, and for what is no version', () => {
    const env = openTemporary();
    const items = cities(env);
    const plain = env.collection('plain', { key: utf8, value: utf8 });
    expect(codeOf(() => plain.putIf('a', 'b', 0))).toBe('ERR_INVALID_ARG_VALUE');
    expect(codeOf(() => plain.delIf('a', 0))).toBe('ERR_INVALID_ARG_VALUE');
    for (const [version, code] of [
      [undefined, 'ERR_INVALID_ARG_TYPE'],
      ['1', 'ERR_INVALID_ARG_TYPE'],
      [1n, 'ERR_INVALID_ARG_TYPE'],
      [-1, 'ERR_OUT_OF_RANGE'],
      [0.5, 'ERR_OUT_OF_RANGE'],
      [Number.NaN, 'ERR_OUT_OF_RANGE'],
      [2 ** 53, 'ERR_OUT_OF_RANGE'],
    ] as const) {
      expect(codeOf(() => items.putIf('a', 1, version as never))).toBe(code);
      expect(codeOf(() => items.delIf('a', version as never))).toBe(code);
    }
    expect(items.putIf('a', 1, Number.MAX_SAFE_INTEGER)).toBe(false);
  });
});

describe('ifVersion in a batch', () => {
  test('that holds makes the change, and its answer is true', async () => {
    const env = openTemporary();
    const items = cities(env);
    items.put('a', 1);
    const answers = await env.batch([
      { type: 'put', collection: items, key: 'a', value: 2, ifVersion: 1 },
      { type: 'put', collection: items, key: 'b', value: 1, ifVersion: 0 },
      { type: 'del', collection: items, key: 'c', ifVersion: 0 },
      { type: 'put', collection: items, key: 'd', value: 4 },
    ]);
    expect(answers).toEqual([true, true, true, true]);
    expect([...items.range()].map(({ key, value, version }) => [key, value, version])).toEqual([
      ['a', 2, 2],
      ['b', 1, 2],
      ['d', 4, 2],
    ]);
  });

  test('that does not hold fails the whole batch with ERR_CONFLICT, its index, its collection and its key', async () => {
    const env = openTemporary();
    const items = cities(env);
    const numbers = env.collection('numbers', { key: uint32, value: utf8, versions: true });
    items.put('Paris', 1);
    const error = await env
      .batch([
        { type: 'put', collection: items, key: 'b', value: 1 },
        { type: 'del', collection: items, key: 'Paris', ifVersion: 4 },
      ])
      .catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'ERR_CONFLICT', index: 1, path: env.path });
    expect((error as Error).message).toContain("'cities'");
    expect((error as Error).message).toContain("'Paris'");
    expect((error as Error).message).toContain('4');
    const other = await env
      .batch([{ type: 'put', collection: numbers, key: 258, value: '', ifVersion: 1 }])
      .catch((error: unknown) => error);
    expect(other).toMatchObject({ code: 'ERR_CONFLICT', index: 0 });
    expect((other as Error).message).toContain('0x00000102');
    expect([...items.range().keys()]).toEqual(['Paris']);
    expect(env.read(({ tid }) => tid)).toBe(1);
  });

  test('is refused for other operations and other collections', async () => {
    const env = openTemporary();
    const items = cities(env);
    const plain = env.collection('plain', { key: utf8, value: utf8 });
    for (const [operation, code] of [
      [{ type: 'putNew', collection: items, key: 'a', value: 1, ifVersion: 1 }, 'ERR_INVALID_ARG_VALUE'],
      [{ type: 'clear', collection: items, ifVersion: 1 }, 'ERR_INVALID_ARG_VALUE'],
      [{ type: 'put', collection: plain, key: 'a', value: 'b', ifVersion: 0 }, 'ERR_INVALID_ARG_VALUE'],
      [{ type: 'put', collection: items, key: 'a', value: 1, ifVersion: '1' }, 'ERR_INVALID_ARG_TYPE'],
      [{ type: 'del', collection: items, key: 'a', ifVersion: -1 }, 'ERR_OUT_OF_RANGE'],
    ] as const) {
      await expect(env.batch([operation as never])).rejects.toMatchObject({ code, index: 0 });
    }
  });

  test('counts what earlier batches of the same commit have changed: of many that are based on one version, one succeeds', async () => {
    const env = openTemporary();
    const items = cities(env);
    items.put('counter', 0);
    const tries = Array.from({ length: 50 }, (_, i) =>
      env
        .batch([
          { type: 'put', collection: items, key: `other ${i}`, value: i, ...(i % 2 === 0 ? {} : { ifVersion: 0 }) },
          { type: 'put', collection: items, key: 'counter', value: i, ifVersion: 1 },
        ])
        .then(() => i)
        .catch((error: { code: string; index: number }) => {
          expect(error).toMatchObject({ code: 'ERR_CONFLICT', index: 1 });
          return undefined;
        }),
    );
    const winners = (await Promise.all(tries)).filter((i) => i !== undefined);
    expect(winners).toHaveLength(1);
    expect(items.get('counter')).toBe(winners[0]);
    expect([...items.range().keys()]).toEqual(['counter', `other ${winners[0]}`]);
  });

  test('that does not hold in its first operation leaves the other batches of the commit in it', async () => {
    const env = openTemporary();
    const items = cities(env);
    items.put('a', 1);
    // No batch is applied before all are queued.
    const batches = env.write(() =>
      Array.from({ length: 20 }, (_, i) =>
        env.batch([
          { type: 'put', collection: items, key: i % 2 === 0 ? 'a' : `k${i}`, value: i, ifVersion: 0 },
          { type: 'put', collection: items, key: `l${i}`, value: i },
        ]),
      ),
    );
    const settled = await Promise.allSettled(batches);
    expect(settled.map(({ status }) => status)).toEqual(
      Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? 'rejected' : 'fulfilled')),
    );
    expect([items.count(), env.read(({ tid }) => tid)]).toEqual([1 + 20, 2]);
  });
});

test('a condition in a transaction that has ended, or on a collection that was dropped, is refused', () => {
  const env = openTemporary();
  const items = cities(env);
  let leaked: Parameters<typeof items.del>[1];
  env.write((txn) => {
    leaked = txn;
  });
  expect(codeOf(() => items.putIf('a', 1, 0, leaked))).toBe('ERR_TXN_ENDED');
  items.drop();
  expect(codeOf(() => items.putIf('a', 1, 0))).toBe('ERR_NO_COLLECTION');
  expect(thrown(() => items.delIf('a', 0)).code).toBe('ERR_NO_COLLECTION');
});
