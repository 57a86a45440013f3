import { describe, expect, test } from 'vitest';
import {
  type BatchOperation,
  bytes,
  type Collection,
  json,
  open,
  struct,
  t,
  tuple,
  uint32,
  utf8,
  type Value,
} from '../../lib/index.ts';
import { askChild, runChild, WaitingChild } from '../support/child.ts';
import { codeOf, collect, openAt, openTemporary, rejection, temporaryFolder } from '../support/fixture.ts';

function world(options: Parameters<typeof openTemporary>[0] = {}) {
  const env = openTemporary(options);
  const items = env.collection('items', { key: uint32, value: utf8 });
  const others = env.collection('others', { key: tuple, value: json });
  const put = (key: unknown, value: unknown = `value ${String(key)}`): BatchOperation => ({
    type: 'put',
    collection: items,
    key,
    value,
  });
  const del = (key: unknown): BatchOperation => ({ type: 'del', collection: items, key });
  return { env, items, others, put, del };
}

const keys = (items: Collection<number, string>): number[] => items.range().keys().toArray();

describe('env.batch()', () => {
  test('puts and deletes in several collections, in order', async () => {
    const { env, items, others, put, del } = world();
    items.put(7, 'goes');
    const given = await env.batch([
      put(1),
      put(2),
      del(1),
      put(2, 'replaced'),
      del(7),
      del(99),
      { type: 'put', collection: others, key: ['a', 1], value: { n: 1 } },
      { type: 'put', collection: env.main, key: Buffer.from('plain'), value: Buffer.alloc(5000, 'x') },
    ]);
    expect(given).toEqual([true, true, true, true, true, false, true, true]);
    expect(
      items
        .range()
        .map(({ key, value }) => [key, value])
        .toArray(),
    ).toEqual([[2, 'replaced']]);
    expect(others.get(['a', 1])).toEqual({ n: 1 });
    expect(env.main.get(Buffer.from('plain'))?.equals(Buffer.alloc(5000, 'x'))).toBe(true);
  });

  test('of one operation gives its answer, and many that are added at once give each their own', async () => {
    const { env, items, others, put, del } = world();
    expect(await env.batch([])).toEqual([]);
    expect(await env.batch([put(1)])).toEqual([true]);
    expect(await env.batch([{ type: 'putNew', collection: items, key: 1, value: 'no' }])).toEqual([false]);
    expect(await env.batch([del(1)])).toEqual([true]);
    expect(await env.batch([del(1)])).toEqual([false]);
    for (let i = 0; i < 5; i++) items.put(i, 'goes');
    expect(await env.batch([{ type: 'clear', collection: items, range: { gte: 2 } }])).toEqual([3]);
    expect(await env.batch([{ type: 'clear', collection: others }])).toEqual([0]);
    const added = Array.from({ length: 200 }, (_, i) =>
      env.batch(i % 3 === 0 ? [put(i)] : i % 3 === 1 ? [del(i - 1)] : [put(i), del(i), del(i)]),
    );
    const expected = added.map((_, i) => (i % 3 === 0 ? [true] : i % 3 === 1 ? [true] : [true, true, false]));
    expect(await Promise.all(added)).toEqual(expected);
  });

  test('takes any iterable, and values of every codec', async () => {
    const { env } = world();
    const Row = struct({ n: t.u32, s: t.utf8 });
    const rows = env.collection('rows', { key: tuple, value: Row });
    function* operations(): Generator<BatchOperation> {
      for (let i = 0; i < 1000; i++)
        yield { type: 'put', collection: rows, key: ['row', i], value: { n: i, s: `${i}` } };
    }
    await env.batch(operations());
    expect(rows.count()).toBe(1000);
    expect(rows.get(['row', 500])?.toObject()).toEqual({ n: 500, s: '500' });
    const view = rows.get(['row', 7]);
    await env
      .batch(new Set([{ type: 'put', collection: env.main, key: view?.s, value: view } as never]))
      .catch((error) => expect(error.code).toBe('ERR_INVALID_ARG_TYPE'));
  });

  test('takes what it is given before it returns', async () => {
    const { env } = world();
    const raw = env.collection('raw', { key: bytes, value: bytes });
    for (const size of [3, 100, 2000, 100_000]) {
      const key = Buffer.from('key');
      const value = Buffer.alloc(size, 1);
      const operations = [{ type: 'put', collection: raw, key, value } as BatchOperation];
      const promise = env.batch(operations);
      key.fill('x');
      value.fill(2);
      operations.length = 0;
      await promise;
      expect(raw.get(Buffer.from('key'))?.equals(Buffer.alloc(size, 1))).toBe(true);
    }
  });

  test('takes sinks of a transaction that ends meanwhile', async () => {
    const { env, items, put } = world();
    const raw = env.collection('raw', { key: bytes, value: bytes });
    raw.put(Buffer.from('a'), Buffer.alloc(3000, 'a'));
    const promises = env.read((txn) => {
      const entry = raw.range({}, txn).toArray()[0];
      return [env.batch([{ type: 'put', collection: raw, key: Buffer.from('b'), value: entry?.value as Value }])];
    });
    await Promise.all(promises);
    expect(raw.get(Buffer.from('b'))?.equals(Buffer.alloc(3000, 'a'))).toBe(true);
    await env.batch([put(1)]);
    expect(items.get(1)).toBe('value 1');
  });

  test('commits together what waits together', async () => {
    const { env, items, put } = world({ durability: 'sync' });
    const before = env.info().lastTransaction;
    // All batches wait for this transaction, which writes nothing.
    const promises = env.write(() => [Array.from({ length: 500 }, (_, i) => env.batch([put(i)]))]).flat();
    await Promise.all(promises);
    expect(keys(items)).toEqual(Array.from({ length: 500 }, (_, i) => i));
    expect(env.info().lastTransaction - before).toBe(1);
  });

  test('is in the order in which it was asked, and so are the promises', async () => {
    const { env, items, put, del } = world();
    const settled: number[] = [];
    const promises: Promise<unknown>[] = [];
    for (let i = 0; i < 300; i++) {
      const operations = i % 3 === 0 ? [] : i % 3 === 1 ? [put(1, `${i}`)] : [del(2), put(2, `${i}`)];
      promises.push(env.batch(operations).then(() => settled.push(i)));
    }
    await Promise.all(promises);
    expect(settled).toEqual(Array.from({ length: 300 }, (_, i) => i));
    expect([items.get(1), items.get(2)]).toEqual(['298', '299']);
  });

  test('with no operations comes after those before it', async () => {
    const { env, items, put } = world();
    void env.batch([put(1)]);
    await env.batch([]);
    expect(items.get(1)).toBe('value 1');
  });

  test('keeps the environment, and the process, until it is done', async () => {
    const path = temporaryFolder();
    let env: ReturnType<typeof open> | undefined = open(path, { durability: 'nosync' });
    const items = env.collection('items', { key: uint32, value: utf8 });
    items.put(0, 'held');
    const promise = env.batch([{ type: 'put', collection: items, key: 1, value: 'done' }]);
    env = undefined;
    await collect();
    await promise;
    const told = runChild(
      `const env = open(args.path); const items = env.collection('items');
       for (let i = 10; i < 200; i++) env.batch([{ type: 'put', collection: items, key: i, value: String(i) }])
         .then(() => { if (i === 199) tell('all'); });`,
      { path },
    );
    expect(told).toMatchObject({ status: 0, stderr: '', told: ['all'] });
    expect(openAt(path).collection('items').count()).toBe(192);
  });
});

