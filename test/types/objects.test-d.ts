import { expectTypeOf, test } from 'vitest';
import { connect } from '../../lib/client/index.ts';
import { utf8 } from '../../lib/index.ts';
import {
  Counter,
  openStore,
  PersistentList,
  PersistentMap,
  PersistentSet,
  persistent,
  type RemoteStore,
  type Root,
  ref,
  type Store,
  t,
} from '../../lib/objects/index.ts';

/** Asks for the type of the instances before that of the class. */
let first: ((frob: Frob) => number | undefined) | undefined;

interface Frob extends InstanceType<typeof Frob> {}
const Frob = persistent('types.Frob', {
  foo: t.i32,
  name: t.optional(t.utf8),
  tags: t.json<string[]>(),
  next: ref<Frob>(() => Frob).optional(),
  gear: ref<Gear>(() => Gear).optional(),
})(
  (Base) =>
    class extends Base {
      static readonly kind = 'frob';
      sum() {
        return this.foo + (this.next?.foo ?? 0);
      }
    },
);

interface Gear extends InstanceType<typeof Gear> {}
const Gear = persistent('types.Gear', { teeth: t.u32, frob: ref<Frob>(() => Frob), axle: ref(() => Axle).optional() })(
  (Base) =>
    class extends Base {
      follow() {
        return this.frob.gear;
      }
    },
);

const Axle = persistent('types.Axle', { length: t.f64 })(class {});
const Loud = persistent('types.Loud', { volume: t.f64 })(class extends Frob {});

test('a class that refers to itself, and classes that refer to each other, have the types of their fields and methods', () => {
  const frob = new Frob({ foo: 1, tags: [] });
  expectTypeOf(frob.foo).toEqualTypeOf<number>();
  expectTypeOf(frob.name).toEqualTypeOf<string | undefined>();
  expectTypeOf(frob.tags).toEqualTypeOf<string[]>();
  expectTypeOf(frob.next).toEqualTypeOf<Frob | undefined>();
  expectTypeOf(frob.sum()).toEqualTypeOf<number>();
  expectTypeOf(frob.next?.gear?.follow()?.frob.sum()).toEqualTypeOf<number | undefined>();
  expectTypeOf(frob.gear?.axle?.length).toEqualTypeOf<number | undefined>();
  expectTypeOf(Frob.kind).toEqualTypeOf<string>();
  frob.next = frob;
  expectTypeOf(first?.(frob)).toEqualTypeOf<number | undefined>();
  first = ({ next }) => next?.sum();
  frob.gear = new Gear({ teeth: 3, frob });
});

test('a wrong field, a wrong value and a wrong reference do not compile', () => {
  const frob = new Frob({ foo: 1, tags: ['a'] });
  // @ts-expect-error there is no such field
  frob.nope = 1;
  // @ts-expect-error a value of another type
  frob.foo = 'x';
  // @ts-expect-error undefined in a field that is not optional
  frob.foo = undefined;
  // @ts-expect-error an element of another type
  frob.tags = [1];
  // @ts-expect-error an object of another class
  frob.next = new Axle({ length: 1 });
  // @ts-expect-error a plain object
  frob.gear = { teeth: 3 };
  // @ts-expect-error a required field is missing
  new Frob({ foo: 1 });
  // @ts-expect-error there is no such field
  new Frob({ foo: 1, tags: [], nope: 1 });
  // @ts-expect-error a value of another type
  new Frob({ foo: '1', tags: [] });
  // @ts-expect-error an object of another class
  new Gear({ teeth: 1, frob: new Axle({ length: 1 }) });
  // @ts-expect-error no type of a field
  persistent('types.Wrong', { foo: 5 });
  // @ts-expect-error there is no such option
  persistent('types.Wrong', { foo: t.i32 }, { default: {} });
});

test('a class that extends a persistent class has the fields of both', () => {
  const loud = new Loud({ foo: 1, tags: [], volume: 2 });
  // @ts-expect-error a field of the class that it extends is missing
  new Loud({ volume: 2 });
  expectTypeOf(loud.foo).toEqualTypeOf<number>();
  expectTypeOf(loud.volume).toEqualTypeOf<number>();
  expectTypeOf(loud.sum()).toEqualTypeOf<number>();
});

