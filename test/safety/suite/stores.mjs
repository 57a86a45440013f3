// The same as patched.mjs, over a live store of persistent objects: its objects and collections, in each of the views that there are.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { check, leasehold, library, nextTurn, temporaryFolder } from '../../buffers/suite/world.mjs';
import { found, looked, patchEverything } from './patch.mjs';
import { walk, wrongWith } from './walk.mjs';
import { walkCases } from './walk-cases.mjs';

const objects = await import(pathToFileURL(join(library, 'dist/objects/index.js')).href);
const { Counter, idOf, openStore, PersistentList, PersistentMap, PersistentSet, persistent, ref, stateOf, t } = objects;

/** What the library has handed to code of the program. */
const given = [];

const Frob = persistent(
  'suite.Frob',
  {
    ...{ foo: t.i32, text: t.utf8, when: t.date, raw: t.bytes, nums: t.list(t.u8), inner: t.struct({ n: t.u8 }) },
    ...{ tags: t.json, next: ref(() => Frob).optional(), blob: t.json.optional() },
  },
  {
    resolve(...states) {
      given.push(...states);
      return { foo: states[1].foo + states[2].foo - states[0].foo };
    },
  },
)(
  class Frob {
    #made = given.push(this);
    onLoad() {
      given.push(this, this.tags);
    }
    get double() {
      given.push(this);
      return 2 * this.foo + 0 * this.#made;
    }
  },
);
const Built = persistent('suite.Built', { n: t.i32 })(
  class Built {
    #secret = 1;
    constructor(n) {
      this.n = n;
      given.push(this);
    }
    use() {
      return this.#secret;
    }
  },
);

const frob = (foo) =>
  new Frob({
    ...{ foo, text: 'é'.repeat(foo), when: new Date(foo), raw: Buffer.alloc(50 + foo, foo), nums: [1, 2, 3] },
    ...{ inner: { n: 1 }, tags: ['a', { b: [foo, Buffer.alloc(3)] }], blob: foo % 2 === 0 ? { n: foo } : undefined },
  });

function makeStore() {
  const store = openStore(temporaryFolder(), { durability: 'nosync', cache: 20 });
  const { root } = store;
  store.write(() => {
    root.frob = frob(1);
    root.frob.next = frob(2);
    root.frob.blob = { deep: [root.frob.next] };
    root.built = new Built(5);
    root.map = new PersistentMap();
    root.texts = new PersistentMap({ key: leasehold.utf8 });
    root.set = new PersistentSet();
    root.list = new PersistentList();
    root.counter = new Counter();
    for (let i = 0; i < 40; i++) {
      root.map.set(['k', i], frob(i)).set(i, { i });
      root.texts.set(`t${i}`, [i, root.frob]);
      root.set.add(i);
      root.list.push(i, root.frob, { i });
    }
    root.counter.add(5);
    root.plain = { a: [1, { b: new Date(5) }], bytes: Buffer.alloc(20) };
  });
  return store;
}

const WRONG = [
  ...[undefined, null, Number.NaN, -1, 2 ** 53, 1n << 70n, 'x', Symbol('s'), () => {}, {}, [], new Map()],
  ...[Object.create(Frob.prototype), new Proxy({}, {}), new Date(Number.NaN)],
  {
    get foo() {
      throw new Error('x');
    },
  },
];

/** One object of each kind that a program can hold of a view. */
function holdView(held, where, reading, attempt) {
  const put = (name, fn) => {
    held[`${where} ${name}`] = attempt(fn);
  };
  const { root } = reading;
  held[`${where} reading`] = reading;
  held[`${where} root`] = root;
  for (const name of Object.keys(root)) {
    const object = root[name];
    put(name, () => object);
    put(`${name} shown`, () => [inspect(object), JSON.stringify(object), object.toObject?.(), String(object)]);
    put(`${name} id`, () => [idOf(object), stateOf(object)]);
    put(`${name} fields`, () => {
      const fields = [];
      for (const field in object) fields.push(object[field]);
      return fields;
    });
    for (const method of ['keys', 'values', 'entries', 'range']) {
      put(`${name}.${method}`, () => object[method]());
      put(`${name}.${method} item`, () => object[method]().next().value);
      put(`${name}.${method} array`, () => [...object[method]()]);
    }
    put(`${name}.page`, () => object.page({ limit: 3 }));
    put(`${name} some`, () => [object.get?.(['k', 2]), object.get?.(3), object.at?.(1), object.size, object.value]);
    put(`${name} forEach`, () =>
      object.forEach((...args) => {
        given.push(...args);
      }),
    );
    for (const wrong of WRONG) {
      for (const method of [
        'get',
        'has',
        'at',
        'range',
        'page',
        'count',
        'slice',
        'indexOf',
        'find',
        'map',
        'reduce',
      ]) {
        attempt(() => given.push(object[method](wrong, wrong)));
      }
      attempt(() => given.push(reading.get(wrong), [...reading.all(wrong)]));
      attempt(() => given.push(reading.pluck(wrong, 'foo'), reading.pluck(Frob, wrong)));
    }
  }
  put('all', () => [...reading.all(Frob)]);
  put('iterator', () => reading.all(Frob));
  put('pluck', () => [...reading.pluck(Frob, 'foo')]);
  put('values', () => reading.pluck(Frob, 'foo'));
}

