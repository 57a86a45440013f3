// Changes of collections whose values expire: which times values get, and that expired values count as absent.
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { importRecords, json, open, uint32, utf8 } from '../../lib/index.ts';
import { pass, shiftedNow } from '../support/clock.ts';
import { codeOf, openTemporary, rejection, temporaryFolder, thrown } from '../support/fixture.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

function sessions(expires: true | { ttl: number } = true, versions = true) {
  const env = openTemporary({ sweep: false });
  return { env, items: env.collection('sessions', { key: utf8, value: utf8, versions, expires }) };
}

/** Whether a time is `ms` from now. Allows for the time that the test takes. */
function expectIn(time: number | undefined, ms: number): void {
  expect(time).toBeGreaterThan(shiftedNow() + ms - MINUTE / 2);
  expect(time).toBeLessThanOrEqual(shiftedNow() + ms);
}

describe('the time of a value', () => {
  test('is that of putUntil, as a Date or a number', () => {
    const { env, items } = sessions();
    const time = shiftedNow() + MINUTE;
    items.putUntil('a', 'A', time);
    items.putUntil('b', 'B', new Date(time));
    items.putUntil('c', 'C', time - 0.5);
    items.putUntil('d', 'D', Number.POSITIVE_INFINITY);
    items.put('e', 'E');
    expect(['a', 'b', 'c', 'd', 'e', 'f'].map((key) => items.expiresAt(key))).toEqual([
      time,
      time,
      time,
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
      undefined,
    ]);
    expect(env.read((txn) => [...items.in(txn).range()].map((entry) => entry.expires))).toEqual([
      time,
      time,
      time,
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ]);
    items.scan({ lt: 'b' }, (entry) => {
      expect(entry.expires).toBe(time);
      expect(entry.version).toBe(items.version('a'));
    });
    pass(MINUTE);
    expect([...items.range()].map(({ key }) => String(key))).toEqual(['d', 'e']);
    expect(items.expiresAt('a')).toBeUndefined();
  });

  test('is the default of the program, from the put on', async () => {
    const { env, items } = sessions({ ttl: MINUTE });
    items.put('put', '');
    items.putNew('putNew', '');
    items.append('zzz', '');
    items.putIf('putIf', '', 0);
    await env.batch([{ type: 'put', collection: items, key: 'batch', value: '' }]);
    for (const key of ['put', 'putNew', 'zzz', 'putIf', 'batch']) expectIn(items.expiresAt(key), MINUTE);
    items.putUntil('put', '', Number.POSITIVE_INFINITY);
    pass(MINUTE);
    expect([...items.range()].map(({ key }) => String(key))).toEqual(['put']);
  });

  test('can be given to each operation of a batch', async () => {
    const { env, items } = sessions({ ttl: MINUTE });
    const time = new Date(shiftedNow() + DAY);
    await env.batch([
      { type: 'put', collection: items, key: 'a', value: '', expires: time },
      { type: 'putNew', collection: items, key: 'b', value: '', ttl: 2 * DAY },
      { type: 'put', collection: items, key: 'c', value: '', ifVersion: 0, expires: time.getTime() },
      { type: 'put', collection: items, key: 'd', value: '', ttl: Number.POSITIVE_INFINITY },
    ]);
    expect(items.expiresAt('a')).toBe(time.getTime());
    expectIn(items.expiresAt('b'), 2 * DAY);
    expect(items.expiresAt('c')).toBe(time.getTime());
    expect(items.expiresAt('d')).toBe(Number.POSITIVE_INFINITY);
  });

  test('is the default for what is imported, in place of what has expired', async () => {
    const env = openTemporary({ sweep: false });
    const items = env.collection('items', { key: utf8, value: json, expires: { ttl: DAY } });
    for (const key of ['b', 'x', 'y']) items.putUntil(key, 'old', shiftedNow() + MINUTE);
    pass(MINUTE);
    const lines = (keys: string[]) => Readable.from(keys.map((id) => `{"id":"${id}"}\n`));
    const options = { key: 'id', format: 'ndjson' } as const;
    expect((await importRecords(items, lines(['a', 'b']), options)).rows).toBe(2);
    expect((await importRecords(items, lines(['c', 'a']), options)).rows).toBe(2);
    expect([...items.range()].map(({ key }) => String(key))).toEqual(['a', 'b', 'c']);
    for (const { expires } of items.range()) expectIn(expires, DAY);
  });

  test('stays what it was when update() replaces the value', () => {
    const { items } = sessions({ ttl: MINUTE });
    const time = shiftedNow() + DAY;
    items.putUntil('a', '1', time);
    items.putUntil('b', '1', Number.POSITIVE_INFINITY);
    for (const key of ['a', 'b', 'c']) items.update(key, (value) => `${value ?? '0'}1`);
    expect(items.expiresAt('a')).toBe(time);
    expect(items.expiresAt('b')).toBe(Number.POSITIVE_INFINITY);
    expectIn(items.expiresAt('c'), MINUTE);
    pass(2 * DAY);
    items.update('a', (value) => value ?? 'new');
    expect(items.get('a')).toBe('new');
    expectIn(items.expiresAt('a'), MINUTE);
  });

  test('is never reached if the clock goes backwards', () => {
    const { items } = sessions();
    items.putUntil('a', 'A', shiftedNow() + MINUTE);
    pass(2 * MINUTE);
    expect(items.has('a')).toBe(false);
    pass(-2 * MINUTE);
    expect(items.get('a')).toBe('A');
  });
});

