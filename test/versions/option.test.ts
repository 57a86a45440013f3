// The option `versions`, and how the database remembers it.
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { bytes, utf8 } from '../../lib/index.ts';
import { codeOf, collectionOf, openAt, openTemporary, temporaryFolder, thrown } from '../support/fixture.ts';

const codecs = { key: utf8, value: utf8 };

test('is remembered: it can be left out later, also by another environment', () => {
  const folder = temporaryFolder();
  const env = openAt(folder);
  env.collection('items', { ...codecs, versions: true }).put('a', '1');
  env.close();
  const again = openAt(folder);
  const items = again.collection('items');
  expect(items.version('a' as never)).toBe(1);
  expect(again.collection('items', { versions: true })).toBe(items);
  expect(inspect(items)).toContain('versions: true');
});

test('that differs from what the collection was made with is ERR_CODEC, open or not', () => {
  const folder = temporaryFolder();
  const env = openAt(folder);
  env.collection('with', { ...codecs, versions: true });
  env.collection('without', codecs);
  const check = (reopened: typeof env): void => {
    expect(thrown(() => reopened.collection('with', { versions: false }))).toMatchObject({
      code: 'ERR_CODEC',
      message: expect.stringMatching(/'with' was made with versions: true/),
    });
    expect(thrown(() => reopened.collection('without', { versions: true }))).toMatchObject({
      code: 'ERR_CODEC',
      message: expect.stringMatching(/'without' was made without versions/),
    });
  };
  check(env);
  env.close();
  check(openAt(folder));
});

test('that cannot be is refused', () => {
  const env = openTemporary();
  expect(codeOf(() => env.collection('a', { dupSort: true, versions: true } as never))).toBe('ERR_INVALID_ARG_VALUE');
  expect(codeOf(() => env.collection(null, { versions: true } as never))).toBe('ERR_INVALID_ARG_VALUE');
  expect(codeOf(() => env.collection('a', { versions: 1 } as never))).toBe('ERR_INVALID_ARG_TYPE');
  env.collection('pairs', { key: utf8, value: bytes, dupSort: true });
  expect(codeOf(() => env.collection('pairs', { versions: true }))).toBe('ERR_CODEC');
  expect(env.collections()).toEqual(['pairs']);
});

test('as() keeps it', () => {
  const { items } = collectionOf({ ...codecs, versions: true });
  items.put('a', 'one');
  const raw = items.as({ value: bytes });
  expect(raw.get('a')?.toBuffer()).toEqual(Buffer.from('one'));
  expect(raw.version('a')).toBe(items.version('a'));
  expect([...raw.range()].map(({ version }) => version)).toEqual([items.version('a')]);
});

test('version() of a collection without versions is ERR_INVALID_ARG_VALUE; its entries have none', () => {
  const { env, items } = collectionOf(codecs);
  items.put('a', 'one');
  expect(thrown(() => items.version('a'))).toMatchObject({
    code: 'ERR_INVALID_ARG_VALUE',
    message: expect.stringMatching(/made without versions: true/),
  });
  expect(codeOf(() => env.main.version(Buffer.from('a') as never))).toBe('ERR_INVALID_ARG_VALUE');
  for (const entry of items.range()) expect(entry.version).toBe(undefined);
  items.scan({}, ({ version }) => {
    expect(version).toBe(undefined);
  });
});

test('the version of an entry that has expired is ERR_LEASE_EXPIRED', () => {
  const { env, items } = collectionOf({ ...codecs, versions: true });
  items.put('a', 'one');
  const txn = env.read({ onEnd: 'invalidate' });
  const [entry] = [...items.range({}, txn)];
  txn.end();
  expect(codeOf(() => entry?.version)).toBe('ERR_LEASE_EXPIRED');
});

test('a value that is longer than fits behind its header is ERR_VALUE_SIZE', () => {
  const { items } = collectionOf({ key: utf8, value: bytes, versions: true });
  const tooLong = 0x7ffff000 - 2 * 65536 - 7;
  expect(codeOf(() => items.put('a', new Uint8Array(tooLong)))).toBe('ERR_VALUE_SIZE');
  expect(items.version('a')).toBe(0);
});
