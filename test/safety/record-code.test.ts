// Not in test/value, since only so many schemas of a process get code of their own.
import { deepStrictEqual } from 'node:assert';
import { expect, test } from 'vitest';
import { writer } from '../../lib/base/writer.ts';
import { uint32 } from '../../lib/key/uint32.ts';
import { t } from '../../lib/value/struct/field-type.ts';
import { layOut } from '../../lib/value/struct/schema.ts';
import { struct } from '../../lib/value/struct/struct.ts';
import { recordWriter } from '../../lib/value/struct/struct-write.ts';
import { askChild } from '../support/child.ts';
import { openTemporary, temporaryFolder, thrown } from '../support/fixture.ts';
import { decode, encode, random } from '../support/sinks.ts';
import { BEFORE_CODE, both, define, one, outcome, reshaped, schema, WRONG } from './record-cases.ts';

const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261_201);

test(`seed ${SEED}: records of any schema are written and refused by code of the schema's own as without it`, () => {
  const next = random(SEED);
  let written = 0;
  let refused = 0;
  for (let i = 0; i < 80; i++) {
    const { types, make } = schema(next);
    let valid = make(next);
    const { coded, plain } = both(types, valid);
    for (let k = 0; k < 150; k++) {
      valid = make(next);
      const names = Object.keys(valid);
      if (k % 3 === 1) define(valid, one(next, names), one(next, WRONG));
      const [first, second]: [string[], string[]] = [[], []];
      let log = first;
      const given = k % 2 === 0 ? valid : reshaped(next, valid, (name) => log.push(name));
      const expected = outcome(plain, given);
      log = second;
      const room = next(4) === 0 ? next(400) : undefined;
      deepStrictEqual(outcome(coded, given, room), expected);
      deepStrictEqual(second, first);
      if (typeof expected === 'string') written++;
      else refused++;
    }
  }
  expect(Math.min(written, refused)).toBeGreaterThan(1000);
});

test('no name of a field is taken for code', () => {
  const hostile = [
    ...[
      '"',
      "'",
      '`',
      '\\',
      '\\"',
      '\n',
      '\r',
      '\u2028',
      '\u2029',
      '\0',
      '\ud800',
      '</script>',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a name that looks like code
      '${globalThis.hit = 1}',
    ],
    ...[
      '"] ; globalThis.hit = 1; ["',
      '\\u0022]; globalThis.hit = 1; //',
      '*/ globalThis.hit = 1 /*',
      '//',
      '`+(globalThis.hit=1)+`',
    ],
    ...[
      '__proto__',
      'constructor',
      'prototype',
      'this',
      'arguments',
      'eval',
      'used',
      'given',
      'writer',
      'v0',
      'w0',
      'b',
      '',
    ],
  ];
  const types = Object.fromEntries(hostile.map((name) => [name, t.u8]));
  const valid = Object.fromEntries(hostile.map((name, i) => [name, i]));
  const { coded, plain } = both(types, valid);
  expect(outcome(coded, valid)).toBe(outcome(plain, valid));
  for (const name of hostile) {
    const wrong = Object.fromEntries(hostile.map((each) => [each, each === name ? 'x' : 1]));
    expect(outcome(coded, wrong)).toEqual(outcome(plain, wrong));
    expect((outcome(coded, wrong) as Error & { code: string }).code).toBe('ERR_INVALID_ARG_TYPE');
  }
  expect('hit' in globalThis).toBe(false);
});

test('getters are called once each, in the order of the fields', () => {
  const names = ['c', 'a', 'b'];
  const called: string[] = [];
  const given = {};
  for (const name of ['a', 'b', 'c']) {
    const get = () => {
      called.push(name);
      return name;
    };
    Object.defineProperty(given, name, { get, enumerable: true });
  }
  const { coded } = both(Object.fromEntries(names.map((name) => [name, t.utf8])), { c: 'c', a: 'a', b: 'b' });
  outcome(coded, given);
  expect(called).toEqual(names);
});

