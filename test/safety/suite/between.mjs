// User code that runs between two reads of one call. The test patches each built-in function, getter and setter that a
// program can patch. One that runs inside a call that compares or decodes ends the transaction, drains it, and overwrites
// its pages. The call must still give the right result, or throw that the transaction has ended.
import { inspect, isDeepStrictEqual } from 'node:util';
import { check, leasehold, temporaryFolder, thrown } from '../../buffers/suite/world.mjs';

const { bytes, json, Key, KeyMap, msgpack, open, sinkOf, struct, t, tuple, uint32, utf8 } = leasehold;
const { apply, construct, defineProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect;
const { setPrototypeOf } = Object;
const { add } = Set.prototype;
const tagOf = Object.prototype.toString;

const LONG = 'a text of more than forty-eight bytes, so that it is copied and compared by calls';
const KEY = ['first', 'sec\0ond', 1, -2.5, 2n ** 70n, null, true, Buffer.alloc(20, 7), ['in', null, [3, 'deep']], LONG];
const INNER = { n: 7, label: 'é inside', marks: ['one', 'two'] };
const RECORD = {
  ...{ a: 1, b: 2n ** 40n, c: new Date(1e12), d: 1.5, e: true, f: 'short', g: LONG, h: Buffer.alloc(60, 5) },
  ...{
    list: [1, 2, 3, 4],
    texts: ['one', 'two', LONG],
    inner: INNER,
    inners: [INNER, INNER],
    some: 9n,
    none: undefined,
  },
};
const inner = { n: t.u8, label: t.utf8, marks: t.list(t.utf8) };
const schema = {
  ...{ a: t.u32, b: t.u64, c: t.date, d: t.f64, e: t.bool, f: t.utf8, g: t.utf8, h: t.bytes, list: t.list(t.u32) },
  ...{ texts: t.list(t.utf8), inner: t.struct(inner), inners: t.list(t.struct(inner)) },
  ...{ some: t.optional(t.i64), none: t.optional(t.utf8) },
};
const custom = {
  name: 'reversed',
  encode: (text) => Buffer.from(text),
  decode: (given) => Buffer.from(given).toString(),
};

const fill = Buffer.alloc(1500, 0xee);

let env;
let keyed;
let filler;
let left;
/** By name: a collection, the value that it holds, and the value that overwrites it. */
let stored;

/** Makes a new environment. It has no free pages, so pages that are freed are soon overwritten. */
function renew() {
  env?.close();
  env = open(temporaryFolder(), { durability: 'nosync' });
  const collection = (name, value, key = uint32) => env.collection(name, { key, value });
  keyed = collection('keyed', bytes, tuple);
  left = collection('left', bytes, tuple);
  filler = collection('filler', bytes);
  const spoilt = { ...RECORD, g: 'x'.repeat(80), list: [9, 9], texts: ['z'], some: undefined };
  stored = {
    records: [collection('records', struct(schema)), RECORD, spoilt],
    texts: [collection('texts', utf8), LONG, 'x'.repeat(90)],
    documents: [collection('documents', json), { a: [LONG, 1], b: null }, ['x'.repeat(90)]],
    packed: [collection('packed', msgpack), { a: [LONG, 1], b: null }, ['x'.repeat(90)]],
    tuples: [collection('tuples', tuple), KEY, ['x', 1]],
    customs: [collection('customs', custom), LONG, 'x'.repeat(90)],
  };
  // The same record again under another key: a comparison of the two reads all of their bytes.
  stored.records[0].put(1, RECORD);
  const copy = sinkOf(stored.records[0].get(1)).toBuffer();
  stored.copies = [collection('copies', bytes), copy, Buffer.alloc(copy.length, 0xff)];
  restore();
}

function restore() {
  env.write(() => {
    for (const key of keyed.range().keys().toArray()) keyed.del(key);
    for (let i = 0; i < 3; i++) keyed.put([...KEY, i], Buffer.alloc(300, 1 + i));
    for (const [collection, value] of Object.values(stored)) for (let i = 0; i < 3; i++) collection.put(i, value);
  });
}

let drains = 0;

/** Ends the transaction, makes the library move what it lent at once, and overwrites all pages that it could see. */
function overwrite(txn) {
  txn.end();
  // These throw inside a write transaction.
  thrown(() => env.collection(`made to drain ${drains % 4}`).drop());
  thrown(() => env.collection(`made to drain ${drains++ % 4}`));
  // Encoding this key makes the buffer for encoding grow.
  Key.of(LONG.repeat(20_000));
  for (let round = 0; round < 4; round++) {
    env.write(() => {
      // Enough entries to use every free page.
      for (let i = 0; i < 150; i++) filler.put(i, fill);
      for (const key of keyed.range().keys().toArray()) keyed.del(key);
      for (let i = 0; i < 3; i++) keyed.put(['x'.repeat(60 + i), round], Buffer.alloc(300, 0x80 + round));
      for (const [collection, , spoilt] of Object.values(stored)) for (let i = 0; i < 3; i++) collection.put(i, spoilt);
    });
    filler.clear();
  }
}

/** The objects that a call gets: sinks on a transaction, and the same bytes in private sinks. */
function world() {
  const txn = env.read();
  const [first, second] = keyed.range({}, txn);
  const view = stored.records[0].get(1, txn);
  const map = new KeyMap([[first.key, 'first']]);
  const key = second.key;
  const copy = stored.copies[0].get(1, txn);
  return {
    txn,
    first,
    key,
    value: second.value,
    view,
    list: view.list,
    texts: view.texts,
    map,
    copy,
    sink: sinkOf(view),
  };
}

const owned = { key: Key.of(...KEY, 1), bytes: Buffer.alloc(300, 2) };
const calls = {
  'key.toArray': ({ key }) => key.toArray(),
  'key.toJSON': ({ key }) => key.toJSON(),
  'key.toString': ({ key }) => key.toString(),
  'key.toHex': ({ key }) => key.toHex(),
  'key.hash': ({ key }) => key.hash(),
  'key.at(4)': ({ key }) => key.at(4),
  'key.at(8)': ({ key }) => key.at(8).toArray(),
  'key.at(9)': ({ key }) => key.at(9),
  'key.length': ({ key }) => key.length,
  'key.slice': ({ key }) => key.slice(2, -2).toArray(),
  'key.compare(Key)': ({ key, first }) => [key.compare(owned.key), owned.key.compare(key), key.compare(first.key)],
  'key.compare(bytes)': ({ key, value }) => [key.compare(owned.bytes), value.compare(owned.bytes)],
  'key.startsWith(Key)': ({ key, first }) => [key.startsWith(first.key.slice(0, 9)), key.startsWith(owned.key)],
  'key.startsWith(array)': ({ key }) => [key.startsWith(KEY), key.startsWith(['first', 'other'])],
  'key.prefixEnd': ({ key }) => key.prefixEnd().toHex(),
  'key.keep': ({ key }) => key.keep().toHex(),
  'Key.of(key)': ({ key }) => Key.of('in', key).toHex(),
  'key, inspected': ({ key }) => inspect(key),
  'key, tagged': ({ key }) => apply(tagOf, key, []),
  'steps over a key': ({ key }) => {
    const iterator = key[Symbol.iterator]();
    return [iterator.next().value, iterator.next().value, iterator.next().value];
  },
  'value.toBuffer': ({ value }) => value.toBuffer(),
  'value.toString': ({ value }) => [value.toString(), value.toString('base64')],
  'value.toJSON': ({ value }) => value.toJSON(),
  'value.hash': ({ value }) => value.hash(),
  'value.equals': ({ value, first }) => [value.equals(owned.bytes), value.equals(first.value)],
  'value, inspected': ({ value }) => inspect(value),
  'view.toObject': ({ view }) => view.toObject(),
  'view.toJSON': ({ view }) => view.toJSON(),
  'view, inspected': ({ view }) => inspect(view),
  'view, tagged': ({ view }) => apply(tagOf, view, []),
  'fields of a view': ({ view }) => {
    const { a, b, c, d, e, f, g, some, none } = view;
    return [a, b, c, d, e, f, g, some, none];
  },
  'a nested field': ({ view }) => [view.inner.label, view.inners.at(1).marks.at(1)],
  'list.toArray': ({ list, texts }) => [list.toArray(), texts.toArray()],
  'list.toJSON': ({ list, texts }) => [list.toJSON(), texts.toJSON()],
  'list.at': ({ list, texts }) => [list.at(-1), texts.at(2)],
  'sink.compare': ({ sink, list, copy }) => [sink.compare(copy), copy.compare(sink), sinkOf(list).compare(sink)],
  'sink.compare(Proxy)': ({ view, copy }, hit) => {
    const lying = sinkOf(
      new Proxy(view, {
        get(target, name) {
          hit();
          return target[name];
        },
        getPrototypeOf(target) {
          hit();
          return getPrototypeOf(target);
        },
      }),
    );
    return [copy.compare(lying), lying.compare(copy), lying.keep() === undefined];
  },
  'map.get': ({ map, key, first }) => [map.get(first.key), map.has(key), map.size],
  'map.set': ({ map, key, value }) => [map.set(key, 2).get(key), map.set(value, 3).get(value)],
  'collection.get': ({ key, txn }) => keyed.get(key, txn).toBuffer(),
  'collection.getMany': ({ key, first, txn }) => keyed.getMany([key, first.key], txn).map((one) => one.toBuffer()),
  'Key.of': () => Key.of(...KEY).toHex(),
  'keyed.put': () => {
    left.put(KEY, Buffer.from('stored'));
    return left.get(KEY).toBuffer();
  },
  ...Object.fromEntries(
    ['records', 'texts', 'documents', 'packed', 'tuples', 'customs'].flatMap((name) => [
      [
        `${name}.put`,
        () => {
          const [collection, value] = stored[name];
          collection.put(7, value);
          return plain(collection.get(7));
        },
      ],
      [`${name}.get`, ({ txn }) => plain(stored[name][0].get(1, txn))],
    ]),
  ),
};

/** The plain object or array of a view; anything else unchanged. */
function plain(value) {
  if (typeof value?.toObject === 'function') return value.toObject();
  return typeof value?.toArray === 'function' ? value.toArray() : value;
}

/** A text that is equal for results with equal content. */
function shown(result) {
  return inspect(result, { depth: 12, maxArrayLength: null, maxStringLength: null });
}

/** Every property that a program can replace: [name, object, key]. */
function* patchable() {
  const seen = new Set();
  const roots = [
    [globalThis, 'globalThis'],
    [getPrototypeOf(Uint8Array), 'TypedArray'],
    [getPrototypeOf([][Symbol.iterator]()), 'ArrayIterator.prototype'],
    [getPrototypeOf(getPrototypeOf((function* () {})())), 'Generator.prototype'],
    [getPrototypeOf(''[Symbol.iterator]()), 'StringIterator.prototype'],
    [getPrototypeOf(new Map().entries()), 'MapIterator.prototype'],
  ];
  for (const [object, path] of roots) {
    if (seen.has(object)) continue;
    seen.add(object);
    for (const key of ownKeys(object)) {
      const { value, get, configurable } = getOwnPropertyDescriptor(object, key);
      const name = `${path}.${String(key)}`;
      if (object === globalThis && /^(global|globalThis|process|console|inspect)$/.test(String(key))) continue;
      const isFunction = typeof value === 'function';
      if (configurable && key !== 'constructor' && (isFunction || (get !== undefined && object !== globalThis)))
        yield [name, object, key];
      if (isFunction || (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value))) {
        const isBuiltIn = object === globalThis || key === 'prototype' || path === 'TypedArray';
        if (isBuiltIn) roots.push([value, name]);
      }
    }
  }
  for (const key of ['0', '1', '2', '7', 'value', 'key', 'span', 'lease', 'at', 'done', 'code', 'path']) {
    yield [`a setter of Array.prototype.${key}`, Array.prototype, key];
    yield [`a setter of Object.prototype.${key}`, Object.prototype, key];
  }
}

