import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Environment, json, msgpack, type OpenOptions, open, uint32, utf8 } from '../../lib/index.ts';
import type { Changed } from '../docs/format-reader.ts';
import { changeLog, checkChangeLog } from '../support/change-log.ts';
import { codeOf, openAt, openTemporary, rejection, temporaryFolder, thrown } from '../support/fixture.ts';

const towns = (env: Environment) => env.collection('towns', { key: utf8, value: json, versions: true });
const numbers = (env: Environment) => env.collection('numbers', { key: uint32, value: utf8, versions: true });
const tidOf = (env: Environment): number => env.read(({ tid }) => tid);

/** The change of a commit, with keys as text. */
function told(changed: readonly Changed[]): unknown[] {
  return changed.map((each) =>
    'keys' in each
      ? [each.name, ...each.keys.map(String)]
      : { [each.name]: [each.lower, each.upper].map((bound) => bound && String(bound)), dropped: each.dropped },
  );
}

/** The change of the newest commit. */
function newest(env: Environment): unknown[] {
  const { commits } = changeLog(env.path);
  return told(commits.get(tidOf(env))?.changed ?? []);
}

describe('the record of a commit', () => {
  const cases: [name: string, change: (env: Environment) => unknown, expected: unknown[] | undefined][] = [
    ['put', (env) => towns(env).put('Oslo', 1), [['towns', 'Oslo']]],
    ['put of the same value', (env) => towns(env).put('Paris', 1), [['towns', 'Paris']]],
    ['putNew that stores', (env) => towns(env).putNew('Oslo', 1), [['towns', 'Oslo']]],
    ['putNew that does not', (env) => towns(env).putNew('Paris', 1), undefined],
    ['append', (env) => towns(env).append('Zürich', 1), [['towns', 'Zürich']]],
    ['append out of order', (env) => thrown(() => towns(env).append('A', 1)), undefined],
    ['update', (env) => towns(env).update('Paris', () => 2), [['towns', 'Paris']]],
    ['del', (env) => towns(env).del('Paris'), [['towns', 'Paris']]],
    ['del of an absent key', (env) => towns(env).del('Oslo'), undefined],
    ['putIf', (env) => towns(env).putIf('Paris', 1, towns(env).version('Paris')), [['towns', 'Paris']]],
    ['putIf that does not', (env) => towns(env).putIf('Paris', 1, 0), undefined],
    ['delIf', (env) => towns(env).delIf('Paris', towns(env).version('Paris')), [['towns', 'Paris']]],
    ['delIf of an absent key', (env) => towns(env).delIf('Oslo', 0), undefined],
    ['clear', (env) => towns(env).clear(), [{ towns: [undefined, undefined], dropped: false }]],
    ['clear of a range', (env) => towns(env).clear({ gte: 'M', lt: 'Z' }), [{ towns: ['M', 'Z'], dropped: false }]],
    [
      'clear of a prefix',
      (env) => towns(env).clear({ prefix: 'Pa' } as never),
      [{ towns: ['Pa', 'Pb'], dropped: false }],
    ],
    ['clear of nothing', (env) => towns(env).clear({ gte: 'Z' }), undefined],
    ['drop', (env) => towns(env).drop(), [{ towns: [undefined, undefined], dropped: true }]],
    ['a write transaction that changes nothing', (env) => env.write(() => {}), undefined],
    [
      'a collection without versions',
      (env) => env.collection('plain', { key: utf8, value: utf8 }).put('a', 'b'),
      undefined,
    ],
    [
      'several collections, in order, each key once',
      (env) =>
        env.write(() => {
          numbers(env).put(0x61626364, 'x');
          for (const name of ['b', 'a', 'b', 'c', 'a']) towns(env).put(name, 1);
          towns(env).del('c');
          towns(env).del('d');
        }),
      [
        ['numbers', 'abcd'],
        ['towns', 'a', 'b', 'c'],
      ],
    ],
    [
      'keys and a range: bounds around all of them',
      (env) =>
        env.write(() => {
          towns(env).put('C', 1);
          towns(env).clear({ gt: 'O', lte: 'Q' });
          towns(env).put('D', 1);
        }),
      [{ towns: ['C', 'Q'], dropped: false }],
    ],
    [
      'a collection that is dropped and made again',
      (env) =>
        env.write(() => {
          towns(env).drop();
          towns(env).put('A', 1);
        }),
      [{ towns: [undefined, undefined], dropped: true }],
    ],
  ];

  test.each(cases)('%s', (_, change, expected) => {
    const env = openTemporary();
    towns(env).put('Paris', 1);
    towns(env).put('Lyon', 1);
    change(env);
    expect(tidOf(env)).toBe(expected === undefined ? 2 : 3);
    if (expected !== undefined) expect(newest(env)).toEqual(expected);
    checkChangeLog(env, 'towns');
  });

  test('of batches that commit together is one', async () => {
    const env = openTemporary();
    towns(env).put('Paris', 1);
    // No batch is committed before all are queued.
    const batches = env.write(() =>
      Array.from({ length: 30 }, (_, i) =>
        env.batch([
          { type: 'put', collection: towns(env), key: `town ${i}`, value: i },
          {
            type: i === 7 ? 'del' : 'putNew',
            collection: towns(env),
            key: 'Paris',
            value: i === 7 ? undefined : 1,
          } as never,
        ]),
      ),
    );
    await Promise.all(batches);
    const { commits } = changeLog(env.path);
    expect(tidOf(env)).toBe(2);
    const all = [...commits.values()].flatMap(({ changed }) => told(changed).flat());
    for (let i = 0; i < 30; i++) expect(all.filter((name) => name === `town ${i}`)).toHaveLength(1);
    checkChangeLog(env, 'towns');
  });

  test('has the time and a nonce of its own', () => {
    const env = openTemporary();
    const before = Date.now();
    for (let i = 0; i < 20; i++) towns(env).put('Paris', i);
    const { commits } = changeLog(env.path);
    expect(new Set([...commits.values()].map(({ nonce }) => nonce)).size).toBe(20);
    for (const { time } of commits.values()) {
      expect(time).toBeGreaterThanOrEqual(before);
      expect(time).toBeLessThanOrEqual(Date.now());
    }
  });

  test('has 10,000 keys at most, then bounds; keys that are changed again count once', () => {
    const env = openTemporary();
    const [items, named] = [numbers(env), towns(env)];
    const put = (count: number): void =>
      env.write(() => {
        for (let i = 0; i < count; i++) items.put(i, '');
        for (let i = 0; i < 25_000; i++) items.put(i % 100, '');
        for (let i = count; i-- > 0; ) items.put(i, '');
      });
    const changed = () => changeLog(env.path).commits.get(tidOf(env))?.changed[0] as Changed;
    put(10_000);
    const keys = changed() as { keys: Buffer[] };
    expect(keys.keys.map((key) => key.readUInt32BE())).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
    put(10_001);
    const hex = (number: number): Buffer => Buffer.from(number.toString(16).padStart(8, '0'), 'hex');
    expect(changed()).toMatchObject({ lower: hex(0), upper: hex(10_000), open: [false, false], dropped: false });
    env.write(() => {
      named.put('one', 1);
      for (let i = 0; i <= 2100; i++) named.put(`${i} ${'x'.repeat(500)}`, 1);
    });
    expect(changed()).toMatchObject({ name: 'towns', upper: Buffer.from('one') });
    checkChangeLog(env, 'towns');
    checkChangeLog(env, 'numbers');
  });
});

