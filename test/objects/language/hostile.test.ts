import { afterEach, expect, test } from 'vitest';
import { utf8 } from '../../../lib/index.ts';
import {
  ObjectTransaction,
  openStore,
  PersistentMap,
  persistent,
  type Root,
  ref,
  Snapshot,
  Store,
  t,
} from '../../../lib/objects/index.ts';
import { temporaryFolder } from '../../support/fixture.ts';
import { runInChild } from './child.ts';

/** What the next object that is loaded, or initialised, does. */
let hook: ((object: Frob) => void) | undefined;
function runHook(object: object): number {
  const now = hook;
  hook = undefined;
  now?.(object as Frob);
  return 0;
}
afterEach(() => {
  hook = undefined;
});

interface Frob extends InstanceType<typeof Frob> {}
const Frob = persistent('hostile.Frob', {
  foo: t.i32,
  tags: t.json<unknown[]>().optional(),
  next: ref<Frob>(() => Frob).optional(),
})(
  (Base) =>
    class extends Base {
      onLoad() {
        runHook(this);
      }
    },
);
const Early = persistent('hostile.Early', { foo: t.i32 })(
  (Base) =>
    class extends Base {
      readonly initialised = runHook(this);
    },
);
/** The store has one that has no field `foo`: see `older`. */
const Upgraded = persistent(
  'hostile.Upgraded',
  { foo: t.i32 },
  { upgrade: () => ({ foo: runHook({}) + 1 }) },
)(class {});

function world(): { store: Store<Root>; path: string } {
  const path = temporaryFolder();
  const store = openStore(path, { durability: 'nosync' });
  store.write(() => {
    store.root.frob = new Frob({ foo: 9, tags: ['a'] });
    store.root.early = new Early({ foo: 1 });
    store.root.stock = new PersistentMap({ key: utf8 }).set('a', [1]);
    for (let i = 0; i < 100; i++) store.root[`k${i}`] = new Frob({ foo: i });
  });
  return { store, path };
}

/** The same, opened again, so that nothing is loaded yet. */
function reopened(): Store<Root> {
  const { store, path } = world();
  store.close();
  return openStore(path, { durability: 'nosync' });
}

test('getters of what is stored may write and close: nothing of the write is stored in halves', () => {
  const { store, path } = world();
  store.root.a = new Frob({
    get foo() {
      store.root.z = 1;
      return 5;
    },
  });
  expect([store.root.a.foo, store.root.z]).toEqual([5, 1]);
  const closing = {
    get x() {
      store.environment.close();
      return 1;
    },
  };
  const write = () =>
    store.write(() => {
      store.root.frob.foo = 1;
      store.root.frob.tags.push(closing);
    });
  expect(write).toThrow(expect.objectContaining({ code: 'ERR_ENV_CLOSED' }));
  const { frob } = openStore(path).root;
  expect([frob.foo, frob.tags]).toEqual([9, ['a']]);
});

test('onLoad may throw, write, and close the environment', () => {
  const store = reopened();
  hook = () => {
    throw new Error('no');
  };
  expect(() => store.root.frob).toThrow('no');
  expect(store.root.frob.foo).toBe(9);
  hook = (object) => {
    object.foo = 50;
    store.root.frob.foo = 60;
  };
  expect(store.root.k1.foo).toBe(50);
  expect(store.root.frob.foo).toBe(60);
  hook = () => store.environment.close();
  expect([2, 'ERR_ENV_CLOSED']).toContain(codeOf(() => store.root.k2.foo));
});

test('an initialiser that loads its own object, or changes it, makes no second object of it and leaves no stale fields', () => {
  const store = reopened();
  let inner: unknown;
  hook = () => {
    inner = store.root.early;
    store.root.early.foo = 2;
    expect(store.root.early.foo).toBe(2);
  };
  const { early } = store.root;
  expect(early).toBe(inner);
  expect(early).toBe(store.root.early);
  expect(early.foo).toBe(2);
});

test('objects can be listed while they are changed, deleted and loaded', () => {
  const store = reopened();
  hook = () => {
    store.root.x = 1;
  };
  let count = 0;
  for (const frob of store.all(Frob)) {
    frob.foo = -1;
    count++;
  }
  expect(count).toBe(101);
  expect([...store.all(Frob)].every(({ foo }) => foo === -1)).toBe(true);
  hook = undefined;
  const open = store.all(Frob);
  open.next();
  store.close();
  expect(codeOf(() => [...open])).toBe('ERR_ENV_CLOSED');
});