describe('what has expired counts as absent', () => {
  test('for the calls that change', () => {
    const { items } = sessions();
    const put = (key: string): void => items.putUntil(key, 'old', shiftedNow() + MINUTE);
    for (const key of ['a', 'b', 'c', 'd', 'x', 'y', 'z']) put(key);
    const version = items.version('a');
    pass(MINUTE);
    expect(items.del('a')).toBe(false);
    expect(items.delIf('a', version)).toBe(false);
    expect(items.putIf('a', 'new', version)).toBe(false);
    expect(items.putIf('a', 'new', 0)).toBe(true);
    expect(items.putNew('b', 'new')).toBe(true);
    expect(items.putNew('b', 'newer')).toBe(false);
    expect(items.update('c', (value) => value ?? 'new')).toBe('new');
    items.append('x', 'new');
    expect(codeOf(() => items.append('x', 'newer'))).toBe('ERR_KEY_ORDER');
    expect(codeOf(() => items.append('w', 'newer'))).toBe('ERR_KEY_ORDER');
    items.append('y5', 'new');
    expect([...items.range()].map(({ key, value }) => `${key} ${value}`)).toEqual([
      'a new',
      'b new',
      'c new',
      'x new',
      'y5 new',
    ]);
    expect(items.clear({ gte: 'b', limit: 2 })).toBe(2);
    expect(items.clear({ reverse: true, limit: 1 })).toBe(1);
    expect([...items.range()].map(({ key }) => String(key))).toEqual(['a', 'x']);
    expect(items.clear()).toBe(2);
    expect(items.stat().entries).toBe(0);
    expect(items.clear()).toBe(0);
  });

  test('also if its time has passed before it was put', async () => {
    const { env, items } = sessions();
    items.putUntil('a', 'A', 1);
    await env.batch([{ type: 'put', collection: items, key: 'b', value: 'B', expires: new Date(shiftedNow() - 1) }]);
    expect([items.get('a'), items.get('b'), items.count()]).toEqual([undefined, undefined, 0]);
    expect(await env.sweep()).toBe(2);
  });
});