describe('a batch that fails', () => {
  const cases: [string, (made: ReturnType<typeof world>) => unknown, string][] = [
    ['an operation that is no object', () => 7, 'ERR_INVALID_ARG_TYPE'],
    ['a type that does not exist', ({ put }) => ({ ...put(1), type: 'set' }), 'ERR_INVALID_ARG_VALUE'],
    ['no type', ({ put }) => ({ ...put(1), type: undefined }), 'ERR_INVALID_ARG_TYPE'],
    ['a name that does not exist', ({ put }) => ({ ...put(1), values: 1 }), 'ERR_INVALID_ARG_VALUE'],
    ['no collection', ({ put }) => ({ ...put(1), collection: {} }), 'ERR_INVALID_ARG_TYPE'],
    [
      'a collection of another environment',
      ({ put }) => ({ ...put(1), collection: world().items }),
      'ERR_INVALID_ARG_VALUE',
    ],
    [
      'a collection of another handle',
      ({ put, env }) => ({ ...put(1), collection: openAt(env.path).collection('items') }),
      'ERR_INVALID_ARG_VALUE',
    ],
    ['a key of another type', ({ put }) => put('one'), 'ERR_INVALID_ARG_TYPE'],
    ['a key out of range', ({ put }) => put(-1), 'ERR_OUT_OF_RANGE'],
    ['no key', ({ put }) => ({ ...put(1), key: undefined }), 'ERR_INVALID_ARG_TYPE'],
    ['a value of another type', ({ put }) => put(1, 7), 'ERR_INVALID_ARG_TYPE'],
    ['no value', ({ put }) => ({ ...put(1), value: undefined }), 'ERR_INVALID_ARG_TYPE'],
    ['a value of a deletion', ({ put }) => ({ ...put(1), type: 'del' }), 'ERR_INVALID_ARG_VALUE'],
    ['a key too long', ({ others }) => ({ type: 'del', collection: others, key: ['x'.repeat(600)] }), 'ERR_KEY_SIZE'],
    ['an empty key', ({ env }) => ({ type: 'del', collection: env.main, key: Buffer.alloc(0) }), 'ERR_KEY_SIZE'],
    [
      'the record of a collection',
      ({ env }) => ({ type: 'del', collection: env.main, key: Buffer.from('items') }),
      'ERR_INVALID_ARG_VALUE',
    ],
    [
      'a collection that another handle has dropped',
      ({ env, others }) => {
        openAt(env.path).collection('others').drop();
        return { type: 'put', collection: others, key: [1], value: 1 };
      },
      'ERR_NO_COLLECTION',
    ],
  ];

  test.each(cases)('for %s says which operation it was, and spoils no other', async (_, bad, code) => {
    const made = world();
    const { env, items, put } = made;
    const operation = bad(made) as BatchOperation;
    const before = [env.batch([put(10)]), env.batch([put(11)])];
    const failed = rejection(env.batch([put(1), put(2), operation, put(3)]));
    const after = [env.batch([put(12)]), env.batch([put(13)])];
    await Promise.all([...before, ...after]);
    const error = await failed;
    expect([error.code, error.index]).toEqual([code, 2]);
    expect(keys(items)).toEqual([10, 11, 12, 13]);
  });

  test.each<[string, unknown, string]>([
    ['undefined', undefined, 'ERR_INVALID_ARG_TYPE'],
    ['a number', 7, 'ERR_INVALID_ARG_TYPE'],
    ['an object that is no iterable', { type: 'put' }, 'ERR_INVALID_ARG_TYPE'],
  ])('%s is no list of operations', async (_, operations, code) => {
    const { env } = world();
    const error = await rejection(env.batch(operations as never));
    expect([error.code, error.index]).toEqual([code, undefined]);
  });

  test.each<[string, unknown]>([
    ['an Error', new RangeError('mine')],
    ['a frozen Error', Object.freeze(new Error('mine'))],
    ['a text', 'mine'],
    ['nothing', undefined],
  ])('because a codec throws %s carries that, and the index', async (_, thrown) => {
    const { env, items, put } = world();
    const own = env.collection('own', {
      key: uint32,
      value: {
        name: 'own',
        encode: (): Uint8Array => {
          throw thrown;
        },
        decode: () => 1,
      },
    });
    const error = await rejection(env.batch([put(1), { type: 'put', collection: own, key: 1, value: 1 }]));
    expect(error.index).toBe(1);
    expect(error === thrown || (error.cause === thrown && error.code === 'ERR_INVALID_ARG_VALUE')).toBe(true);
    expect(items.count()).toBe(0);
  });

  test('because its list throws passes that on', async () => {
    const { env, items, put } = world();
    const error = new Error('mine');
    await expect(
      env.batch(
        (function* () {
          yield put(1);
          throw error;
        })(),
      ),
    ).rejects.toBe(error);
    expect(items.count()).toBe(0);
  });

  test('among hundreds of others fails alone', async () => {
    const { env, items, put } = world();
    const plain = (name: string): BatchOperation => ({ type: 'del', collection: env.main, key: Buffer.from(name) });
    const promises = Array.from({ length: 300 }, (_, i) =>
      env.batch(i % 7 === 3 ? [put(1000 + i), plain('items')] : [put(i)]),
    );
    const settled = await Promise.allSettled(promises);
    expect(settled.map(({ status }) => status)).toEqual(
      settled.map((_, i) => (i % 7 === 3 ? 'rejected' : 'fulfilled')),
    );
    expect(keys(items)).toEqual(settled.map((_, i) => i).filter((i) => i % 7 !== 3));
  });

  test('on a read-only or closed environment', async () => {
    const { env, put } = world();
    env.close();
    expect((await rejection(env.batch([put(1)]))).code).toBe('ERR_ENV_CLOSED');
    expect((await rejection(env.batch([]))).code).toBe('ERR_ENV_CLOSED');
    const reader = openAt(env.path, { readOnly: true });
    const collection = reader.collection('items');
    const error = await rejection(reader.batch([{ type: 'del', collection, key: 1 }]));
    expect([error.code, error.index]).toEqual(['ERR_READ_ONLY', undefined]);
  });
});