/** Replaces a built-in by one that calls `hit` and then does the same. Returns a function that restores the built-in. */
function patch(object, key, hit) {
  const before = getOwnPropertyDescriptor(object, key);
  let after;
  if (before === undefined) {
    after = {
      configurable: true,
      set(value) {
        hit();
        defineProperty(this, key, { value, configurable: true, enumerable: true, writable: true });
      },
    };
  } else if (before.get !== undefined) {
    after = {
      ...before,
      get() {
        hit();
        return apply(before.get, this, []);
      },
    };
  } else {
    const original = before.value;
    const patched = function (...given) {
      hit();
      if (new.target === undefined) return apply(original, this, given);
      return construct(original, given, new.target === patched ? original : new.target);
    };
    setPrototypeOf(patched, original);
    patched.prototype = original.prototype;
    after = { ...before, value: patched };
  }
  if (!defineProperty(object, key, after)) return undefined;
  return () => (before === undefined ? delete object[key] : defineProperty(object, key, before));
}

/** Runs `call` while a built-in is patched. The built-in's run number `at` (0: none) overwrites. Returns the outcome and the number of runs. */
function attempt(call, object, key, at) {
  const subject = world();
  let times = 0;
  let armed = false;
  const hit = () => {
    if (!armed || ++times !== at) return;
    armed = false;
    overwrite(subject.txn);
    armed = true;
  };
  const undo = object === undefined ? () => {} : patch(object, key, hit);
  if (undo === undefined) return { times: 0 };
  let result;
  let error;
  // Fills the buffer for encoding, so that bytes that a call fails to write are visible.
  Key.of('z'.repeat(5000));
  armed = true;
  try {
    // With a built-in, count its runs. Without one, count the runs of `hit`, which the call passes to a trap.
    result = call(subject, object === undefined ? hit : () => {});
  } catch (thrown) {
    error = thrown;
  }
  armed = false;
  undo();
  const text = error === undefined ? shown(result) : undefined;
  subject.txn.end();
  return { text, error, times };
}