describe('a time is checked', () => {
  const { env, items } = sessions();
  const plain = env.collection('plain', { key: utf8, value: utf8 });
  test.each([
    [undefined, 'ERR_INVALID_ARG_TYPE'],
    [null, 'ERR_INVALID_ARG_TYPE'],
    ['tomorrow', 'ERR_INVALID_ARG_TYPE'],
    [10n, 'ERR_INVALID_ARG_TYPE'],
    [{}, 'ERR_INVALID_ARG_TYPE'],
    [new Date(Number.NaN), 'ERR_INVALID_ARG_VALUE'],
    [Number.NaN, 'ERR_OUT_OF_RANGE'],
    [0, 'ERR_OUT_OF_RANGE'],
    [-1, 'ERR_OUT_OF_RANGE'],
    [new Date(0), 'ERR_OUT_OF_RANGE'],
    [Number.NEGATIVE_INFINITY, 'ERR_OUT_OF_RANGE'],
    [8.64e15 + 1, 'ERR_OUT_OF_RANGE'],
    [2 ** 53, 'ERR_OUT_OF_RANGE'],
    [1e300, 'ERR_OUT_OF_RANGE'],
  ])('%s', async (given, code) => {
    expect(codeOf(() => items.putUntil('a', 'A', given as never))).toBe(code);
    if (given === undefined) return;
    const operation = { type: 'put', collection: items, key: 'a', value: 'A', expires: given as never } as const;
    expect((await rejection(env.batch([operation]))).code).toBe(code);
    if (typeof given !== 'number') return;
    expect((await rejection(env.batch([{ ...operation, expires: undefined as never, ttl: given }]))).code).toBe(code);
    const options = { key: utf8, value: utf8, expires: { ttl: given } };
    expect(codeOf(() => env.collection('others', options))).toBe(code);
  });

  test('and the latest ones are kept', () => {
    items.putUntil('latest', 'A', 8.64e15);
    items.putUntil('late', 'A', 2 ** 32);
    expect(items.expiresAt('latest')).toBe(8.64e15);
    const lasting = sessions({ ttl: 8.64e15 });
    lasting.items.put('a', 'A');
    expect(lasting.items.expiresAt('a')).toBe(8.64e15);
  });

  test('collections without times refuse them', async () => {
    expect(codeOf(() => plain.putUntil('a', 'A', shiftedNow() + MINUTE))).toBe('ERR_INVALID_ARG_VALUE');
    expect(thrown(() => plain.expiresAt('a')).message).toContain("'plain' was made without expires: true");
    for (const until of [{ ttl: 5 }, { expires: shiftedNow() }]) {
      const refused = await rejection(env.batch([{ type: 'put', collection: plain, key: 'a', value: 'A', ...until }]));
      expect([refused.code, refused.index]).toEqual(['ERR_INVALID_ARG_VALUE', 0]);
    }
    const both = { type: 'put', collection: items, key: 'a', value: 'A', ttl: 5, expires: shiftedNow() } as const;
    expect((await rejection(env.batch([both]))).message).toContain('not both');
    const del = { type: 'del', collection: items, key: 'a', ttl: 5 } as never;
    expect((await rejection(env.batch([del]))).code).toBe('ERR_INVALID_ARG_VALUE');
    expect([...plain.range()]).toEqual([]);
    expect(plain.put('a', 'A')).toBeUndefined();
    expect([...plain.range()][0]?.expires).toBeUndefined();
  });
});

describe('the option', () => {
  test('is remembered, the ttl is not', () => {
    const path = temporaryFolder();
    const first = open(path, { sweep: false });
    first.collection('items', { key: utf8, value: json, expires: { ttl: MINUTE } }).put('a', 1);
    first.close();
    const env = open(path, { sweep: false });
    const items = env.collection('items', { key: utf8, value: json });
    expectIn(items.expiresAt('a'), MINUTE);
    items.put('b', 2);
    expect(items.expiresAt('b')).toBe(Number.POSITIVE_INFINITY);
    expect(env.collections()).toEqual(['items']);
    env.close();
  });

  test('must be what the collection was made with', () => {
    const { env } = sessions({ ttl: MINUTE });
    env.collection('plain', { key: utf8, value: utf8 });
    const opening = (name: string | null, options: object): string =>
      codeOf(() => env.collection(name, { key: utf8, value: utf8, ...options } as never));
    expect(opening('sessions', { expires: false })).toBe('ERR_CODEC');
    expect(opening('sessions', { expires: { ttl: 5 } })).toBe('ERR_INVALID_ARG_VALUE');
    expect(opening('plain', { expires: true })).toBe('ERR_CODEC');
    expect(opening(null, { expires: true })).toBe('ERR_INVALID_ARG_VALUE');
    expect(opening('pairs', { expires: true, dupSort: true })).toBe('ERR_INVALID_ARG_VALUE');
    expect(opening('others', { expires: 5 })).toBe('ERR_INVALID_ARG_TYPE');
    expect(opening('others', { expires: { tll: 5 } })).toBe('ERR_INVALID_ARG_VALUE');
    expect(opening('x'.repeat(493), { expires: true })).toBe('ERR_INVALID_ARG_VALUE');
    expect(opening('__leasehold_expiry:sessions', {})).toBe('ERR_INVALID_ARG_VALUE');
    env.collection('x'.repeat(492), { key: uint32, value: utf8, expires: true }).putUntil(1, '', 5);
    expect(env.collection('sessions')).toBe(env.collection('sessions', { expires: true } as never));
  });
});

