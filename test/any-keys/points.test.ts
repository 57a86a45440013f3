import { describe, expect, test } from 'vitest';
import {
  bytes,
  hashJoin,
  type JoinOptions,
  type JoinPair,
  type KeyCodec,
  mergeJoin,
  tuple,
  uint32,
  utf8,
  type Value,
} from '../../lib/index.ts';
import { codeOf, collectionOf, openAt, openTemporary, rejection, temporaryFolder, thrown } from '../support/fixture.ts';

const MIB = 2 ** 20;
const LENGTHS = [0, 1, 2, 494, 495, 496, 502, 503, 504, 505, 510, 511, 512, 513, 1000, 10_000, MIB];

describe.each([false, true])('keys of any length (versions: %s)', (versions) => {
  test.each([
    ['zeros', 0],
    ['ones', 1],
    ['the greatest byte', 255],
  ])('are put, found, replaced and deleted: %s', (_, byte) => {
    const { env, items } = collectionOf({ key: bytes, value: utf8, keys: 'any', versions });
    const key = (length: number): Buffer => Buffer.alloc(length, byte);
    for (const length of LENGTHS) items.put(key(length), `first ${length}`);
    for (const length of LENGTHS) expect(items.putNew(key(length), 'no')).toBe(false);
    for (const length of LENGTHS) items.put(key(length), `value of ${length}`);
    const check = (): void => {
      for (const length of LENGTHS) {
        expect(String(items.get(key(length)))).toBe(`value of ${length}`);
        expect(items.has(key(length)), String(length)).toBe(true);
        if (length > 4 && length < MIB) expect(items.has(key(length + 4)), String(length)).toBe(false);
        if (versions) expect(items.version(key(length))).toBeGreaterThan(0);
      }
      expect(items.getMany(LENGTHS.map(key)).map(String)).toEqual(LENGTHS.map((length) => `value of ${length}`));
      expect(Array.from(items.range().keys(), ({ byteLength }) => byteLength)).toEqual(LENGTHS);
      expect(items.count()).toBe(LENGTHS.length);
    };
    check();
    env.read(check);
    env.write(check);
    for (const length of LENGTHS) expect(items.del(key(length))).toBe(true);
    for (const length of LENGTHS) expect(items.del(key(length))).toBe(false);
    expect(items.count()).toBe(0);
  });

  test('sinks of long and empty keys stay after the transaction', () => {
    const { env, items } = collectionOf({ key: utf8, value: utf8, keys: 'any', versions });
    const keys = ['', '\0', 'k'.repeat(503), 'k'.repeat(504), 'k'.repeat(3000)];
    for (const key of keys) items.put(key, `value of ${key.length}`);
    const entries = env.read(() => items.range().toArray());
    expect(entries.map(({ key }) => String(key))).toEqual(keys);
    expect(entries.map(({ value }) => String(value))).toEqual(keys.map((key) => `value of ${key.length}`));
    if (versions) expect(entries.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5]);
  });

  test('batches change them', async () => {
    const { env, items } = collectionOf({ key: utf8, value: utf8, keys: 'any', versions });
    const long = 'x'.repeat(2000);
    expect(
      await env.batch([
        { type: 'put', collection: items, key: long, value: 'one' },
        { type: 'put', collection: items, key: '', value: 'two' },
        { type: 'putNew', collection: items, key: long, value: 'no' },
        { type: 'del', collection: items, key: `${long}x` },
        { type: 'clear', collection: items, range: { prefix: long } },
      ]),
    ).toEqual([true, true, false, false, 1]);
    expect(items.range().keys().toArray().map(String)).toEqual(['']);
    const tooLong = rejection(env.batch([{ type: 'put', collection: items, key: 'x'.repeat(MIB + 1), value: '' }]));
    expect(await tooLong).toMatchObject({ code: 'ERR_KEY_SIZE', index: 0 });
  });
});

test('every codec of keys has keys of any length', () => {
  const env = openTemporary();
  const long = 'x'.repeat(700);
  const check = <K>(name: string, key: KeyCodec<K, unknown>, keys: K[]): void => {
    const items = env.collection(name, { key, value: uint32, keys: 'any' });
    keys.forEach((each, i) => void items.put(each, i));
    expect(
      Array.from(items.range(), ({ value }) => Number(value)),
      name,
    ).toEqual(keys.map((_, i) => i));
    expect(keys.map((each) => Number(items.get(each)))).toEqual(keys.map((_, i) => i));
  };
  check('utf8', utf8, ['', 'a', long, `${long}a`]);
  check('bytes', bytes, [Buffer.alloc(0), Buffer.alloc(1), Buffer.alloc(600), Buffer.alloc(600, 1)]);
  check('uint32', uint32, [0, 1, 2 ** 32 - 1]);
  check('tuple', tuple, [[], [null], [long, long, -1], [long, 1], [long, 2], [`${long}a`]]);
});