function change(root, attempt) {
  for (const wrong of WRONG) {
    for (const name of ['map', 'set', 'list', 'counter', 'texts']) {
      for (const method of ['set', 'add', 'delete', 'push', 'splice', 'insert']) {
        attempt(() => root[name][method](wrong, wrong));
      }
    }
    attempt(() => {
      root.wrong = wrong;
    });
    attempt(() => {
      root.frob.tags = [wrong];
    });
    for (const name of ['foo', 'text', 'when', 'raw', 'nums', 'next', 'inner']) {
      attempt(() => {
        root.frob[name] = wrong;
      });
    }
  }
  root.frob.foo++;
  // The library of drafts does not work where Object.prototype has a setter for '0'.
  attempt(() => root.frob.tags.push({ c: root.frob }, given.length));
  root.map.set('new', frob(3));
  const draft = attempt(() => root.map.get(5));
  given.push(draft, root.frob.tags, root.plain);
  attempt(() => {
    draft.i++;
  });
  attempt(() => root.map.delete(9));
  attempt(() => root.list.splice(1, 2, frob(4)));
  attempt(() => root.counter.add(1));
}

/** One object of each kind that a program can hold. */
async function hold(store) {
  const errors = [];
  const attempt = (fn) => {
    try {
      return fn();
    } catch (error) {
      if (error instanceof Error) errors.push(error);
      return error;
    }
  };
  const held = {
    store,
    Frob,
    Built,
    objects,
    locks: store.locks,
    counters: store.counters(),
    other: openStore(store.environment),
  };
  const { root } = store;
  holdView(held, 'live', store, attempt);
  const snapshot = store.snapshot();
  holdView(held, 'snapshot', snapshot, attempt);
  attempt(() => change(snapshot.root, attempt));
  store.write(() => {
    change(root, attempt);
    holdView(held, 'write', store, attempt);
    attempt(() =>
      store.write(() => {
        change(root, attempt);
        throw new Error('no');
      }),
    );
  });
  held.watch = store.watch(root.frob);
  const told = held.watch.next();
  held.unwatch = store.watch(root.map, (change) => given.push(change));
  await store.transact(async (txn) => {
    given.push(txn);
    change(txn.root, attempt);
    holdView(held, 'transact', txn, attempt);
    await null;
    await store.transact((inner) => given.push(inner, inner.root)).catch((error) => given.push(error));
    await store
      .transact((inner) => {
        change(inner.root, attempt);
        throw new Error('no');
      })
      .catch((error) => given.push(error));
  });
  await Promise.all(
    [1, 2, 3].map((n) =>
      store.transact(async (txn) => {
        txn.root.frob.foo += n;
        await nextTurn();
      }),
    ),
  );
  given.push(await told);
  await store.locks.request('a', (lock) => given.push(lock));
  held.query = await store.locks.query();
  held.pending = store.locks.request('b', () => new Promise(() => {}));
  held.pending.catch((error) => given.push(error));
  await store.collect({ onProgress: (progress) => given.push(progress) });
  for await (const problem of store.check({ onProgress: (progress) => given.push(progress) })) errors.push(problem);
  attempt(() => root.built.use());
  attempt(() => new Frob(WRONG.at(-1)));
  held.errors = errors;
  return { held, snapshot, errors };
}

const STATES = ['open', 'ended', 'closed'];

async function liveThrough(look) {
  const store = makeStore();
  const { held, snapshot, errors } = await hold(store);
  for (const state of STATES) {
    if (state === 'ended') snapshot.end();
    if (state === 'closed') store.close();
    await nextTurn();
    look(held, state, errors);
  }
}

// The walk calls async functions, and does not wait for the promises.
process.on('unhandledRejection', (reason) => given.push(reason));
process.on('uncaughtException', (reason) => given.push(reason));

const cases = [
  ...walkCases('a store', given, 500, liveThrough),
  {
    name: 'who gets the collections of a store by replacing methods is not handed the memory for encoding',
    async run() {
      const { open, uint32, bytes } = leasehold;
      const env = open(temporaryFolder());
      const { prototype } = env.collection('own', { key: uint32, value: bytes }).constructor;
      const collections = new Set();
      const undo = [];
      for (const name of Object.getOwnPropertyNames(prototype)) {
        const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
        const { value } = descriptor;
        if (typeof value !== 'function' || name === 'constructor') continue;
        const replaced = function (...args) {
          collections.add(this);
          return Reflect.apply(value, this, args);
        };
        Object.defineProperty(prototype, name, { ...descriptor, value: replaced });
        undo.push(() => Object.defineProperty(prototype, name, descriptor));
      }
      const store = makeStore();
      for (const restore of undo) restore();
      const handed = [];
      const take = (...args) => {
        handed.push(...args);
        return 0;
      };
      const recordFields = { write: take, copy: take, canCopy: take };
      for (const base of [undefined, {}]) {
        const record = { stored: { id: 1, recordFields, codec: { write: take } }, base, values: [], references: [] };
        for (const collection of collections) {
          try {
            collection.put(1, record);
          } catch {}
        }
      }
      const wrong = handed.map(wrongWith).filter((complaint) => complaint !== undefined);
      check(wrong.length === 0, wrong.join());
      check(collections.size > 2, 'it got no collections');
      store.close();
      env.close();
    },
  },
  {
    name: 'no patched built-in is handed anything of a store',
    async run() {
      patchEverything();
      await looked(() => liveThrough(() => {}));
      const { wrong } = walk({ given });
      check(found.length === 0, [...new Set(found)].join('\n'));
      check(wrong.length === 0, [...new Set(wrong)].slice(0, 20).join('\n'));
    },
  },
];

export { cases };