test('constructors may throw, store themselves, and return another object', () => {
  const { store } = world();
  const Odd = persistent('hostile.Odd', { foo: t.i32 })(
    class {
      constructor(what: () => object | undefined) {
        // biome-ignore lint/correctness/noConstructorReturn: it is what is tested
        return what() ?? this;
      }
    },
  );
  expect(
    () =>
      new Odd(() => {
        throw new Error('no');
      }),
  ).toThrow('no');
  expect(codeOf(() => new Odd(() => store.root.frob))).toBe('ERR_INVALID_ARG_VALUE');
  const other = new Odd(() => undefined);
  other.foo = 4;
  store.root.odd = other;
  expect(store.root.odd.foo).toBe(4);
});

test('a write that runs out of stack anywhere is stored whole or not at all', () => {
  const { store } = world();
  let runs = 0;
  const write = () => {
    const number = ++runs;
    store.write(() => {
      store.root.frob.foo = number;
      store.root.frob.tags = [{ a: [number, { b: number }] }];
      store.root.frob.next = new Frob({ foo: number });
      store.root.stock.set('a', [number]);
    });
  };
  const goDeep = (): void => {
    try {
      goDeep();
    } catch {
      // Each level on the way up has a little more of the stack.
    }
    if (runs < 300) attempt(write);
  };
  goDeep();
  store.refresh();
  const { frob, stock } = store.root;
  expect([frob.tags, frob.next.foo, stock.get('a')]).toEqual([
    [{ a: [frob.foo, { b: frob.foo }] }],
    frob.foo,
    [frob.foo],
  ]);
  write();
  expect(store.root.frob.foo).toBe(runs);
});

test('methods, accessors and constructors take no other objects', async () => {
  const { store } = world();
  const wrong: string[] = [];
  const others = [undefined, null, {}, 5, new Proxy({}, {}), Object.create(store)];
  for (const of of [Store, Snapshot, ObjectTransaction, PersistentMap, Frob] as { name: string; prototype: object }[]) {
    for (const key of Reflect.ownKeys(of.prototype)) {
      const { get, set, value } = Object.getOwnPropertyDescriptor(of.prototype, key) as PropertyDescriptor;
      // The looks are for any object: they never throw.
      if (key === 'constructor' || /inspect|toStringTag/.test(String(key))) continue;
      for (const fn of [get, set, value]) {
        for (const self of [...others, Object.create(of.prototype)]) {
          if (typeof fn !== 'function') continue;
          const result = attempt(() =>
            fn.call(
              self,
              () => 1,
              () => 1,
            ),
          );
          const outcome = result instanceof Promise ? await result.catch((error: unknown) => error) : result;
          if (typeof outcome === 'object' && outcome !== null && !(outcome instanceof Error) && !('next' in outcome))
            wrong.push(`${of.name}.${String(key)}`);
        }
      }
    }
    for (const given of [...others, store, store.root]) {
      if (of === PersistentMap || of === Frob) continue;
      const made = attempt(() => Reflect.construct(of as never, [given]));
      if (!(made instanceof Error)) wrong.push(`new ${of.name}`);
    }
  }
  expect(wrong).toEqual([]);
  for (const given of [undefined, {}, 5, store, Object.create(store.root.frob), new Proxy(store.root.frob, {})])
    expect(codeOf(() => store.get(given as object))).toBe('ERR_INVALID_ARG_TYPE');
});

test('an upgrade must not change the store', () => {
  const path = temporaryFolder();
  runInChild(
    `
    const Old = persistent('hostile.Upgraded', { bar: t.i32 })(class {});
    openStore(args.path).root.old = new Old({ bar: 1 });
    tell(0);`,
    { path },
  );
  const store = openStore(path);
  hook = () => {
    store.root.x = 1;
    store.root.x;
  };
  expect(codeOf(() => store.root.old)).toBe('ERR_BUSY');
  expect(store.root.old).toBeInstanceOf(Upgraded);
  expect(store.root.old.foo).toBe(1);
});

function attempt(fn: () => unknown): unknown {
  try {
    return fn();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function codeOf(fn: () => unknown): unknown {
  const result = attempt(fn);
  return result instanceof Error ? (result as { code?: unknown }).code : result;
}