test('prefixes and bounds inside of what long keys share', () => {
  const { items } = collectionOf({ key: tuple, value: uint32, keys: 'any' });
  const path = 'dir/'.repeat(300);
  for (let i = 0; i < 50; i++) items.put([path, i], i);
  items.put([`${path}z`], 99);
  const values = (options: object): number[] => Array.from(items.range(options).values(), Number);
  expect(values({ prefix: [path] })).toEqual(Array.from({ length: 50 }, (_, i) => i));
  expect(values({ gt: [path, 10], lte: [path, 13] })).toEqual([11, 12, 13]);
  expect(values({ gte: [path, 47], reverse: true })).toEqual([99, 49, 48, 47]);
  expect(values({ gt: [path, 20], lt: [path, 23], reverse: true })).toEqual([22, 21]);
  expect(items.count({ prefix: [path], offset: 45 })).toBe(5);
});

test.each(['hash', 'merge'])('a join has entries with empty and with long keys: %s', (kind) => {
  const env = openTemporary();
  const left = env.collection('left', { key: utf8, value: utf8, keys: 'any' });
  const right = env.collection('right', { key: utf8, value: utf8, keys: 'any' });
  const long = 'j'.repeat(5000);
  for (const key of ['', 'a', long]) left.put(key, 'left');
  for (const key of ['', 'b', long, `${long}x`]) right.put(key, 'right');
  const inner = kind === 'hash' ? hashJoin : mergeJoin;
  const sides = (): JoinOptions<never, never, 'left'> =>
    ({
      build: { range: left.range(), on: 'key' },
      probe: { range: right.range(), on: 'key' },
      type: 'left',
    }) as never;
  const pairs = (): unknown[] =>
    Array.from(inner(sides()) as Iterable<JoinPair<{ key: Value }, { key: Value }, 'left'>>, ({ build, probe }) => [
      build === undefined ? 'none' : String(build.key).length,
      String(probe.key).length,
    ]);
  const wanted = [
    [0, 0],
    ['none', 1],
    [5000, 5000],
    ['none', 5001],
  ];
  expect(env.read(pairs)).toEqual(wanted);
});

test('the table of a join refuses keys of more than 65,535 bytes', () => {
  const env = openTemporary();
  const items = env.collection('items', { key: utf8, value: utf8, keys: 'any' });
  items.put('k'.repeat(65_536), 'value');
  const side = { range: items.range(), on: 'key' } as const;
  expect(thrown(() => hashJoin({ build: side, probe: side } as never).toArray())).toMatchObject({
    code: 'ERR_KEY_SIZE',
    message: expect.stringMatching(/make the other side the build side/),
  });
  expect(mergeJoin({ build: side, probe: side } as never).count()).toBe(1);
});

test('a collection keeps what it was made with', () => {
  const folder = temporaryFolder();
  const env = openAt(folder);
  env.collection('any', { key: utf8, keys: 'any' });
  env.collection('plain', { key: utf8 });
  env.close();
  const again = openAt(folder);
  again.collection('any', { key: utf8, value: bytes }).put('', Buffer.alloc(1));
  expect(codeOf(() => again.collection('plain', { keys: 'any' }))).toBe('ERR_CODEC');
  again.collection('plain');
  expect(codeOf(() => again.collection('plain', { keys: 'any' }))).toBe('ERR_CODEC');
  expect(again.collection('any', { keys: 'any' }).count()).toBe(1);
});

test.each([
  [{ keys: 'all' }, 'ERR_INVALID_ARG_VALUE'],
  [{ keys: true }, 'ERR_INVALID_ARG_TYPE'],
  [{ keys: 'any', dupSort: true }, 'ERR_INVALID_ARG_VALUE'],
])('the options %o are %s', (options, code) => {
  expect(codeOf(() => openTemporary().collection('items', options as never))).toBe(code);
});

test('the unnamed database has no keys of any length', () => {
  expect(codeOf(() => openTemporary().collection(null as never, { keys: 'any' } as never))).toBe(
    'ERR_INVALID_ARG_VALUE',
  );
});

test('a key that is too long says how long it may be; without keys: any, how to have longer ones', () => {
  const env = openTemporary();
  const any = env.collection('any', { key: utf8, value: utf8, keys: 'any' });
  const plain = env.collection('plain', { key: utf8, value: utf8 });
  for (const call of [() => any.put('x'.repeat(MIB + 1), ''), () => any.get('x'.repeat(MIB + 1))]) {
    expect(thrown(call)).toMatchObject({
      code: 'ERR_KEY_SIZE',
      message: expect.stringMatching(/at most 1048576 bytes/),
    });
  }
  for (const call of [() => plain.put('', ''), () => plain.get('x'.repeat(512)), () => plain.del('')]) {
    expect(thrown(call)).toMatchObject({ code: 'ERR_KEY_SIZE', message: expect.stringMatching(/keys: 'any'/) });
  }
});

test('values of long and empty keys expire, and are swept', async () => {
  const { env, items } = collectionOf({ key: utf8, value: utf8, keys: 'any', versions: true, expires: true });
  const keys = ['', 'k'.repeat(600), `${'k'.repeat(600)}a`, 'k'.repeat(5000)];
  for (const key of keys) items.putUntil(key, 'due', Date.now() - 1000);
  items.put(`${'k'.repeat(600)}b`, 'stays');
  expect(keys.map((key) => items.get(key))).toEqual(keys.map(() => undefined));
  expect(items.range().values().toArray()).toEqual(['stays']);
  expect(items.putNew(keys[1] as string, 'new')).toBe(true);
  await env.sweep();
  expect(items.stat().entries).toBe(2);
  expect(items.range().values().toArray()).toEqual(['new', 'stays']);
});