describe('nested transactions', () => {
  test('have one tid; those that commit are in the record, those that are rolled back are not', () => {
    const env = openTemporary();
    env.write((outer) => {
      expect(outer.tid).toBe(0);
      towns(env).put('a', 1);
      env.write((inner) => {
        expect(inner.tid).toBe(0);
        towns(env).put('b', 1);
        expect(codeOf(() => outer.tid)).toBe('ERR_BUSY');
        expect(() =>
          env.write(() => {
            towns(env).put('c', 1);
            towns(env).clear();
            throw new Error('back');
          }),
        ).toThrow('back');
      });
      expect([towns(env).version('a'), towns(env).version('b')]).toEqual([1, 1]);
    });
    expect(newest(env)).toEqual([['towns', 'a', 'b']]);
    expect(tidOf(env)).toBe(1);
  });

  test('that are rolled back with everything else leave no trace: the number is taken by the next commit', async () => {
    const env = openTemporary();
    towns(env).put('a', 1);
    expect(() =>
      env.write(() => {
        towns(env).put('b', 1);
        env.write(() => numbers(env).put(1, ''));
        expect(towns(env).version('b')).toBe(2);
        throw new Error('back');
      }),
    ).toThrow('back');
    await rejection(
      env.batch([
        { type: 'put', collection: towns(env), key: 'c', value: 1 },
        { type: 'put', collection: towns(env), key: 'd', value: 1, ifVersion: 9 },
      ]),
    );
    expect([tidOf(env), changeLog(env.path).commits.size]).toEqual([1, 1]);
    towns(env).put('e', 1);
    expect([tidOf(env), towns(env).version('e')]).toEqual([2, 2]);
    expect(newest(env)).toEqual([['towns', 'e']]);
  });
});

