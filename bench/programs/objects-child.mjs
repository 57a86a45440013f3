// One measurement of persistent objects, in a process of its own: `node --expose-gc objects-child.mjs LIBRARY MODE FOLDER`. Prints its result as
// JSON, or waits for its turns (harness/turns.mjs). Times in ns, memory in bytes. Peers: objects-peers.mjs.
import { mkdirSync } from 'node:fs';
import process from 'node:process';
import { peers } from '../drivers/objects-peers.mjs';
import { COUNT, CREATED, fields, HOT, record, VIEWS } from '../harness/objects.mjs';
import { takeTurns, wallTime } from '../harness/turns.mjs';

const [library, mode, folder] = process.argv.slice(2);

async function leasehold() {
  const { handleOf, openStore, persistent, PersistentMap, recordCodec, ref, t, uint32, viewOf, writer } = await import(
    library
  );
  const types = {
    id: t.u32,
    name: t.utf8,
    email: t.utf8,
    age: t.u32,
    active: t.bool,
    score: t.f64,
    city: t.utf8,
    visits: t.u32,
    plan: t.utf8,
    since: t.u32,
  };
  const User = persistent('bench.User', types)(class {});
  const Linked = persistent('bench.Linked', { ...types, next: ref(() => Linked).optional() })(class {});
  mkdirSync(folder, { recursive: true });
  const open = (durability = 'nosync') => openStore(folder, { mapSize: 2 ** 33, durability });

  function memory() {
    globalThis.gc();
    globalThis.gc();
    return process.memoryUsage().heapUsed;
  }

  function ended(store, sum) {
    store.close();
    if (!(sum > 0)) throw new Error('nothing was read');
  }

  /** Fills a map with so many objects. */
  function fill(store, count) {
    const slice = 50_000;
    for (let begin = 0; begin < count; begin += slice) {
      store.write(() => {
        if (begin === 0) store.root.users = new PersistentMap({ key: uint32 });
        const { users } = store.root;
        for (let i = begin; i < Math.min(count, begin + slice); i++) users.set(i, new User(record(i)));
      });
    }
    return store.root.users;
  }

  /** Reads by a map for its turns. */
  function reads(keys) {
    const store = open();
    const { users } = store.root;
    let sum = 0;
    const pass = () => {
      for (const key of keys) sum += users.get(key).age;
    };
    takeTurns(keys.length, pass, () => ended(store, sum));
  }

  /** A field of 1,000 objects that the program holds, of so many classes. */
  function held(classes) {
    const store = open();
    const kinds = Array.from({ length: classes }, (_, i) => persistent(`bench.Kind${i}`, types)(class {}));
    const objects = Array.from({ length: 1000 }, (_, i) => new kinds[i % classes](record(i)));
    store.write(() => {
      store.root.all = objects;
    });
    let sum = 0;
    const pass = () => {
      for (let round = 0; round < 1000; round++) for (const object of objects) sum += object.age;
    };
    takeTurns(1_000_000, pass, () => ended(store, sum));
  }

  function assignments(stores) {
    const store = open();
    const objects = Array.from({ length: 1000 }, (_, i) => new User(record(i)));
    store.write(() => {
      store.root.all = objects;
    });
    // Without `stores`, the records are encoded and not put: what the peers do.
    if (!stores) {
      const base = viewOf(handleOf(objects[0])).base;
      const codec = recordCodec(() => base.classes);
      const put = (_id, input) => {
        codec.write(input, writer);
        writer.position = 0;
      };
      Object.defineProperty(base.objects, 'put', { value: put });
    }
    // The peers have their records in memory, so these are read before. Changes drop what was read.
    let sum = 0;
    const prepare = () => {
      for (const object of objects) sum += object.age;
    };
    const pass = () => {
      store.write(() => {
        for (const object of objects) object.age += 1;
      });
    };
    takeTurns(objects.length, pass, () => ended(store, sum), { prepare });
  }

  function durable(durability) {
    const store = open(durability);
    const [count, clock] = durability === 'sync' ? [20, wallTime] : [500];
    const user = fill(store, 1000).get(0);
    const pass = () => {
      for (let i = 0; i < count; i++) user.visits += 1;
    };
    takeTurns(count, pass, () => store.close(), { clock });
  }

  function create(make) {
    const store = open();
    takeTurns(
      CREATED,
      () => store.write(() => make(store)),
      () => store.close(),
    );
  }

  return {
    build() {
      const store = open();
      fill(store, COUNT);
      store.close();
      return {};
    },
    /** Views of one version each, or of a version in common. */
    'views-apart': () => views(true),
    'views-together': () => views(false),
    begin() {
      const store = open();
      const held = Array.from({ length: 1000 }, () => store.snapshot());
      const pass = () => {
        for (let i = 0; i < 10_000; i++) store.snapshot().end();
      };
      takeTurns(10_000, pass, () => {
        for (const view of held) view.end();
        store.close();
      });
    },
    'field-object': () => held(1),
    'field-object-8': () => held(8),
    'get-hot-objects': () => reads(HOT),
    'get-all-objects': () => reads(keysOfAll()),
    'sum-objects': () => {
      const store = open();
      const pass = () => {
        let sum = 0;
        for (const user of store.all(User)) sum += user.visits;
        if (!(sum > 0)) throw new Error('nothing was read');
      };
      takeTurns(COUNT, pass, () => store.close());
    },
    'pluck-objects': () => {
      const store = open();
      const pass = () => {
        let sum = 0;
        for (const visits of store.pluck(User, 'visits')) sum += visits;
        if (!(sum > 0)) throw new Error('nothing was read');
      };
      takeTurns(COUNT, pass, () => store.close());
    },
    'assign-object': () => assignments(false),
    'store-object': () => assignments(true),
    'restart-store': () =>
      restarted(() => {
        const store = open();
        const { age } = store.root.users.get(777_777);
        return [age, () => store.close()];
      }),
    'create-map': () =>
      create((store) => {
        const users = new PersistentMap({ key: uint32 });
        store.root.users = users;
        for (let i = 0; i < CREATED; i++) users.set(i, new User(record(i)));
      }),
    'create-linked': () =>
      create((store) => {
        let last;
        for (let i = 0; i < CREATED; i++) {
          const given = record(i);
          given.next = last;
          last = new Linked(given);
        }
        store.root.last = last;
      }),
    'durable-object': () => durable('sync'),
    'fast-object': () => durable('nosync'),
    'touched-store': () => {
      const before = memory();
      const store = open();
      const { users } = store.root;
      let sum = 0;
      const touched = HOT.slice(0, 1000).map((key) => users.get(key));
      for (const user of touched) sum += user.age;
      const each = memory() - before;
      if (!(sum > 0)) throw new Error('nothing was read');
      store.close();
      return { each };
    },
  };

  async function views(apart) {
    const store = open();
    const first = fill(store, 1000);
    store.root.other = new User(record(0));
    const read = (view) => {
      const map = view.root.users;
      return Array.from({ length: 1000 }, (_, i) => {
        const user = map.get(i);
        for (const name of fields) if (user[name] === undefined) throw new Error('nothing was read');
        return user;
      });
    };
    const base = viewOf(handleOf(first)).base;
    read(store);
    const { misses } = base.states;
    const before = memory();
    const held = Array.from({ length: VIEWS }, () => {
      if (apart) store.root.other.age += 1;
      const view = store.snapshot();
      return [view, read(view)];
    });
    const each = (memory() - before) / (VIEWS * 1000);
    // Each assignment above makes a new state of that other object.
    const decoded = base.states.misses - misses - (apart ? VIEWS : 0);
    for (const [view] of held) view.end();
    store.close();
    return { each, decoded };
  }
}

function keysOfAll() {
  return Array.from({ length: 100_000 }, (_, i) => (i * 7_919_113) % COUNT);
}

/** Times what opens and reads the first field, and what it takes of the processor. */
async function restarted(first) {
  const before = process.cpuUsage();
  const begin = process.hrtime.bigint();
  const [value, end] = await first();
  const each = Number(process.hrtime.bigint() - begin);
  const { user, system } = process.cpuUsage(before);
  if (typeof value !== 'number') throw new Error('nothing was read');
  end();
  return { each, processor: (user + system) * 1000 };
}

const modes = { ...(await leasehold()), ...peers(folder, { keysOfAll, restarted }) };
const result = await modes[mode]();
if (result !== undefined) console.log(JSON.stringify(result));