test('what a program adds to Object.prototype later is the value of no field', () => {
  const { coded, plain } = both({ id: t.u8, extra: t.optional(t.u8) }, { id: 1, extra: 2 });
  const expected = outcome(plain, { id: 1 });
  define(Object.prototype, 'extra', 7);
  try {
    expect(outcome(coded, { id: 1 })).toBe(expected);
  } finally {
    delete (Object.prototype as { extra?: number }).extra;
  }
});

test('code of the user that runs in the middle may write records of its own, and replace the memory of the writer', () => {
  const Inner = t.struct({ name: t.utf8 });
  const types = { a: t.utf8, raw: t.bytes, list: t.list(t.u8), inner: Inner, b: t.utf8, n: t.u32 };
  const plainly = { a: 'first', raw: Uint8Array.of(1, 2), list: [3, 4], inner: { name: 'inner' }, b: 'last', n: 7 };
  const { coded, plain } = both(types, plainly);
  const disturb = () => {
    expect(typeof outcome(coded, { ...plainly, b: 'z'.repeat(100_000 + writer.size) })).toBe('string');
    if (writer.position === 0) writer.trim();
  };
  const tricky = {
    get a() {
      disturb();
      return 'first';
    },
    raw: Uint8Array.of(1, 2),
    list: new Proxy([3, 4], {
      get(target, name) {
        disturb();
        return Reflect.get(target, name);
      },
    }),
    inner: {
      get name() {
        disturb();
        return 'inner';
      },
    },
    get b() {
      disturb();
      return 'last';
    },
    n: 7,
  };
  expect(outcome(coded, tricky)).toBe(outcome(plain, plainly));
  expect(writer.position).toBe(0);
  writer.trim();
});

test('a getter that ends the transaction, or writes in it, finds no half of a record', () => {
  const env = openTemporary();
  const City = struct({ name: t.utf8, n: t.u32 });
  const cities = env.collection('cities', { key: uint32, value: City });
  env.write(() => {
    for (let i = 0; i < 2 * BEFORE_CODE; i++) cities.put(i, { name: `city ${i}`, n: i });
  });
  const error = thrown(() =>
    env.write((txn) => {
      cities.put(1, {
        get name() {
          cities.put(2, { name: 'in between', n: 99 }, txn);
          env.close();
          return 'one';
        },
        n: 1,
      });
    }),
  );
  expect(error.code).toMatch(/^ERR_(ENV_CLOSED|TXN_ENDED)$/);
  const again = openTemporary();
  const others = again.collection('cities', { key: uint32, value: City });
  again.write(() => {
    for (let i = 0; i < 2 * BEFORE_CODE; i++) others.put(i, { name: `city ${i}`, n: i });
    others.put(1, {
      get name() {
        others.put(2, { name: 'in between', n: 99 });
        return 'one';
      },
      n: 1,
    });
  });
  expect([1, 2, 3].map((key) => others.get(key)?.toObject())).toEqual([
    { name: 'one', n: 1 },
    { name: 'in between', n: 99 },
    { name: 'city 3', n: 3 },
  ]);
});