describe('txn.tid and env.storeId', () => {
  test('are 0 and undefined before there is a collection with versions, and the id is there with it', () => {
    const env = openTemporary();
    env.collection('plain', { key: utf8, value: utf8 }).put('a', 'b');
    expect([tidOf(env), env.write(({ tid }) => tid), env.storeId]).toEqual([0, 0, undefined]);
    expect(env.main.count()).toBe(2);
    expect(() =>
      env.write(() => {
        towns(env);
        expect(env.storeId).toMatch(/^[0-9a-f]{32}$/);
        throw new Error('back');
      }),
    ).toThrow('back');
    expect(env.storeId).toBeUndefined();
    towns(env);
    const id = env.storeId;
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(tidOf(env)).toBe(0);
    towns(env).put('a', 1);
    expect(env.storeId).toBe(id);
    env.close();
    expect(codeOf(() => env.storeId)).toBe('ERR_ENV_CLOSED');
    expect(openAt(env.path, { readOnly: true }).storeId).toBe(id);
    expect(openTemporary().storeId).toBeUndefined();
  });

  test('a read transaction keeps its tid; those of other versions do not change it', () => {
    const env = openTemporary();
    towns(env).put('a', 1);
    const first = env.read();
    towns(env).put('a', 2);
    const second = env.read();
    env.collection('plain', { key: utf8, value: utf8 }).put('a', 'b');
    const third = env.read();
    expect([first.tid, second.tid, third.tid]).toEqual([1, 2, 2]);
    expect([first.tid, towns(env).version('a', first)]).toEqual([1, 1]);
    for (const txn of [first, second, third]) txn.end();
    expect(codeOf(() => first.tid)).toBe('ERR_TXN_ENDED');
  });
});

test('the log is shown nowhere, and cannot be used by name', () => {
  const env = openTemporary();
  towns(env).put('a', 1);
  expect(env.collections()).toEqual(['towns']);
  expect(codeOf(() => env.collection('__leasehold_changes'))).toBe('ERR_INVALID_ARG_VALUE');
  expect(codeOf(() => env.main.put(Buffer.from('__leasehold_changes'), Buffer.from('x')))).toBe(
    'ERR_INVALID_ARG_VALUE',
  );
  expect(codeOf(() => env.main.del(Buffer.from('__leasehold_changes')))).toBe('ERR_INVALID_ARG_VALUE');
  expect(codeOf(() => env.main.clear())).toBe('ERR_INVALID_ARG_VALUE');
});

describe('trimming', () => {
  test('keeps so many commits at least, and few more', () => {
    const env = openTemporary({ changes: { count: 80 } });
    const items = towns(env);
    for (let i = 1; i <= 500; i++) {
      items.put(`town ${i % 7}`, i);
      if (i % 50 > 2) continue;
      const tids = [...changeLog(env.path).commits.keys()];
      expect(tids.at(-1)).toBe(i);
      expect(tids.length).toBeGreaterThanOrEqual(Math.min(i, 80));
      expect(tids.length).toBeLessThanOrEqual(90);
    }
    checkChangeLog(env, 'towns');
    env.close();
    const again = openAt(env.path, { changes: { count: 1 } });
    for (let i = 1; i <= 10; i++) towns(again).put('a', i);
    expect([...changeLog(env.path).commits.keys()]).toEqual([510]);
    expect(towns(again).version('a')).toBe(510);
    again.write(() => towns(again).clear());
    expect([tidOf(again), again.storeId]).toEqual([511, changeLog(env.path).storeId]);
  });

  test('keeps so many bytes at most, whatever the sizes of the records, but the newest commit', () => {
    const env = openTemporary({ changes: { bytes: 2 ** 18 } });
    const [items, named] = [numbers(env), towns(env)];
    const sizeOf = (): number => {
      const commits = [...changeLog(env.path).commits.values()];
      return commits.reduce((sum, { changed }) => sum + Buffer.byteLength(JSON.stringify(told(changed))), 0);
    };
    for (let i = 0; i < 4000; i++) named.put(`town ${i}`, i);
    expect(sizeOf()).toBeLessThan(2 ** 18);
    const grow = (count: number): void =>
      env.write(() => {
        for (let i = 0; i < count; i++) items.put(i, '');
      });
    for (let i = 0; i < 6; i++) grow(9000);
    expect(changeLog(env.path).commits.size).toBeLessThanOrEqual(4);
    checkChangeLog(env, 'numbers');
    env.close();
    const small = openAt(env.path, { changes: { bytes: 1 } });
    for (let i = 0; i < 10; i++) towns(small).put('a', i);
    expect(changeLog(env.path).commits.size).toBe(1);
  });

  test.each<[unknown, string]>([
    [{ count: 0 }, 'ERR_OUT_OF_RANGE'],
    [{ bytes: 0.5 }, 'ERR_OUT_OF_RANGE'],
    [{ count: '7' }, 'ERR_INVALID_ARG_TYPE'],
    [{ days: 7 }, 'ERR_INVALID_ARG_VALUE'],
    [7, 'ERR_INVALID_ARG_TYPE'],
    [null, 'ERR_INVALID_ARG_TYPE'],
  ])('the option changes: %o is refused', (changes, code) => {
    expect(codeOf(() => open(temporaryFolder(), { changes } as OpenOptions))).toBe(code);
  });

  test('two handles have the same limits', () => {
    const env = openTemporary({ changes: { count: 5, bytes: 10_000 } });
    expect(open(env.path).storeId).toBeUndefined();
    for (const changes of [{ count: 6 }, { bytes: 10_001 }]) {
      const error = thrown(() => open(env.path, { changes }));
      expect([error.code, error.message.includes(`changes.${Object.keys(changes)[0]}`)]).toEqual([
        'ERR_INVALID_ARG_VALUE',
        true,
      ]);
    }
  });
});

