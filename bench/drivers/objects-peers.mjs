// What persistent objects are measured beside: other stores, other ways to change a record, and objects on the heap.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import { deserialize, serialize } from 'node:v8';
import { COUNT, CREATED, fields, HOT, record } from '../harness/objects.mjs';
import { takeTurns, wallTime } from '../harness/turns.mjs';

const require = createRequire(import.meta.url);

const objects = (count) => Array.from({ length: count }, (_, i) => record(i));

/** The modes of the peers by name. */
export function peers(folder, { keysOfAll, restarted }) {
  return {
    ...plain(folder, keysOfAll, restarted),
    ...changes(),
    ...lmdb(folder, keysOfAll),
    ...sqlite(folder, keysOfAll),
  };
}

function ended(sum) {
  if (!(sum > 0)) throw new Error('nothing was read');
}

function memory() {
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

function copies(copy) {
  const states = objects(1000);
  const before = memory();
  const views = Array.from({ length: 100 }, () => states.map(copy));
  return { each: (memory() - before) / (views.length * 1000) };
}

function held(list) {
  let sum = 0;
  const pass = () => {
    for (let round = 0; round < 1000; round++) for (const object of list) sum += object.age;
  };
  takeTurns(1_000_000, pass, () => ended(sum));
}

/** Proxies of a state, as libraries make them that see assignments. */
function proxyOf(state) {
  const target = { state, draft: undefined };
  return new Proxy(target, { get: ({ state: base, draft }, name) => (draft ?? base)[name] });
}

/** An object of a class of its own for each of eight lists of fields. */
function mixed(i) {
  const names = [...fields.slice(i % 8), ...fields.slice(0, i % 8)];
  return Object.fromEntries(names.map((name) => [name, record(i)[name]]));
}

function mapReads(keys) {
  const map = new Map();
  for (let i = 0; i < COUNT; i++) map.set(i, record(i));
  let sum = 0;
  const pass = () => {
    for (const key of keys) sum += map.get(key).age;
  };
  takeTurns(keys.length, pass, () => ended(sum));
}

function plain(folder, keysOfAll, restarted) {
  const { Packr } = require('msgpackr');
  const packr = new Packr();
  const json = join(folder, 'objects.json');
  const v8 = join(folder, 'objects.v8');
  return {
    'views-clone': () => copies((state) => structuredClone(state)),
    'views-msgpackr': () => copies((state) => packr.unpack(packr.pack(state))),
    'field-plain': () => held(objects(1000)),
    'field-plain-8': () => held(Array.from({ length: 1000 }, (_, i) => mixed(i))),
    'field-proxy': () => held(objects(1000).map(proxyOf)),
    'get-hot-map': () => mapReads(HOT),
    'get-all-map': () => mapReads(keysOfAll()),
    'build-files': () => {
      const all = objects(COUNT);
      // JSON.stringify of all of them would exceed the longest string that V8 has on some platforms.
      writeFileSync(json, `[${all.map((each) => JSON.stringify(each)).join(',')}]`);
      writeFileSync(v8, serialize(all));
      return {};
    },
    'restart-json': () => restarted(() => [JSON.parse(readFileSync(json, 'utf8'))[777_777].age, () => {}]),
    'restart-v8': () => restarted(() => [deserialize(readFileSync(v8))[777_777].age, () => {}]),
    'touched-heap': () => {
      const before = memory();
      const map = new Map();
      for (let i = 0; i < COUNT; i++) map.set(i, record(i));
      return { each: memory() - before, size: map.size };
    },
  };
}

function changes() {
  const { create } = require('mutative');
  const { produce } = require('immer');
  const { Packr } = require('msgpackr');
  const recipe = (user) => {
    user.age += 1;
  };
  const change = (next) => () => {
    const packr = new Packr();
    packr.useBuffer(Buffer.allocUnsafeSlow(65_536));
    const states = objects(1000).map((state) => Object.freeze(state));
    const pass = () => {
      for (let i = 0; i < states.length; i++) {
        states[i] = next(states[i]);
        packr.encode(states[i]);
      }
    };
    takeTurns(states.length, pass, () => {});
  };
  return {
    'assign-immer': change((state) => produce(state, recipe)),
    'assign-mutative': change((state) => create(state, recipe)),
    'assign-spread': change((state) => ({ ...state, age: state.age + 1 })),
  };
}

function lmdb(folder, keysOfAll) {
  const openLmdb = (options) =>
    require('lmdb').open({
      path: join(folder, 'lmdb-js'),
      keyEncoding: 'uint32',
      sharedStructuresKey: 0,
      noSync: true,
      ...options,
    });
  // The key 0 is that of the structures.
  const reads = (keys, options) => {
    const db = openLmdb(options);
    let sum = 0;
    const pass = () => {
      for (const key of keys) sum += db.get(key + 1).age;
    };
    takeTurns(keys.length, pass, () => {
      db.close();
      ended(sum);
    });
  };
  const put = (db, begin, count) =>
    db.transactionSync(() => {
      for (let i = begin; i < begin + count; i++) db.put(i + 1, record(i));
    });
  return {
    'build-lmdb': async () => {
      const db = openLmdb();
      for (let begin = 0; begin < COUNT; begin += 50_000) put(db, begin, 50_000);
      await db.close();
      return {};
    },
    'get-hot-lmdb': () => reads(HOT),
    'get-hot-lmdb-cache': () => reads(HOT, { cache: true }),
    'get-all-lmdb': () => reads(keysOfAll()),
    'sum-lmdb': () => {
      const db = openLmdb();
      const pass = () => {
        let sum = 0;
        for (const { value } of db.getRange({ start: 1 })) sum += value.visits;
        if (!(sum > 0)) throw new Error('nothing was read');
      };
      takeTurns(COUNT, pass, () => db.close());
    },
    'create-lmdb': () => {
      const db = openLmdb();
      let begin = 0;
      takeTurns(
        CREATED,
        () => {
          put(db, begin, CREATED);
          begin += CREATED;
        },
        () => db.close(),
      );
    },
  };
}

const TABLE = `create table if not exists users (id integer primary key, name text, email text, age integer, active integer, score real, city text,
  visits integer, plan text, since integer)`;

function sqlite(folder, keysOfAll) {
  const openSqlite = (synchronous = 'off') => {
    const Database = require('better-sqlite3');
    const db = new Database(join(folder, 'users.sqlite'));
    db.pragma('journal_mode = wal');
    db.pragma(`synchronous = ${synchronous}`);
    db.pragma('cache_size = -1000000');
    db.exec(TABLE);
    return db;
  };
  const fill = (db, begin, count) => {
    const insert = db.prepare(`insert or replace into users values (${fields.map((name) => `@${name}`).join(', ')})`);
    db.transaction(() => {
      for (let i = begin; i < begin + count; i++) insert.run({ ...record(i), active: i % 3 === 0 ? 1 : 0 });
    })();
  };
  const reads = (keys) => {
    const db = openSqlite();
    const get = db.prepare('select * from users where id = ?');
    let sum = 0;
    const pass = () => {
      for (const key of keys) sum += get.get(key).age;
    };
    takeTurns(keys.length, pass, () => {
      db.close();
      ended(sum);
    });
  };
  const updates = (synchronous, count, clock) => {
    const db = openSqlite(synchronous);
    fill(db, 0, 1000);
    const update = db.prepare('update users set visits = visits + 1 where id = 0');
    const pass = () => {
      for (let i = 0; i < count; i++) update.run();
    };
    takeTurns(count, pass, () => db.close(), { clock });
  };
  return {
    'build-sqlite': () => {
      const db = openSqlite();
      for (let begin = 0; begin < COUNT; begin += 50_000) fill(db, begin, 50_000);
      db.close();
      return {};
    },
    'get-hot-sqlite': () => reads(HOT),
    'get-all-sqlite': () => reads(keysOfAll()),
    'sum-sqlite': () => {
      const db = openSqlite();
      const all = db.prepare('select * from users');
      const pass = () => {
        let sum = 0;
        for (const user of all.iterate()) sum += user.visits;
        if (!(sum > 0)) throw new Error('nothing was read');
      };
      takeTurns(COUNT, pass, () => db.close());
    },
    'create-sqlite': () => {
      const db = openSqlite();
      let begin = 0;
      takeTurns(
        CREATED,
        () => {
          fill(db, begin, CREATED);
          begin += CREATED;
        },
        () => db.close(),
      );
    },
    'durable-sqlite': () => updates('full', 20, wallTime),
    'fast-sqlite': () => updates('off', 500),
  };
}