test('views, and objects of classes with getters, are written as plain objects are', () => {
  const Point = struct({ x: t.f64, label: t.optional(t.utf8) });
  const given = { x: 1.5, label: 'here' };
  for (let i = 0; i <= BEFORE_CODE; i++) encode(Point, given);
  class Own {
    get x() {
      return 1.5;
    }
    get label() {
      return 'here';
    }
  }
  expect(encode(Point, decode(Point, encode(Point, given)))).toEqual(encode(Point, given));
  expect(encode(Point, new Own())).toEqual(encode(Point, given));
  const copied = thrown(() => encode(Point, { ...decode(Point, encode(Point, given)) } as never));
  expect(copied.message).toMatch(/copying a record's view/);
});

/** Writes records of many schemas, of many fields too, and tells a hash of all that is stored. */
const PROGRAM = `
  const { createHash } = await import('node:crypto');
  const env = open(args, { durability: 'nosync', maxCollections: 500 });
  const hash = createHash('sha256');
  let coded = 0;
  /** A getter that notes whether it is called by code that was made from text. */
  const noting = (object, name, value) => Object.defineProperty(object, name, { get() {
    if (new Error().stack.includes('eval at')) coded++;
    return value;
  }, enumerable: true });
  const add = (name, types, make) => {
    const collection = env.collection(name, { key: uint32, value: struct(types) });
    env.write(() => { for (let i = 0; i < 150; i++) collection.put(i, make(i)); });
    const [first] = Object.keys(types);
    if (first !== undefined) collection.put(0, noting(make(0), first, 7));
    for (const { value } of collection.range()) hash.update(JSON.stringify(value));
    try { collection.put(0, {}); } catch (error) { hash.update(error.message); }
  };
  for (let k = 0; k < 150; k++) {
    add('c' + k, { ['n' + k]: t.u32, name: t.utf8, at: t.optional(t.date) }, (i) => ({ ['n' + k]: i, name: 'n' + i, ...(i % 2 && { at: new Date(i) }) }));
  }
  const wide = Object.fromEntries(Array.from({ length: 400 }, (_, i) => ['f' + i, t.u16]));
  add('wide', wide, (n) => Object.fromEntries(Object.keys(wide).map((name, i) => [name, i + n])));
  add('none', {}, () => ({}));
  tell({ hash: hash.digest('hex'), coded });`;

test('more schemas than get code of their own, very large ones, and a program that forbids such code write the same', () => {
  const usual = askChild(PROGRAM, temporaryFolder()) as { hash: string; coded: number };
  const forbidden = askChild(PROGRAM, temporaryFolder(), { execArgv: ['--disallow-code-generation-from-strings'] });
  expect(forbidden).toEqual({ hash: usual.hash, coded: 0 });
  expect(usual.coded).toBe(100);
});

test('a program that patches what a text could be made with does not change it, and gets nothing', () => {
  const told = askChild(
    `
    const env = open(args, { durability: 'nosync' });
    const cities = env.collection('cities', { key: uint32, value: struct({ name: t.utf8, n: t.u32 }) });
    const loot = [];
    const { stringify } = JSON;
    const evil = (name) => function () { loot.push(name); return '"] ; globalThis.hit = arguments; ["'; };
    Array.prototype.join = evil('join');
    Array.prototype.map = evil('map');
    String.prototype.replace = evil('replace');
    Number.prototype.toString = evil('toString');
    JSON.stringify = evil('stringify');
    globalThis.Function = evil('Function');
    Function.prototype.toString = evil('toString');
    Object.defineProperty(Object.prototype, '100', { set: evil('100'), get: evil('100'), configurable: true });
    env.write(() => { for (let i = 0; i < 200; i++) cities.put(i, { name: 'n', n: i }); });
    const seen = cities.get(150).n;
    delete Object.prototype[100];
    JSON.stringify = stringify;
    tell(String(loot.length) + ' ' + ('hit' in globalThis) + ' ' + seen);`,
    temporaryFolder(),
  );
  expect(told).toBe('0 false 150');
});

test('a stack that overflows while code is made changes nothing for the records after it', () => {
  const { coded, plain } = (() => {
    const types = { overflow: t.u8, name: t.utf8 };
    const write = recordWriter(layOut(types));
    return { coded: write, plain: recordWriter(layOut(types), false) };
  })();
  const valid = { overflow: 1, name: 'n' };
  for (let i = 0; i < BEFORE_CODE - 1; i++) outcome(coded, valid);
  // From the end of the stack outward, each record has a little more of it.
  let isWritten = false;
  for (let left = 0; !isWritten; left++) {
    let frames = left;
    const fall = (): void => {
      try {
        fall();
      } catch (error) {
        if (frames-- !== 0) throw error;
        coded(writer, valid, undefined, 'value');
        isWritten = true;
      }
    };
    try {
      fall();
    } catch {}
    writer.position = 0;
  }
  expect(outcome(coded, valid)).toBe(outcome(plain, valid));
});