describe('in env.transact()', () => {
  test('what has expired is absent, and values get their times', async () => {
    const { env, items } = sessions({ ttl: DAY });
    const put = (key: string, minutes: number): void => items.putUntil(key, 'old', shiftedNow() + minutes * MINUTE);
    for (const key of ['a', 'c', 'e']) put(key, 1);
    for (const key of ['b', 'd', 'f']) put(key, 100);
    pass(2 * MINUTE);
    const time = shiftedNow() + 50 * MINUTE;
    await env.transact((txn) => {
      const inside = items.in(txn);
      expect([inside.get('a'), inside.has('b'), inside.count(), inside.version('c')]).toEqual([undefined, true, 3, 0]);
      inside.putUntil('a', 'new', time);
      inside.putUntil('aa', 'new', 1);
      inside.put('bb', 'new');
      expect(inside.putNew('c', 'new')).toBe(true);
      expect(inside.putNew('d', 'new')).toBe(false);
      inside.update('d', (value) => `${value} and new`);
      expect(inside.del('e')).toBe(false);
      expect([...inside.range()].map(({ key }) => String(key))).toEqual(['a', 'b', 'bb', 'c', 'd', 'f']);
      expect([...inside.range({ reverse: true, offset: 1, limit: 3 })].map(({ key }) => String(key))).toEqual([
        'd',
        'c',
        'bb',
      ]);
      expect([inside.count(), inside.count({ lt: 'bb' }), inside.get('aa')]).toEqual([6, 2, undefined]);
      expect([inside.expiresAt('a'), inside.expiresAt('aa')]).toEqual([time, undefined]);
      expect(inside.clear({ gte: 'e' })).toBe(1);
      expect(inside.clear({ gte: 'b', limit: 1 })).toBe(1);
    });
    expect([...items.range()].map(({ key, value }) => `${key} ${value}`)).toEqual([
      'a new',
      'bb new',
      'c new',
      'd old and new',
    ]);
    expect(items.expiresAt('a')).toBe(time);
    expectIn(items.expiresAt('bb'), DAY);
    expectIn(items.expiresAt('d'), 98 * MINUTE);
    pass(60 * MINUTE);
    expect(await env.sweep()).toBe(3);
  });

  test('a sweep of what a transaction has seen as absent is no conflict; that a value has expired is one', async () => {
    const { env, items } = sessions();
    for (const key of ['a', 'b']) items.putUntil(key, 'old', shiftedNow() + MINUTE);
    items.putUntil('c', 'old', shiftedNow() + 2 * MINUTE);
    pass(1.5 * MINUTE);
    let runs = 0;
    await env.transact(async (txn) => {
      runs++;
      if (items.get('a', txn) === undefined) items.put('new', 'value', txn);
      await env.sweep();
    });
    expect(runs).toBe(1);
    runs = 0;
    await env.transact((txn) => {
      runs++;
      items.put('seen', items.get('c', txn) ?? 'absent', txn);
      pass(MINUTE);
    });
    expect([runs, items.get('seen')]).toEqual([2, 'absent']);
  });
});