test('what has a default may be left out, also where a class extends the one that says so', () => {
  const Named = persistent(
    'types.Named2',
    { name: t.utf8, points: t.u32, tags: t.json<string[]>() },
    { defaults: { points: 0, tags: [] } },
  )((Base) => class extends Base {});
  const Member = persistent(
    'types.Member',
    { since: t.u16, level: t.u8 },
    { defaults: { level: 1, name: 'nobody' } },
  )(class Member extends Named {});
  new Named({ name: 'a' });
  new Named({ name: 'a', points: 3, tags: undefined });
  new Member({ since: 1 });
  new Member({ name: 'b', since: 1, level: 2, tags: ['x'] });
  expectTypeOf(new Member({ since: 1 }).points).toEqualTypeOf<number>();
  // @ts-expect-error a field without a default is missing
  new Named({ points: 1 });
  // @ts-expect-error a field without a default is missing
  new Member({ level: 1 });
  // @ts-expect-error a value of another type
  new Named({ name: 'a', points: 'x' });
  // @ts-expect-error there is no such field
  new Member({ since: 1, nope: 2 });
});

test('a class of which the decorator makes a persistent one keeps its type', () => {
  @persistent('types.Decorated', { room: t.utf8, best: ref(() => Axle).optional() }, { defaults: { room: 'hall' } })
  class Decorated {
    declare room: string;
    declare best: InstanceType<typeof Axle> | undefined;
    label(): string {
      return this.room;
    }
  }
  expectTypeOf(new Decorated().label()).toEqualTypeOf<string>();
  expectTypeOf(new Decorated().best?.length).toEqualTypeOf<number | undefined>();
});

test('a set of objects has their type, and so have the sets that its operations make', () => {
  const set = new PersistentSet<Frob>();
  set.add(new Frob({ foo: 1, tags: [] }));
  for (const frob of set.union(new Set<Frob>())) expectTypeOf(frob).toEqualTypeOf<Frob>();
  expectTypeOf(set.isSubsetOf(set.difference(new PersistentSet<Frob>()))).toEqualTypeOf<boolean>();
  // @ts-expect-error an object of another class
  set.add(new Axle({ length: 1 }));
  // @ts-expect-error a set of other elements
  set.union(new Set([1]));
});

test('collections have the types of what they begin with', () => {
  expectTypeOf(new PersistentMap([['a', 1]])).toEqualTypeOf<PersistentMap<string, number>>();
  expectTypeOf(new PersistentMap(new Map([['a', 1]]), { key: utf8 })).toEqualTypeOf<PersistentMap<string, number>>();
  expectTypeOf(new PersistentSet(['a'])).toEqualTypeOf<PersistentSet<string>>();
  expectTypeOf(new PersistentList([1])).toEqualTypeOf<PersistentList<number>>();
  expectTypeOf(new Counter(5).value).toEqualTypeOf<number>();
  // @ts-expect-error a value that is no entry
  new PersistentMap([1]);
  // @ts-expect-error no number
  new Counter('5');
  // @ts-expect-error arithmetic with the counter itself
  new Counter(5) * 2;
});

test('a class with a constructor of its own takes what that takes', () => {
  const Named = persistent('types.Named', { name: t.utf8 })(
    (Base) =>
      class extends Base {
        constructor(first: string, last: string) {
          super();
          this.name = `${first} ${last}`;
        }
      },
  );
  expectTypeOf(new Named('a', 'b').name).toEqualTypeOf<string>();
  // @ts-expect-error the constructor takes two strings
  new Named({ name: 'a b' });
});

