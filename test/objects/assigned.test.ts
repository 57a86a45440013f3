import { expect, test } from 'vitest';
import { openStore, persistent, ref, t } from '../../lib/objects/index.ts';
import { temporaryFolder } from '../support/fixture.ts';

/*
 * Assignments of numbers copy the stored record and change the numbers in it; other assignments encode it again. A new object takes its fields
 * in another way if they are those of a plain object.
 */

const Part = persistent('assigned.Part', {
  name: t.utf8,
  count: t.u32,
  weight: t.f64,
  isNew: t.bool,
  made: t.date,
  size: t.optional(t.u32),
  tags: t.json<unknown[]>().optional(),
  next: ref().optional(),
})(class {});

const given = { name: 'é', count: 1, weight: 0.5, isNew: true, made: new Date(5), tags: [1] };

function storedPart() {
  const path = temporaryFolder();
  const store = openStore(path, { durability: 'nosync' });
  store.root.first = new Part({ ...given, name: 'first' });
  store.root.part = new Part({ ...given, next: store.root.first });
  return { path, store, part: store.root.part };
}

test('assigned numbers, booleans and dates change what is stored, and leave the rest', () => {
  const { path, store, part } = storedPart();
  store.write(() => {
    part.count = 4_000_000_000;
    part.weight = -0.25;
    part.isNew = false;
    part.made = new Date(-1);
  });
  part.count -= 1;
  store.close();
  const { root } = openStore(path);
  expect(root.part.toObject()).toEqual({
    name: 'é',
    count: 3_999_999_999,
    weight: -0.25,
    isNew: false,
    made: new Date(-1),
    tags: [1],
    next: root.first,
  });
  expect(root.part.next).toBe(root.first);
});

test('numbers that are assigned beside a text, an optional number, a plain value or a reference are stored too', () => {
  const others: Record<string, unknown> = { name: 'longer than before', size: 7, tags: ['x'], next: undefined };
  for (const [name, value] of Object.entries(others)) {
    const { path, store, part } = storedPart();
    store.write(() => {
      part.count = 2;
      part[name] = value;
    });
    store.close();
    const { root } = openStore(path);
    const { next, ...fields } = root.part.toObject();
    const wanted: Record<string, unknown> = { ...given, count: 2, [name]: value };
    delete wanted.next;
    expect([fields, next]).toEqual([wanted, name === 'next' ? undefined : root.first]);
  }
});

test('an assignment after one that a write has stored already counts', () => {
  const { store, part } = storedPart();
  store.write(() => {
    part.count = 5;
    // A list of objects is read of what is stored, so what has changed is stored before.
    expect([...store.all(Part)].length).toBe(2);
    part.weight = 5;
  });
  expect([part.count, part.weight, part.name]).toEqual([5, 5, 'é']);
});

test('a new object takes its fields of any object, and refuses others', () => {
  const values = (object: object): unknown => (object as { toObject(): object }).toObject();
  const make = Part as unknown as new (fields: object) => object;
  const undefinedSize = { ...given, size: undefined };
  const bare = Object.assign(Object.create(null), given);
  const hidden = Object.defineProperty({ ...given }, 'size', { value: 3, enumerable: false });
  for (const fields of [given, undefinedSize, bare, hidden]) expect(values(new make(fields))).toEqual(given);
  const inherited = Object.create({ name: 'inherited' });
  expect(values(new make(inherited))).toEqual({});
  for (const wrong of [{ colour: 1 }, { ...given, colour: 1 }, { ...undefinedSize, colour: 1 }]) {
    expect(() => new make(wrong)).toThrow("'assigned.Part' has no field 'colour'");
  }
  for (const name of ['name', 'count', 'weight', 'isNew', 'made', 'next']) {
    expect(() => new make({ ...given, [name]: Symbol('x') })).toThrow(new RegExp(`\\.${name} must be`));
  }
  expect(() => new make({ ...given, name: '\ud800' })).toThrow(/surrogate/);
  expect(() => new make({ ...given, count: -1 })).toThrow(/assigned\.Part\.count|count/);
});

test('what others commit after own commits, and after writes that change nothing, is seen', async () => {
  const { store, part } = storedPart();
  const { first } = store.root;
  const other = (count: number): Promise<void> =>
    store.transact((txn) => {
      txn.get(first).count = count;
      txn.root.part.count = count;
    });
  const before: (() => unknown)[] = [
    () => store.write(() => {}),
    () => store.write(() => first.count),
    () => (part.weight += 1),
    () => store.write(() => store.write(() => (part.weight += 1))),
    () =>
      store.write(() => {
        part.weight += 1;
        store.root.other = first;
      }),
    () => store.environment.write(() => (part.weight += 1)),
    () =>
      expect(() =>
        store.environment.write(() => {
          part.weight += 1;
          throw new Error('rolled back');
        }),
      ).toThrow('rolled back'),
  ];
  let count = 10;
  for (const run of before) {
    expect([first.count, part.count]).toBeDefined();
    run();
    await other(++count);
    expect([first.count, part.count]).toEqual([count, count]);
  }
  expect(part.weight).toBe(4.5);
});