describe('a full map', () => {
  // The number of commits varies, and so does the number of pages that they replace. The map has enough room for these pages.
  test.each(['together', 'as they come', 'one by one'])(
    'fails the batches that do not fit, and no others (%s)',
    async (how) => {
      const [page, largePages, fitting] = [4096, 49, 5];
      const { env, items, put } = world({ mapSize: (fitting * largePages + 40) * page });
      const large = 'x'.repeat(largePages * page - 100);
      const start = (i: number) => env.batch([put(i), put(100 + i, i % 2 === 0 ? 'small' : large)]);
      const promises: Promise<unknown>[] = [];
      const startAll = async () => {
        for (let i = 0; i < 40; i++) {
          const promise = start(i);
          promises.push(promise);
          if (how === 'one by one') await promise.catch(() => {});
        }
      };
      // Batches that are added inside a write transaction wait for its end.
      await (how === 'together' ? env.write(() => [startAll()])[0] : startAll());
      const settled = await Promise.allSettled(promises);
      const failed = settled.flatMap((each, i) => (each.status === 'rejected' ? [[i, each.reason.code]] : []));
      const tooMany = Array.from({ length: 15 }, (_, i) => [2 * (fitting + i) + 1, 'MDB_MAP_FULL']);
      expect(failed).toEqual(tooMany);
      for (const each of settled) {
        if (each.status === 'rejected' && each.reason.index !== undefined) expect(each.reason.index).toBe(1);
      }
      for (let i = 0; i < 40; i++) {
        const whole = settled[i]?.status === 'fulfilled';
        expect([items.has(i), items.has(100 + i)]).toEqual([whole, whole]);
      }
      await env.batch([put(1, 'after it')]);
      expect(items.get(1)).toBe('after it');
    },
  );

  test('to the last page leaves each batch whole', async () => {
    const { env, items, put } = world({ mapSize: 2 ** 18 });
    const settled = await Promise.allSettled(
      Array.from({ length: 300 }, (_, i) => env.batch([put(2 * i, 'x'.repeat(500)), put(2 * i + 1, 'y'.repeat(500))])),
    );
    const expected = settled.flatMap(({ status }, i) => (status === 'fulfilled' ? [2 * i, 2 * i + 1] : []));
    expect(expected.length).toBeGreaterThan(50);
    expect(expected.length).toBeLessThan(600);
    expect(keys(items)).toEqual(expected);
    env.resize(2 ** 20);
    await env.batch([put(10_000)]);
  });
});