test('a root and a map have types', () => {
  const store = openStore<{ frob?: Frob; stock: PersistentMap<string, Frob> }>('x');
  expectTypeOf(store.root.frob).toEqualTypeOf<Frob | undefined>();
  expectTypeOf(store.snapshot().root.stock.get('a')).toEqualTypeOf<Frob | undefined>();
  store.transact((txn) => expectTypeOf(txn.root.frob?.foo).toEqualTypeOf<number | undefined>());
  store.root.stock = new PersistentMap({ key: utf8 });
  store.root.stock.set('a', new Frob({ foo: 1, tags: [] }));
  // @ts-expect-error a key of another type
  store.root.stock.get(1);
  // @ts-expect-error an object of another class
  store.root.stock.set('a', new Axle({ length: 1 }));
  // @ts-expect-error there is no such property
  store.root.nope = 1;
  for (const frob of store.all(Frob)) expectTypeOf(frob.sum()).toEqualTypeOf<number>();
  for (const foo of store.snapshot().pluck(Frob, 'foo')) expectTypeOf(foo).toEqualTypeOf<number>();
  // @ts-expect-error a method
  store.pluck(Frob, 'sum');
  // @ts-expect-error no field
  store.pluck(Frob, 'nope');
  expectTypeOf(openStore('x')).toEqualTypeOf<Store<Root>>();
  expectTypeOf(openStore('x').root.anything).toBeAny();
});

test('a store on a server has the same types, behind promises', async () => {
  const objects = await openStore<{ frob?: Frob; stock: PersistentMap<string, Frob> }>(await connect('file:x'), {
    classes: [Frob, Axle],
  });
  expectTypeOf(objects.root.frob).toEqualTypeOf<Frob | undefined>();
  expectTypeOf(await objects.read(({ root }) => root.stock.get('a')?.sum())).toEqualTypeOf<number | undefined>();
  expectTypeOf(await objects.transact((txn) => txn.root.frob)).toEqualTypeOf<Frob | undefined>();
  expectTypeOf(
    await objects.transact(async (txn) => txn.load(1, { lines: { product: true } })),
  ).toEqualTypeOf<object>();
  const frob = objects.root.frob as Frob;
  expectTypeOf(await objects.load(frob, { gear: { axle: true } })).toEqualTypeOf<Frob>();
  expectTypeOf((await objects.snapshot()).root.frob).toEqualTypeOf<Frob | undefined>();
  expectTypeOf(await openStore(await connect('file:x'))).toEqualTypeOf<RemoteStore<Root>>();
  // @ts-expect-error no persistent class
  openStore(await connect('file:x'), { classes: [1] });
  // @ts-expect-error a commit waits for the server
  objects.write(() => {});
});

test('hints name what objects refer to, and collections', async () => {
  const objects = await openStore<{
    frob?: Frob;
    stock: PersistentMap<string, Frob>;
    mixed: PersistentList<Frob | Gear | number>;
    names: PersistentSet<string>;
    count: Counter;
    plain: { title: string };
  }>(await connect('file:x'));
  const frob = objects.root.frob as Frob;
  objects.load(frob);
  objects.load(frob, true);
  objects.load(frob, { gear: { axle: true, frob: { next: { next: true } } } });
  objects.load(objects.root, { stock: { gear: true }, mixed: { gear: true, axle: true }, names: true, count: true });
  objects.load(objects.root.stock, { next: true });
  objects.load(17, { anything: { goes: true } });
  objects.read(() => {}, { hints: { frob: { gear: true } } });
  objects.transact(() => {}, { hints: { stock: { gear: { axle: true } } } });
  const untyped = await openStore(await connect('file:x'));
  untyped.read(() => {}, { hints: { anything: { goes: true } } });
  untyped.load(untyped.root.anything, { at: { all: true } });
  // @ts-expect-error a misspelt field
  objects.load(frob, { gaer: true });
  // @ts-expect-error a misspelt field, further down
  objects.load(frob, { gear: { axel: true } });
  // @ts-expect-error a field that refers to nothing
  objects.load(frob, { foo: true });
  // @ts-expect-error a list of texts
  objects.load(frob, { tags: true });
  // @ts-expect-error a method
  objects.load(frob, { sum: true });
  // @ts-expect-error a misspelt field of the objects in a collection
  objects.read(() => {}, { hints: { stock: { gaer: true } } });
  // @ts-expect-error no class of the elements has it
  objects.read(() => {}, { hints: { mixed: { teeth: true } } });
  // @ts-expect-error texts refer to nothing
  objects.transact(() => {}, { hints: { names: { gear: true } } });
  // @ts-expect-error no such property of the root
  objects.read(() => {}, { hints: { forb: true } });
  // @ts-expect-error hints are true, or objects
  objects.load(frob, { gear: 1 });
});
