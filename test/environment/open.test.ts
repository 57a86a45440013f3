import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { type OpenOptions, open, utf8 } from '../../lib/index.ts';
import { openStore } from '../../lib/objects/index.ts';
import { codeOf, openAt, openTemporary, temporaryFolder, thrown } from '../support/fixture.ts';

const strings = { key: utf8, value: utf8 };

describe('open()', () => {
  const POSTGRES = ['postgres://ann:sesame@host/shop', 'postgresql://ann@host/shop?password=sesame'];
  const SERVERS = ['unix:./shop.sock', 'tcp://host:7070', 'tls://host', 'ws://host', 'wss://host/store'];
  test.each(['file:./shop', ...SERVERS, ...POSTGRES])('refuses the address %s, and makes nothing', (address) => {
    for (const error of [thrown(() => open(address)), thrown(() => openStore(address))]) {
      expect([error.code, error.message]).toEqual(['ERR_INVALID_ARG_VALUE', expect.stringContaining('connect()')]);
      expect(error.message).not.toContain('sesame');
    }
    expect(existsSync(address)).toBe(false);
    const path = join(temporaryFolder(), address);
    openAt(path).close();
    expect(existsSync(path)).toBe(true);
  });

  test('makes a directory that is absent, with its parents, for its owner alone', () => {
    const path = join(temporaryFolder(), 'a/b/c');
    const env = openAt(path);
    expect(existsSync(join(path, 'data.mdb'))).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(statSync(join(path, 'data.mdb')).mode & 0o077).toBe(0);
    expect([env.path, env.isOpen]).toEqual([path, true]);
    expect(inspect(env)).toContain(path);
  });

  test('finds what was there before', () => {
    const path = temporaryFolder();
    const first = openAt(path);
    first.collection('items', strings).put('a', '1');
    first.close();
    expect(openAt(path).collection('items').get('a')).toBe('1');
  });

  test('gives the defaults of an environment', () => {
    const { mapSize, maxReaders } = openTemporary().info();
    expect([mapSize, maxReaders]).toEqual([64 * 2 ** 30, 1024]);
  });

  test('takes the sizes that it is given', () => {
    const env = openTemporary({ mapSize: 2 ** 24, maxReaders: 7 });
    expect(env.info()).toMatchObject({ mapSize: 2 ** 24, maxReaders: 7 });
  });

  test.each(['sync', 'nometasync', 'nosync'] as const)('commits with durability %s', (durability) => {
    const path = temporaryFolder();
    const env = openAt(path, { durability });
    env.collection('items', strings).put('a', durability);
    env.sync();
    env.close();
    expect(openAt(path).collection('items').get('a')).toBe(durability);
  });
});

describe('readOnly', () => {
  test('reads, and refuses to write, to make collections, and to make a database', () => {
    const path = temporaryFolder();
    const writable = openAt(path);
    writable.collection('items', strings).put('a', '1');
    writable.close();
    const env = openAt(path, { readOnly: true });
    const items = env.collection('items');
    expect(items.get('a')).toBe('1');
    expect(codeOf(() => items.put('a' as never, '2' as never))).toBe('ERR_READ_ONLY');
    expect(codeOf(() => items.del('a' as never))).toBe('ERR_READ_ONLY');
    expect(codeOf(() => items.clear())).toBe('ERR_READ_ONLY');
    expect(codeOf(() => items.drop())).toBe('ERR_READ_ONLY');
    expect(codeOf(() => env.write(() => {}))).toBe('ERR_READ_ONLY');
    expect(codeOf(() => env.sync())).toBe('ERR_READ_ONLY');
    expect(codeOf(() => env.collection('other', strings))).toBe('ERR_NO_COLLECTION');
    expect(env.collections()).toEqual(['items']);
    const absent = join(path, 'absent');
    expect(codeOf(() => open(absent, { readOnly: true }))).toBe('ENOENT');
    expect(existsSync(absent)).toBe(false);
    mkdirSync(absent);
    expect(codeOf(() => open(absent, { readOnly: true }))).toBe('ENOENT');
  });

  test('belongs to the handle: beside a writable one it reads what that one writes', () => {
    const env = openTemporary();
    const items = env.collection('items', strings);
    const reader = openAt(env.path, { readOnly: true });
    items.put('a', '1');
    expect(reader.collection('items').get('a')).toBe('1');
    expect(codeOf(() => reader.write(() => {}))).toBe('ERR_READ_ONLY');
    items.put('b', '2');
    expect(reader.collection('items').get('b')).toBe('2');
  });

  test('a writable handle after a read-only one is refused, until that is closed', () => {
    const path = temporaryFolder();
    openAt(path).close();
    const reader = openAt(path, { readOnly: true });
    expect(codeOf(() => open(path))).toBe('ERR_INVALID_ARG_VALUE');
    reader.close();
    expect(openAt(path).isOpen).toBe(true);
  });
});

