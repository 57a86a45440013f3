import { expect, test } from 'vitest';
import { freezeDeep } from '../../lib/versions/freeze.ts';

function isFrozenDeep(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isFrozenDeep);
}

test('plain objects, arrays and primitives are frozen whole', () => {
  for (const value of [1, 'a', null, undefined, 1n, { a: { b: [1, { c: 2 }] } }, [[], [{}]], Object.create(null)]) {
    expect(freezeDeep(value, false)).toBe(true);
    expect(freezeDeep(value, true)).toBe(true);
    expect(isFrozenDeep(value)).toBe(true);
  }
});

test('what its methods can change is not protected by freezing', () => {
  class Point {
    #x = 1;
    move(): number {
      return this.#x++;
    }
  }
  const values = [
    new Date(),
    new Map(),
    new Set(),
    new Uint8Array(1),
    Buffer.alloc(1),
    /a/g,
    new Error('e'),
    new Point(),
    () => 1,
    new (class extends Array {})(),
  ];
  for (const value of values) {
    expect(freezeDeep(value, false)).toBe(false);
    expect(freezeDeep({ deep: [value] }, true)).toBe(false);
  }
});

test('in the values of a codec of the program itself, accessors, symbols, hidden properties, proxies and cycles are found', () => {
  let count = 0;
  const counting = Object.defineProperty({}, 'n', { get: () => ++count, enumerable: true });
  const hidden = Object.defineProperty({}, 'n', { value: new Date() });
  for (const value of [counting, hidden, { [Symbol('s')]: 1 }, new Proxy({}, {})]) {
    expect(freezeDeep({ value }, true)).toBe(false);
  }
  expect(count).toBe(0);
  const circle: { own?: object } = {};
  circle.own = circle;
  expect(freezeDeep(circle, true)).toBe(true);
});

test('a value that is nested a hundred thousand deep is frozen', () => {
  const deep = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));
  expect(freezeDeep(deep, false)).toBe(true);
  let at = deep;
  for (let i = 0; i < 1000; i++) at = at[0];
  expect(Object.isFrozen(at)).toBe(true);
});

test('a patched built-in leaves nothing unfrozen', () => {
  const patches: [object, string, () => unknown][] = [
    [Array.prototype, 'pop', () => undefined],
    [Array.prototype, 'push', () => 0],
    [Set.prototype, 'has', () => true],
    [WeakSet.prototype, 'has', () => true],
    [Object, 'freeze', (value?: unknown) => value],
    [Array.prototype, Symbol.iterator as never, function* () {}],
  ];
  for (const [holder, name, patch] of patches) {
    for (const careful of [false, true]) {
      const value = { list: [{ deep: {} }] };
      const original = Object.getOwnPropertyDescriptor(holder, name) as PropertyDescriptor;
      Object.defineProperty(holder, name, { ...original, value: patch });
      let isProtected: boolean;
      try {
        isProtected = freezeDeep(value, careful);
      } finally {
        Object.defineProperty(holder, name, original);
      }
      expect([isProtected, isFrozenDeep(value)], String(name)).toEqual([true, true]);
    }
  }
});

test('a proxy is found before anything of it is called', () => {
  const handler = new Proxy({}, { get: () => () => expect.fail('a trap was called') });
  expect(freezeDeep(new Proxy({}, handler), true)).toBe(false);
});