describe('batches and write transactions of one thread', () => {
  test('come in the order in which the program asks for them', async () => {
    const { env, items, put, del } = world();
    const promises: Promise<unknown>[] = [];
    for (let i = 0; i < 50; i++) {
      promises.push(env.batch([put(1, `batch ${i}`), put(2)]));
      // Each write transaction sees the batches that were added before it.
      expect(env.write(() => items.get(1))).toBe(`batch ${i}`);
      promises.push(env.batch([put(1, `again ${i}`)]));
      expect(items.putNew(2, 'not')).toBe(false);
      expect(items.get(1)).toBe(`again ${i}`);
      promises.push(env.batch([del(2)]));
      expect(items.del(2)).toBe(false);
    }
    await Promise.all(promises);
  });

  test('inside env.write() they come after its commit, or its rollback', async () => {
    const { env, items, put } = world();
    const promises: Promise<unknown>[] = [];
    env.write(() => {
      items.put(1, 'written');
      promises.push(env.batch([put(1, 'batch'), put(2)]));
      env.write(() => {
        items.put(3, 'inner');
        promises.push(env.batch([put(3, 'batch')]));
      });
      expect([items.get(1), items.get(2), items.get(3)]).toEqual(['written', undefined, 'inner']);
    });
    await Promise.all(promises);
    expect([items.get(1), items.get(2), items.get(3)]).toEqual(['batch', 'value 2', 'batch']);
    expect(() =>
      env.write(() => {
        promises.push(env.batch([put(4)]));
        throw new Error('undo');
      }),
    ).toThrow('undo');
    await Promise.all(promises);
    expect(items.get(4)).toBe('value 4');
  });

  test('of two handles on one path wait for nothing that waits for them', async () => {
    const { env, items, put } = world();
    const other = openAt(env.path);
    const same = other.collection('items', { key: uint32, value: utf8 });
    const promises: Promise<unknown>[] = [];
    env.write(() => {
      promises.push(other.batch([{ type: 'put', collection: same, key: 1, value: 'from the other' }]));
      promises.push(env.batch([put(2)]));
      same.put(3, 'a child');
      other.write(() => same.put(4, 'another'));
      other.sync();
      env.sync();
      other.close();
      expect(items.get(1)).toBeUndefined();
    });
    await Promise.all(promises);
    expect(keys(items)).toEqual([1, 2, 3, 4]);
    // Closing a handle commits the batches that its thread has queued.
    const again = openAt(env.path);
    void env.batch([put(5)]);
    again.close();
    expect(items.get(5)).toBe('value 5');
  });

  test('close() commits what waits', async () => {
    const { env, put } = world();
    const promises = Array.from({ length: 100 }, (_, i) => env.batch([put(i)]));
    env.close();
    expect(openAt(env.path, { maxCollections: 7 }).collection('items').count()).toBe(100);
    await Promise.all(promises);
  });

  test('close() inside env.write() rolls that back and commits what waits', async () => {
    const { env, items, put } = world();
    let promise: Promise<unknown> | undefined;
    const code = codeOf(() =>
      env.write(() => {
        items.put(1, 'undone');
        promise = env.batch([put(2)]);
        env.close();
      }),
    );
    expect(code).toBe('ERR_TXN_ENDED');
    await promise;
    expect(keys(openAt(env.path).collection('items', { key: uint32, value: utf8 }))).toEqual([2]);
  });

  test('are made in any order by code that runs while they are encoded', async () => {
    const { env, items, others, put } = world();
    const inner: Promise<unknown>[] = [];
    const value = {
      get a() {
        inner.push(env.batch([put(1, 'x'.repeat(100_000)), put(2)]));
        items.put(3, 'put');
        expect(items.get(1)?.length).toBe(100_000);
        return 'b'.repeat(70_000);
      },
    };
    await env.batch([put(4), { type: 'put', collection: others, key: ['k'], value }, put(5)]);
    await Promise.all(inner);
    expect(keys(items)).toEqual([1, 2, 3, 4, 5]);
    expect(others.get(['k'])).toEqual({ a: 'b'.repeat(70_000) });
    const closes = {
      toJSON: () => {
        env.close();
        return 1;
      },
    };
    const error = await rejection(env.batch([put(6), { type: 'put', collection: others, key: ['k'], value: closes }]));
    expect([error.code, error.index]).toEqual(['ERR_ENV_CLOSED', undefined]);
    expect(openAt(env.path).collection('items').count()).toBe(5);
  });
});