describe('V1: no number is given twice', () => {
  test('across reopening and dropped collections', () => {
    const path = temporaryFolder();
    for (let i = 1; i <= 6; i++) {
      const env = openAt(path);
      towns(env).put('a', i);
      expect(towns(env).version('a')).toBe(2 * i - 1);
      towns(env).drop();
      env.close();
    }
  });

  test.each([false, true])(
    'in a copy, compact %s: it goes on from the same number with the same id, and other nonces',
    async (compact) => {
      const env = openTemporary();
      for (let i = 0; i < 20; i++) towns(env).put(`town ${i % 3}`, i);
      const path = join(temporaryFolder(), 'copy');
      await env.copy(path, { compact });
      const copy = openAt(path);
      expect([tidOf(copy), copy.storeId]).toEqual([20, env.storeId]);
      for (const each of [env, copy]) {
        towns(each).put('later', 1);
        expect(towns(each).version('later')).toBe(21);
        checkChangeLog(each, 'towns');
      }
      const [here, there] = [changeLog(env.path).commits, changeLog(path).commits];
      for (let tid = 1; tid <= 20; tid++) expect(here.get(tid)?.nonce).toBe(there.get(tid)?.nonce);
      expect(here.get(21)?.nonce).not.toBe(there.get(21)?.nonce);
    },
  );

  test('after a backup is restored, the nonces tell', async () => {
    const path = temporaryFolder();
    const env = openAt(path);
    const backup = temporaryFolder();
    towns(env).put('a', 1);
    await env.copy(join(backup, 'copy'));
    towns(env).put('a', 2);
    const lost = changeLog(path).commits.get(2)?.nonce;
    env.close();
    const restored = join(temporaryFolder(), 'restored');
    mkdirSync(restored);
    copyFileSync(join(backup, 'copy/data.mdb'), join(restored, 'data.mdb'));
    const again = openAt(restored);
    towns(again).put('a', 3);
    expect([towns(again).version('a'), changeLog(restored).storeId]).toEqual([2, again.storeId]);
    expect(changeLog(restored).commits.get(2)?.nonce).not.toBe(lost);
  });
});

test('a commit whose record finds no room is rolled back whole, and can be tried again', async () => {
  const env = openTemporary({ mapSize: 2 ** 17 });
  const items = env.collection('items', { key: utf8, value: msgpack, versions: true });
  let failed = 0;
  for (let i = 0; i < 400; i++) {
    const before = [tidOf(env), items.count()];
    try {
      if (i % 2 === 0) env.write(() => items.put(`key ${i} ${'k'.repeat(i % 300)}`, i));
      else await env.batch([{ type: 'put', collection: items, key: `key ${i} ${'k'.repeat(i % 300)}`, value: i }]);
    } catch (error) {
      expect(error).toMatchObject({ code: 'MDB_MAP_FULL' });
      expect([tidOf(env), items.count()]).toEqual(before);
      failed++;
    }
  }
  expect(failed).toBeGreaterThan(10);
  checkChangeLog(env, 'items');
  env.resize(2 ** 20);
  items.put('more', 1);
  expect(items.version('more')).toBe(tidOf(env));
  checkChangeLog(env, 'items');
});