describe('a second handle on the same path', () => {
  const first: OpenOptions = {
    memory: 'map',
    mapSize: 2 ** 24,
    maxReaders: 9,
    maxCollections: 5,
    durability: 'nosync',
  };

  test.each<[string, OpenOptions]>([
    ['no options', {}],
    ['the same options', first],
    ['other options of the handle', { onEnd: 'invalidate', maxHeldBytes: 2 ** 20, readOnly: true }],
  ])('is given for %s', (_, options) => {
    const env = openTemporary(first);
    const second = open(env.path, options);
    env.collection('items', strings).put('a', '1');
    expect(second.collection('items').get('a')).toBe('1');
    expect(second.info()).toMatchObject({ mapSize: 2 ** 24, maxReaders: 9 });
    second.close();
    expect(env.collection('items').get('a')).toBe('1');
  });

  test.each<[keyof OpenOptions, OpenOptions]>([
    ['mapSize', { mapSize: 2 ** 25 }],
    ['maxReaders', { maxReaders: 10 }],
    ['maxCollections', { maxCollections: 6 }],
    ['durability', { durability: 'sync' }],
    ['memory', { memory: 'copy' }],
  ])('is refused for another %s, and the error names it', (name, options) => {
    const env = openTemporary(first);
    const error = thrown(() => open(env.path, options));
    expect([error.code, error.path]).toEqual(['ERR_INVALID_ARG_VALUE', env.path]);
    expect(error.message).toContain(name);
  });

  test('is found by another spelling of the path', () => {
    const env = openTemporary({ mapSize: 2 ** 24 });
    const second = openAt(`${env.path}/../${env.path.split('/').at(-1)}/.`);
    expect(second.info().mapSize).toBe(2 ** 24);
    expect(codeOf(() => open(`${env.path}/`, { mapSize: 2 ** 25 }))).toBe('ERR_INVALID_ARG_VALUE');
  });

  test('lives on when the first is closed, and the last one closed lets other options in', () => {
    const path = temporaryFolder();
    const one = openAt(path, { mapSize: 2 ** 24 });
    const two = openAt(path);
    one.collection('items', strings).put('a', '1');
    const txn = two.read();
    one.close();
    expect(two.collection('items').get('a', txn)).toBe('1');
    two.close();
    expect(openAt(path, { mapSize: 2 ** 25 }).info().mapSize).toBe(2 ** 25);
  });

  test('cannot deadlock with the first: a write inside the write of the other is its child', () => {
    const env = openTemporary();
    const second = openAt(env.path);
    const a = env.collection('items', strings);
    const b = second.collection('items', strings);
    env.write(() => {
      a.put('1', 'a');
      expect(() =>
        second.write(() => {
          b.put('2', 'b');
          throw new Error('undo');
        }),
      ).toThrow('undo');
      second.write(() => b.put('3', 'b'));
    });
    expect(a.range().keys().toArray()).toEqual(['1', '3']);
  });

  test('closed inside the write of the other, rolls back and leaves the database usable', () => {
    const env = openTemporary();
    const second = openAt(env.path);
    const items = env.collection('items', strings);
    const others = second.collection('items', strings);
    const error = thrown(() =>
      env.write(() => {
        items.put('a', '1');
        second.write(() => {
          others.put('b', '2');
          second.close();
        });
      }),
    );
    expect(error.code).toBe('ERR_TXN_ENDED');
    expect(items.count()).toBe(0);
    items.put('c', '3');
    expect(items.get('c')).toBe('3');
  });
});

describe('close()', () => {
  test('is idempotent, also as [Symbol.dispose]', () => {
    const env = openTemporary();
    env.close();
    env.close();
    env[Symbol.dispose]();
    expect(env.isOpen).toBe(false);
    expect(inspect(env)).toContain('closed');
    const path = temporaryFolder();
    {
      using scoped = open(path);
      scoped.collection('items', strings).put('a', '1');
    }
    expect(openAt(path).collection('items').get('a')).toBe('1');
  });

  test('rolls back the write transactions that it is called in, however deep', () => {
    const env = openTemporary();
    const { path } = env;
    const items = env.collection('items', strings);
    const error = thrown(() =>
      env.write(() => {
        items.put('a', '1');
        env.write(() => {
          items.put('b', '2');
          env.close();
        });
      }),
    );
    expect(error.code).toBe('ERR_TXN_ENDED');
    expect(openAt(path).collection('items').count()).toBe(0);
  });

  test('ends the read transactions that are open', () => {
    const env = openTemporary();
    const txns = [env.read(), env.read({ onEnd: 'invalidate' })];
    env.close();
    for (const txn of txns) expect(txn.state).toBe('ended');
  });
});

test.runIf(process.platform === 'linux')(
  'a directory that cannot be made is an error, also where Node would try for ever',
  () => {
    const error = thrown(() => openAt('/proc/leasehold/data'));
    expect(error.code).toBe('ENOENT');
    expect(error.message).toContain("cannot make the directory '/proc/leasehold/data'");
  },
);
