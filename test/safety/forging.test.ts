import { inspect } from 'node:util';
import { expect } from 'vitest';
import { type FieldType, sinkOf, struct, t, uint32 } from '../../lib/index.ts';
import { collectionOf, thrown } from '../support/fixture.ts';
import { lendingTest as test } from '../support/lending.ts';

// A program can use the classes, symbols and types that it finds. With them it must make nothing that gets a lease, and
// nothing that reads outside of its record.

const SECRET = 'a record of another collection';
const types: Record<string, FieldType<unknown, unknown, unknown>> = {
  ...{ u8: t.u8, u16: t.u16, u32: t.u32, i8: t.i8, i16: t.i16, i32: t.i32, f32: t.f32, f64: t.f64, bool: t.bool },
  ...{ u64: t.u64, i64: t.i64, date: t.date, utf8: t.utf8, bytes: t.bytes },
  ...{ list: t.list(t.u8), texts: t.list(t.utf8), struct: t.struct({ a: t.u64, b: t.utf8 }) },
};
for (const [name, type] of Object.entries(types)) types[`optional ${name}`] = t.optional(type as typeof t.u8);

function world() {
  const { env, items } = collectionOf({ key: uint32, value: struct({ a: t.u32, list: t.list(t.u8), text: t.utf8 }) });
  const secrets = env.collection('secrets', { key: uint32, value: struct({ text: t.utf8, big: t.u64 }) });
  for (let i = 0; i < 20; i++) secrets.put(i, { text: SECRET, big: 2n ** 60n });
  items.put(1, { a: 7, list: [1, 2, 3], text: 'own' });
  const txn = env.read();
  const view = items.get(1, txn);
  const other = secrets.get(1, txn);
  if (view === undefined || other === undefined) throw new Error('nothing is stored');
  const place = Object.getOwnPropertySymbols(view)[0] as unknown as keyof typeof view;
  return { env, txn, view, other, place };
}

test('a type of a field has nothing to be called but what prints it, and cannot be changed', () => {
  const seen = new Set<unknown>();
  const functions: string[] = [];
  const visit = (value: unknown, path: string) => {
    if (typeof value === 'function' && !path.endsWith(`.${String(inspect.custom)}`)) functions.push(path);
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    if (!Object.isFrozen(value)) functions.push(`${path} can be changed`);
    for (const key of Reflect.ownKeys(value)) visit(Reflect.get(value, key), `${path}.${String(key)}`);
  };
  for (const [name, type] of Object.entries(types)) visit(type, name);
  visit(struct(types).description, 'struct');
  expect(functions).toEqual([]);
  for (const [name, type] of Object.entries(types)) {
    const print = (type as unknown as Record<symbol, (...given: unknown[]) => unknown>)[inspect.custom];
    for (const given of [undefined, {}, Object.values(types), new Uint8Array(8)]) {
      expect(print?.call(given, 0, {}, given), name).toEqual(expect.any(String));
    }
  }
});

test('a List is made by structs alone, whatever type it is given', () => {
  const { view, place } = world();
  const List = view.list.constructor as new (...given: unknown[]) => unknown;
  const handed: unknown[] = [];
  const spying = new Proxy(
    { size: 0 },
    { get: (_, name) => (name === 'size' ? 0 : (...given: unknown[]) => handed.push(...given)) },
  );
  for (const type of [undefined, null, 0, {}, spying, view, view.list, view[place], ...Object.values(types)]) {
    expect(thrown(() => new List(undefined, 0, null, type)).code).toBe('ERR_INVALID_ARG_TYPE');
    expect(thrown(() => Reflect.construct(List, [view[place], 0, null, type], Object)).code).toBe(
      'ERR_INVALID_ARG_TYPE',
    );
  }
  expect(handed).toEqual([]);
});

/** Everything that a program can read from a record with a getter, a method or a sink. */
function everythingOf(given: object): string {
  const shown: unknown[] = [];
  const attempt = (read: () => unknown) => {
    try {
      const value = read();
      shown.push(typeof value === 'bigint' ? String(value) : value);
    } catch (error) {
      expect(error).toBeInstanceOf(Error);
    }
  };
  for (
    let holder: object | null = given;
    holder !== null && holder !== Object.prototype;
    holder = Object.getPrototypeOf(holder)
  ) {
    for (const key of Reflect.ownKeys(holder)) {
      // The property '(leasehold)' makes cloning fail. Its value throws when it is converted to JSON.
      if (key !== '(leasehold)') attempt(() => Reflect.get(holder as object, key, given));
    }
  }
  for (const name of ['toObject', 'toJSON', 'toArray', 'at']) {
    for (const index of [-1, 0, 100])
      attempt(() => (given as Record<string, (index: number) => unknown>)[name]?.(index));
  }
  attempt(() => sinkOf(given).toBuffer().toString('latin1'));
  attempt(() =>
    sinkOf(sinkOf(given).keep() as object)
      .toBuffer()
      .toString('latin1'),
  );
  return JSON.stringify(shown, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}

test('the place of a record, given to something else, leads to that record alone', () => {
  const { view, other, place } = world();
  const own = view[place];
  const text = (shown: object) => everythingOf(shown);
  const plain = Object.defineProperty({}, place, { value: own });
  const getters = Object.create(Object.getPrototypeOf(other), { [place]: { value: own } });
  for (const forged of [plain, getters, Object.create(view), new Proxy(view, {})])
    expect(text(forged)).not.toContain(SECRET);

  // The place of a record, put into a view of another schema and into a List: both read only within that record.
  const { list } = view;
  for (const target of [other, list] as unknown as Record<PropertyKey, unknown>[]) {
    target[place] = own;
    expect(text(target)).not.toContain(SECRET);
  }
  expect(view.toObject()).toEqual({ a: 7, list: [1, 2, 3], text: 'own' });
});

test('what is no place of a record is refused in its stead', () => {
  const { view, place } = world();
  for (const wrong of [
    undefined,
    null,
    0,
    {},
    view,
    Object.create(view[place] as object),
    new Proxy(view[place] as object, {}),
  ]) {
    const forged = Object.create(Object.getPrototypeOf(view), { [place]: { value: wrong } });
    expect(() => forged.a).toThrow(TypeError);
    expect(() => forged.toObject()).toThrow(TypeError);
    expect(thrown(() => sinkOf(forged)).code).toBe('ERR_INVALID_ARG_TYPE');
  }
});
