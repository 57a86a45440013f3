// Looks at everything that can be reached from the library's exports and results: prototypes, constructors, symbols,
// getters. Calls each function with every receiver and argument that a program could try, and constructs each class. None
// may give access to an internal object of the library, and none may read memory that was not lent.
import { check, leasehold, temporaryFolder } from '../../buffers/suite/world.mjs';
import { ambient, ENDS, wrongWith } from './walk.mjs';

const { bytes, hashJoin, json, Key, KeyMap, msgpack, open, sinkOf, struct, t, tuple, uint32, utf8, Value } = leasehold;
const { apply, construct, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect;

const SECRET = 'a record of another collection';
/** How far from a record the test looks for a secret: further than the file is long. */
const FAR = 60_000;

/** Functions that are not called: they open or write files, or go on after the call. */
const LEFT_OUT = /^(open|importRecords|exportRecords|inferSchema|batch|copy|resize|update|delValue|read|collection)$/;

const env = open(temporaryFolder(), { durability: 'nosync' });
const secrets = env.collection('secrets', { key: uint32, value: utf8 });
const inner = { n: t.u64, s: t.utf8 };
const types = {
  ...{ a: t.u8, b: t.u16, c: t.i32, d: t.f32, e: t.f64, f: t.bool, g: t.i64, h: t.date, i: t.utf8, j: t.bytes },
  ...{ k: t.list(t.u8), l: t.list(t.utf8), m: t.struct(inner), n: t.list(t.struct(inner)) },
  ...{ o: t.optional(t.u8), p: t.optional(t.utf8), q: t.optional(t.list(t.u8)) },
};
const schema = struct(types);
const record = {
  ...{ a: 1, b: 2, c: 3, d: 4, e: 5, f: true, g: 6n, h: new Date(7), i: 'text', j: Buffer.alloc(9, 8) },
  ...{ k: [1, 2, 3], l: ['x', 'y'], m: { n: 1n, s: 'z' }, n: [{ n: 2n, s: 'w' }], o: 9, q: [4] },
};
const rows = env.collection('rows', { key: tuple, value: schema });
env.write(() => {
  for (let i = 0; i < 100; i++) secrets.put(i, `${SECRET} ${i}`);
  for (let i = 0; i < 9; i++) rows.put(['row', i, Buffer.alloc(4, i), ['in', i]], record);
});

const txn = env.read();
const [{ key, value: view }] = rows.range({ gte: ['row', 5] }, txn);
const [place] = Object.getOwnPropertySymbols(view);
const side = { range: rows.range({}, txn), on: { key: 1 } };
const join = hashJoin({ build: side, probe: side });

/** The objects that a program has. Not the environment: through it the program may read the secrets. */
const subjects = {
  ...{ txn, rows, key, view, join, schema, bytes, json, msgpack, tuple, uint32, utf8, ...types },
  ...{ range: rows.range({}, txn), iterator: rows.range({}, txn)[Symbol.iterator](), joined: join[Symbol.iterator]() },
  ...{
    entry: [...rows.range({}, txn)][5],
    steps: key[Symbol.iterator](),
    value: view.j,
    nested: view.m,
    place: view[place],
  },
  ...{ list: view.k, texts: view.l, structs: view.n, walk: view.k[Symbol.iterator](), sink: sinkOf(view) },
  ...{ map: new KeyMap([[key, 1]]), keys: new KeyMap([[key, 1]]).keys(), own: Key.of(1, 'a'), bound: msgpack.bind() },
};

const loot = new Set();

/** Adds to the loot if a program must not have a value, or if the value contains a secret. */
function take(path, ...given) {
  for (const one of given) {
    const complaint = wrongWith(one);
    if (complaint !== undefined) loot.add(`${path}: ${complaint}`);
    const text = typeof one === 'string' ? one : Buffer.isBuffer(one) ? one.toString('latin1') : '';
    if (text.includes(SECRET)) loot.add(`${path}: a secret`);
  }
}

/** A proxy that can stand for anything: every property is the proxy itself. It checks the arguments of each call. */
function spy(path) {
  const anything = new Proxy(function anything() {}, {
    get: (_, name) => (name === 'prototype' || typeof name === 'symbol' ? undefined : anything),
    getPrototypeOf: () => null,
    set(_, name, given) {
      take(`${path}, set ${String(name)}`, given);
      return true;
    },
    apply(_, receiver, given) {
      take(path, receiver, ...given);
      return anything;
    },
    construct(_, given) {
      take(path, ...given);
      return anything;
    },
  });
  return anything;
}

function forgedLease(path) {
  const memory = new Uint8Array(1000);
  const views = { key: spy(path), value: spy(path), aimsKey: true, aimsValue: true };
  const fields = { keys: memory, values: memory, table: [0, 900, 0, 900], base: 0, run: 0, turn: 0, state: 'shared' };
  return { ...fields, views, source: spy(path), reaimed: false };
}

/** The arguments that functions are called with. */
function* argumentsOf(path) {
  const anything = spy(path);
  const lease = forgedLease(path);
  yield [];
  for (const number of [-FAR, -1, 0, 1, 2 ** 31, Number.NaN]) yield [number, number];
  yield [anything, anything, anything, anything];
  yield [0, anything, anything, 0, anything];
  const forgedType = { size: 0, depth: 0, element: anything, plain: anything, json: anything, write: anything };
  for (const type of [anything, forgedType, types.a, types.k, types.m]) {
    yield [lease, 0, null, type];
    yield [undefined, 0, null, type];
    yield [view[place], 2, { start: -FAR, length: 2 * FAR, turn: 0 }, type];
  }
  for (const one of [view, key, view.k, { [place]: view[place] }, Object.create(view)]) yield [one, one, one];
}

/** All functions that can be reached, by the path to them. */
function functionsOf(roots) {
  const functions = new Map();
  const seen = new Set();
  const queue = Object.entries(roots);
  for (const [path, object] of queue) {
    if ((typeof object !== 'object' && typeof object !== 'function') || object === null) continue;
    if (seen.has(object) || ambient.has(object) || ArrayBuffer.isView(object)) continue;
    seen.add(object);
    take(path, object);
    if (typeof object === 'function') functions.set(object, path);
    queue.push([`${path}.__proto__`, getPrototypeOf(object)]);
    for (const name of ownKeys(object)) {
      const { get, set, value } = getOwnPropertyDescriptor(object, name);
      for (const part of [get, set, value]) queue.push([`${path}.${String(name)}`, part]);
    }
  }
  return functions;
}

function attempt(path, fn) {
  try {
    const result = fn();
    take(path, result);
    return result;
  } catch (error) {
    take(path, error?.message);
    return undefined;
  }
}

/** Makes an instance, sets its place to that of a record, and reads through it. */
function useInstance(path, make) {
  const made = attempt(path, make);
  if (typeof made !== 'object' || made === null) return;
  attempt(path, () => {
    made[place] = view[place];
  });
  for (const name of ['at', 'toArray', 'toJSON', 'toObject', 'next', 'keep', 'toBuffer', 'key', 'value', 'get']) {
    if (loot.size > 0) return;
    attempt(`${path}.${name}`, () => (typeof made[name] === 'function' ? made[name](0) : made[name]));
  }
}

/** Calls a function with all numbers that could be places around a record, and looks for a secret in the results. */
function sweep(path, fn, receiver) {
  let text = '';
  for (let at = -FAR; at < FAR; at++) {
    let read;
    try {
      read = apply(fn, receiver, [at, at]);
      if (typeof read === 'function') read = apply(read, view, []);
    } catch {
      continue;
    }
    if (typeof read === 'number') text += String.fromCharCode(read & 0xff);
    else if (typeof read === 'string') take(path, read);
  }
  take(path, text);
}

const cases = [
  {
    name: 'whatever is reachable hands over nothing and reads nothing else',
    run() {
      const before = Error.stackTraceLimit;
      Error.stackTraceLimit = 0;
      const functions = functionsOf({ ...leasehold, ...subjects });
      let calls = 0;
      for (const [fn, path] of functions) {
        const name = path.slice(path.lastIndexOf('.') + 1);
        if (ENDS.test(name) || LEFT_OUT.test(name)) continue;
        if (loot.size > 0) break;
        let swept = 0;
        for (const given of argumentsOf(path)) {
          useInstance(`new ${path}`, () => construct(fn, given));
          for (const [who, subject] of Object.entries(subjects)) {
            const result = attempt(`${path} on ${who}`, () => apply(fn, subject, given));
            calls++;
            if (typeof result === 'function' && !functions.has(result)) {
              for (const one of [view, view.m, { [place]: view[place] }]) attempt(path, () => apply(result, one, []));
            }
            const isNumeric = given.length === 2 && given[0] === 0;
            const tells = typeof result === 'number' || typeof result === 'function';
            if (isNumeric && tells && fn.length > 0 && swept++ < 3) sweep(`${path} on ${who}`, fn, subject);
          }
        }
      }
      Error.stackTraceLimit = before;
      check(loot.size === 0, [...loot].slice(0, 20).join('\n'));
      check(functions.size > 150 && calls > 10_000, `only ${functions.size} functions, ${calls} calls`);
      check(Value.prototype.toBuffer.call(view.j).equals(record.j), 'the record is another');
    },
  },
];

export { cases };