describe('batches and other processes', () => {
  test('wait for a writer elsewhere, and the event loop goes on', async () => {
    const { env, items, put } = world();
    const child = new WaitingChild(
      `const env = open(args.path, { durability: 'nosync' });
       env.write(() => { tell('holds'); waitForLine(); });
       tell('gave up'); env.close(); process.exit(0);`,
      { path: env.path },
    );
    expect(await child.next()).toBe('holds');
    let done = false;
    const promise = Promise.all([env.batch([put(1)]), env.batch([put(2)])]).then(() => {
      done = true;
    });
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    expect([done, items.count()]).toEqual([false, 0]);
    child.send('x');
    await promise;
    expect(keys(items)).toEqual([1, 2]);
    await child.end();
  });

  test('process.exit() with batches that wait ends at once and leaves each whole', () => {
    const { path } = world().env;
    for (let i = 0; i < 5; i++) {
      const result = runChild(
        `const env = open(args.path, { durability: 'nosync' }); const items = env.collection('items');
         for (let i = 0; i < 3000; i++) env.batch([1, 2, 3].map((n) => ({ type: 'put', collection: items, key: 10 * i + n, value: 'v' })));
         ${i % 2 === 0 ? 'process.exit(4);' : 'setTimeout(() => process.exit(4), 3);'}`,
        { path },
      );
      expect(result).toMatchObject({ status: 4, signal: null, stderr: '' });
    }
    const counted = askChild(`tell(open(args.path).collection('items').count() % 3);`, { path });
    expect(counted).toBe(0);
  });
});

test.each(['the outer', 'an inner'])(
  'what is remembered of codecs for a batch stays when %s write that it was added in is rolled back',
  async (undo) => {
    const { env } = world();
    const before = struct({ a: t.u32 });
    const after = struct({ a: t.u32, b: t.optional(t.utf8) });
    env.collection('grown', { key: uint32, value: before }).put(1, { a: 1 });
    const path = env.path;
    env.close();
    const again = openAt(path);
    const rows = again.collection('grown', { key: uint32, value: after });
    let batch: Promise<unknown> | undefined;
    const failing = () =>
      again.write(() => {
        batch = again.batch([{ type: 'put', collection: rows, key: 2, value: { a: 2, b: undo } }]);
        throw new Error('undo');
      });
    if (undo === 'the outer') expect(failing).toThrow('undo');
    else again.write(() => expect(failing).toThrow('undo'));
    await batch;
    again.close();
    const reader = openAt(path);
    expect((reader.collection('grown').get(2) as { toObject(): object }).toObject()).toEqual({ a: 2, b: undo });
    reader.close();
  },
);
