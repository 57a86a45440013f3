import { describe, expect, test } from 'vitest';
import { utf8 } from '../../lib/index.ts';
import { codeOf, collectionOf, thrown } from '../support/fixture.ts';

function world() {
  return collectionOf({ key: utf8, value: utf8 }, { mapSize: 2 ** 24 });
}
type Items = ReturnType<typeof world>['items'];

const keys = (items: Items): string => items.range().keys().toArray().join('');

describe('a write that failed', () => {
  const large = 'x'.repeat(2 ** 20);
  const fill = (items: Items): void => {
    for (let i = 0; ; i++) items.put(`fill ${i}`, large);
  };

  test('dooms its transaction: it is rolled back though the error was caught', () => {
    const { env, items } = world();
    items.put('a', '1');
    let caught: unknown;
    const error = thrown(() =>
      env.write(() => {
        items.put('b', '2');
        caught = thrown(() => fill(items));
        expect(codeOf(() => items.put('d', '4'))).toBe('MDB_BAD_TXN');
        return 'committed';
      }),
    );
    expect(error.code).toBe('MDB_MAP_FULL');
    expect(error).toBe(caught);
    expect(keys(items)).toBe('a');
    items.put('c', '3');
    expect(keys(items)).toBe('ac');
  });

  test('leaves nothing to do in its transaction but to return', () => {
    const { env, items } = world();
    items.put('a', '1');
    const codes: string[] = [];
    thrown(() =>
      env.write(() => {
        codes.push(codeOf(() => fill(items)));
        for (const use of [
          () => items.put('b', '2'),
          () => items.get('a'),
          () => items.del('a'),
          () => items.range().toArray(),
          () => env.write(() => {}),
        ]) {
          codes.push(codeOf(use));
        }
      }),
    );
    expect(codes).toEqual(['MDB_MAP_FULL', ...new Array(5).fill('MDB_BAD_TXN')]);
  });

  test('is confined by a child', () => {
    const { env, items } = world();
    env.write(() => {
      items.put('a', '1');
      expect(codeOf(() => env.write(() => fill(items)))).toBe('MDB_MAP_FULL');
      const swallowing = () =>
        env.write(() => {
          expect(codeOf(() => fill(items))).toBe('MDB_MAP_FULL');
        });
      expect(codeOf(swallowing)).toBe('MDB_MAP_FULL');
      items.put('b', '2');
    });
    expect(keys(items)).toBe('ab');
  });

  test.each<[string, string, (items: Items) => unknown]>([
    ['a key that is too long', 'ERR_KEY_SIZE', (items) => items.put('k'.repeat(512), '')],
    ['an empty key', 'ERR_KEY_SIZE', (items) => items.put('', '')],
    ['a key out of order', 'ERR_KEY_ORDER', (items) => items.append('0', '')],
    ['a value of a wrong type', 'ERR_INVALID_ARG_TYPE', (items) => items.put('z', 7 as never)],
  ])('before it changed anything (%s) does not', (_, code, write) => {
    const { env, items } = world();
    env.write(() => {
      items.put('a', '1');
      expect(codeOf(() => write(items))).toBe(code);
      items.put('b', '2');
    });
    expect(keys(items)).toBe('ab');
  });
});