/**
 * The indexes of the built-ins that run inside a call, which are found by patching all of them at once. Setters are not
 * patched here, since no descriptor can be made while they are; the test assumes that each of them may run.
 */
function placesIn(call) {
  const subject = world();
  const places = new Set();
  let armed = false;
  const undos = [];
  for (const [place, object, key] of everything) {
    if (getOwnPropertyDescriptor(object, key) === undefined) {
      places.add(place);
      continue;
    }
    const undo = patch(object, key, () => {
      if (armed) apply(add, places, [place]);
    });
    if (undo !== undefined) undos.push(undo);
  }
  armed = true;
  thrown(() => call(subject, () => {}));
  armed = false;
  for (let i = undos.length - 1; i >= 0; i--) undos[i]();
  subject.txn.end();
  return places;
}

renew();
const everything = [...patchable()];
const expected = Object.fromEntries(
  Object.entries(calls).map(([name, call]) => [name, attempt(call, undefined, '', 0).text]),
);

/** A built-in disturbs a call at this many of its first runs, and at its last one. */
const FIRST_TIMES = 2;
let disturbed = 0;

function disturb(place, object, key, name, call, times) {
  for (let at = 1; at <= times; at = at < FIRST_TIMES || at === times ? at + 1 : times) {
    const { text, error } = attempt(call, object, key, at);
    disturbed++;
    restore();
    if (error !== undefined) {
      const isRight = ['ERR_LEASE_EXPIRED', 'ERR_TXN_ENDED'].includes(error.code);
      check(isRight, `${name}, disturbed in ${place} (time ${at}), threw ${error.stack}`);
    } else {
      check(isDeepStrictEqual(text, expected[name]), `${name}, disturbed in ${place} (time ${at}), gave ${text}`);
    }
  }
}

const cases = [
  {
    name: 'no built-in that is patched makes a comparison or a decoding read what was not lent',
    run() {
      const places = Object.entries(calls).map(([name, call]) => [name, call, placesIn(call)]);
      for (const [place, object, key] of everything) {
        const called = [];
        for (const [name, call, inside] of places) {
          if (!inside.has(place)) continue;
          const { times } = attempt(call, object, key, 0);
          if (times > 0) called.push([name, call, times]);
        }
        if (called.length > 0) renew();
        for (const [name, call, times] of called) disturb(place, object, key, name, call, times);
      }
      check(disturbed > 100, `only ${disturbed} calls were disturbed`);
    },
  },
  {
    name: 'nor does a Proxy',
    run() {
      renew();
      const name = 'sink.compare(Proxy)';
      disturb('a trap', undefined, '', name, calls[name], attempt(calls[name], undefined, '', 0).times);
    },
  },
];

export { cases };
