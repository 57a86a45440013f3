import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStore } from '../../lib/objects/index.ts';
import { addName, removeName } from '../../lib/objects/names/edit.ts';
import { registeredStores, storePath } from '../../lib/objects/names/registry.ts';
import { codeOf, temporaryFolder, thrown } from '../support/fixture.ts';

const { LEASEHOLD_STORES, XDG_CONFIG_HOME } = process.env;
const before = process.cwd();
let home: string;
let work: string;

beforeEach(() => {
  home = realpathSync(temporaryFolder());
  work = realpathSync(temporaryFolder());
  mkdirSync(join(work, 'a/b'), { recursive: true });
  delete process.env.LEASEHOLD_STORES;
  process.env.XDG_CONFIG_HOME = home;
  process.chdir(join(work, 'a/b'));
});

afterEach(() => {
  process.chdir(before);
  for (const [name, value] of Object.entries({ LEASEHOLD_STORES, XDG_CONFIG_HOME })) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

function names(file: string, stores: Record<string, unknown>): string {
  writeFileSync(file, JSON.stringify({ stores }));
  return file;
}

test('a name is looked up in LEASEHOLD_STORES, then in the nearest leasehold.json, then in the configuration of the user', () => {
  addName('shop', join(home, 'of-user'));
  addName('mine', 'of-mine');
  expect(storePath('shop')).toBe(join(home, 'of-user'));
  expect(storePath('mine')).toBe(join(work, 'a/b/of-mine'));
  names(join(work, 'leasehold.json'), { shop: 'above' });
  expect(storePath('shop')).toBe(join(work, 'above'));
  names(join(work, 'a/leasehold.json'), { shop: 'data/near', other: '/absolute' });
  expect([storePath('shop'), storePath('other')]).toEqual([join(work, 'a/data/near'), '/absolute']);
  process.env.LEASEHOLD_STORES = names(join(home, 'given.json'), { shop: 'given' });
  expect(storePath('shop')).toBe(join(home, 'given'));
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'shop'));
  process.env.LEASEHOLD_STORES = folder;
  expect(storePath('shop')).toBe(join(folder, 'shop'));
  expect(registeredStores().map(({ name, from }) => [name, from])).toEqual([
    ['mine', join(home, 'leasehold/stores.json')],
    ['other', join(work, 'a/leasehold.json')],
    ['shop', folder],
  ]);
});

test('a text with a separator or a dot is a path', () => {
  for (const path of ['./shop', 'data/shop', '/data/shop', 'shop.db', '..', 'a\\b']) expect(storePath(path)).toBe(path);
});

test('a store that is opened by its name is that of the path', () => {
  addName('shop', 'data');
  const byName = openStore('shop', { durability: 'nosync' });
  byName.root.x = 1;
  const byPath = openStore(join(work, 'a/b/data'));
  expect(byPath.root.x).toBe(1);
  byPath.close();
  byName.close();
});

test('an error says where was looked, and what is wrong with a file', () => {
  const error = thrown(() => openStore('shop'));
  expect(error.code).toBe('ERR_NO_STORE');
  for (const part of [
    'LEASEHOLD_STORES',
    'leasehold.json',
    join(home, 'leasehold/stores.json'),
    'leasehold stores add shop',
  ])
    expect(error.message).toContain(part);
  expect([codeOf(() => storePath('')), codeOf(() => storePath('a b'))]).toEqual(Array(2).fill('ERR_INVALID_ARG_VALUE'));
  const file = join(work, 'leasehold.json');
  for (const text of ['{', '[]', '{}', '{"stores":[]}', '{"stores":{"a":1}}', '{"stores":{"a/b":"c"}}']) {
    writeFileSync(file, text);
    expect([text, codeOf(() => storePath('shop')), thrown(() => storePath('shop')).message.includes(file)]).toEqual([
      text,
      'ERR_CODEC',
      true,
    ]);
  }
});

test('names are added to a file, get another path, and are removed', () => {
  const file = join(work, 'leasehold.json');
  addName('a', 'x', file);
  addName('b', '/y', file);
  addName('a', 'z', file);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ stores: { a: join(work, 'a/b/z'), b: '/y' } });
  removeName('b', file);
  expect(registeredStores().map(({ name }) => name)).toEqual(['a']);
  expect(codeOf(() => removeName('b', file))).toBe('ERR_NO_STORE');
  expect(codeOf(() => addName('a.b', 'x', file))).toBe('ERR_INVALID_ARG_VALUE');
  expect(codeOf(() => addName('c', 'postgres://host/shop', file))).toBe('ERR_INVALID_ARG_VALUE');
});
