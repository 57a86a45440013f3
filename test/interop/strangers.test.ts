import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { json, msgpack, struct, t, utf8 } from '../../lib/index.ts';
import { codeOf, openAt, temporaryFolder } from '../support/fixture.ts';
import { compiledTools, load, run } from './tools.ts';

const strings = { key: utf8, value: utf8 };
const tools = compiledTools();
const dump = (name: string): string =>
  `VERSION=3\nformat=print\ntype=btree\ndatabase=${name}\nHEADER=END\n k\n v\nDATA=END\n`;

/** A database with a collection that another program made, so that nothing is remembered of it. */
function database({ withOurs }: { withOurs: boolean }): string {
  const path = join(temporaryFolder(), 'db');
  load(tools, path, dump('theirs'));
  if (withOurs) {
    const env = openAt(path);
    env.collection('ours', strings).put('k', 'v');
    env.close();
  }
  return path;
}

describe('the codecs of a collection that another program made, or of which an earlier version failed to remember any,', () => {
  test('are remembered when it is opened with some, in a database that remembers others', () => {
    const path = database({ withOurs: true });
    const env = openAt(path);
    const before = env.info().lastTransaction;
    expect(env.collection('theirs', strings).get('k')).toBe('v');
    expect(env.info().lastTransaction).toBe(before + 1);
    env.close();
    const again = openAt(path);
    expect(again.collection('theirs').get('k' as never)).toBe('v');
    expect(again.info().lastTransaction).toBe(before + 1);
    again.close();
    expect(codeOf(() => openAt(path).collection('theirs', { value: json }))).toBe('ERR_CODEC');
  });

  test('are remembered with the first value that is stored, in a database of which leasehold knows nothing', () => {
    const path = database({ withOurs: false });
    const env = openAt(path);
    const theirs = env.collection('theirs', strings);
    expect([theirs.get('k'), theirs.del('absent')]).toEqual(['v', false]);
    // Reading and deleting leave no trace in a database of others.
    expect(run(tools.stat, ['-a', path])).not.toContain('__leasehold');
    theirs.put('l', 'w');
    env.close();
    expect(
      openAt(path)
        .collection('theirs')
        .get('l' as never),
    ).toBe('w');
  });

  test.each<[string, (env: ReturnType<typeof openAt>, items: never) => unknown]>([
    ['a batch', (env, items) => env.batch<never>([{ type: 'put', collection: items, key: 'l', value: 'w' }] as never)],
    [
      'an import',
      async (_, items) => {
        const { importRecords } = await import('../../lib/index.ts');
        const { Readable } = await import('node:stream');
        await importRecords(items, Readable.from(['{"key":"l","value":"w"}\n']), { format: 'ndjson' });
      },
    ],
  ])('are remembered with %s', async (_, store) => {
    const path = database({ withOurs: false });
    const env = openAt(path);
    await store(env, env.collection('theirs', strings) as never);
    env.close();
    expect(
      openAt(path)
        .collection('theirs')
        .get('l' as never),
    ).toBe('w');
  });

  test('are not remembered if none were named, nor by a transaction that is undone, until one is committed', () => {
    const path = database({ withOurs: true });
    const env = openAt(path);
    env.collection('theirs').put(Buffer.from('l') as never, Buffer.from('w') as never);
    env.close();
    const second = openAt(path);
    expect(() =>
      second.write(() => {
        expect(second.collection('theirs', { key: utf8, value: json }).count()).toBe(2);
        throw new Error('undo');
      }),
    ).toThrow('undo');
    second.close();
    const third = openAt(path);
    expect(third.collection('theirs', strings).get('l')).toBe('w');
    third.close();
    expect(codeOf(() => openAt(path).collection('theirs', { value: json }))).toBe('ERR_CODEC');
  });
});

describe('the schema of a struct that has grown', () => {
  const first = struct({ x: t.u32 });
  const grown = struct({ x: t.u32, y: t.optional(t.utf8) });

  function stored(): string {
    const env = openAt(temporaryFolder());
    env.collection('rows', { key: utf8, value: first }).put('a', { x: 1 });
    env.close();
    return env.path;
  }
  test('is remembered in the transaction that first stores a value, which opening does not wait for', () => {
    const path = stored();
    const env = openAt(path);
    const before = env.info().lastTransaction;
    const rows = env.collection('rows', { key: utf8, value: grown });
    expect(rows.get('a')?.y).toBeUndefined();
    expect(env.info().lastTransaction).toBe(before);
    rows.put('b', { x: 2, y: 'two' });
    expect(env.info().lastTransaction).toBe(before + 1);
    rows.put('c', { x: 3 });
    env.close();
    const again = openAt(path);
    expect((again.collection('rows').get('b' as never) as unknown as { y: string }).y).toBe('two');
  });

  test('is remembered by the transaction that is committed, whatever was undone before', () => {
    const path = stored();
    const env = openAt(path);
    const rows = env.collection('rows', { key: utf8, value: grown });
    const undo = (): never => {
      throw new Error('undo');
    };
    expect(() => env.write(() => [rows.put('b', { x: 2, y: 'two' }), undo()])).toThrow('undo');
    env.write(() => {
      expect(() => env.write(() => [rows.put('b', { x: 2, y: 'two' }), undo()])).toThrow('undo');
    });
    expect(() =>
      env.write(() => {
        env.write(() => rows.put('b', { x: 2, y: 'two' }));
        rows.put('c', { x: 3 });
        undo();
      }),
    ).toThrow('undo');
    expect(rows.count()).toBe(1);
    rows.put('d', { x: 4, y: 'four' });
    env.close();
    const again = openAt(path);
    expect((again.collection('rows').get('d' as never) as unknown as { y: string }).y).toBe('four');
  });

  test('in two ways at once: the second to store a value is ERR_CODEC, and stores nothing', () => {
    const path = stored();
    const [env, other] = [openAt(path), openAt(path)];
    const rows = env.collection('rows', { key: utf8, value: grown });
    const theirs = other.collection('rows', { key: utf8, value: struct({ x: t.u32, z: t.optional(t.u32) }) });
    rows.put('b', { x: 2, y: 'two' });
    expect(codeOf(() => theirs.put('c', { x: 3, z: 3 }))).toBe('ERR_CODEC');
    expect([rows.count(), theirs.get('b')?.x]).toEqual([2, 2]);
    env.close();
    other.close();
    expect(
      (
        openAt(path)
          .collection('rows')
          .get('b' as never) as unknown as { y: string }
      ).y,
    ).toBe('two');
  });

  test('does not disturb what a codec keeps beside the values of another', () => {
    const path = stored();
    const env = openAt(path);
    const packed = env.collection('packed', { key: utf8, value: msgpack });
    packed.put('a', { name: 'one' });
    env.collection('rows', { key: utf8, value: grown }).put('b', { x: 2 });
    expect(packed.get('a')).toEqual({ name: 'one' });
  });
});
