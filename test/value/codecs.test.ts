import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { writer } from '../../lib/base/writer.ts';
import { Key } from '../../lib/key/key.ts';
import { rememberedValueCodec } from '../../lib/key/remembered.ts';
import { hashBytes } from '../../lib/lease/bytes.ts';
import { bytes } from '../../lib/value/bytes.ts';
import { type CustomCodec, toValueCodec } from '../../lib/value/custom.ts';
import { json } from '../../lib/value/json.ts';
import { t } from '../../lib/value/struct/field-type.ts';
import { struct } from '../../lib/value/struct/struct.ts';
import { sinkOf } from '../../lib/value/struct/struct-sink.ts';
import { utf8 } from '../../lib/value/utf8.ts';
import { Value } from '../../lib/value/value.ts';
import { decode, encode, lend, random, thrown } from '../support/sinks.ts';

describe('bytes', () => {
  const Point = struct({ x: t.u8 });
  const view = decode(Point, encode(Point, { x: 7 }));

  test.each<[string, Uint8Array | Value | Key, number[]]>([
    ['a Uint8Array', Uint8Array.of(1, 2), [1, 2]],
    ['a Buffer', Buffer.of(3), [3]],
    ['a part of an array', new Uint8Array([1, 2, 3]).subarray(1, 2), [2]],
    ['none', new Uint8Array(0), []],
    ['many', new Uint8Array(5000).fill(7), new Array(5000).fill(7)],
    ['a Value', decode(bytes, Uint8Array.of(4)), [4]],
    ['a Key', Key.of(1), [0x15, 1]],
    ['the sink of a view', sinkOf(view) as never, [1, 0, 1, 0, 7]],
  ])('%s', (_, given, expected) => {
    expect([...decode(bytes, encode(bytes, given)).toBuffer()]).toEqual(expected);
  });

  test('a shared Value is copied into the writer, never handed on', () => {
    const value = decode(bytes, new Uint8Array(100_000));
    const from = writer.position;
    expect(bytes.write(value, writer)).toBe(undefined);
    expect(writer.position - from).toBe(100_000);
    writer.position = from;
  });

  test('anything else is refused', () => {
    for (const wrong of ['ab', [1], new Uint16Array(1), new DataView(new ArrayBuffer(1)), null, {}, view]) {
      expect(thrown(() => encode(bytes, wrong as never)).code).toBe('ERR_INVALID_ARG_TYPE');
    }
  });
});

describe('a Value', () => {
  const lent = (options?: Parameters<typeof lend>[1]) => {
    const shared = lend(Uint8Array.of(1, 2, 3), options);
    return { ...shared, value: bytes.view(shared.lease, shared.at) };
  };

  test('reads where its bytes lie', () => {
    const { value, counters } = lent();
    expect([value.byteLength, value.byteAt(0), value.byteAt(2), value.state]).toEqual([3, 1, 3, 'shared']);
    expect([value.byteAt(3), value.byteAt(-1), value.byteAt(0.5), value.byteAt(Number.NaN)]).toEqual(
      new Array(4).fill(undefined),
    );
    expect([value.equals(Buffer.of(1, 2, 3)), value.equals(lent().value), value.equals(Buffer.of(1, 2))]).toEqual([
      true,
      true,
      false,
    ]);
    expect([value.compare(Buffer.of(1, 3)), value.compare(Buffer.of(1, 2)), value.compare(Buffer.of())]).toEqual([
      -1, 1, 1,
    ]);
    expect(value.toJSON()).toBe('010203');
    expect(inspect(value)).toBe('Value(3) <010203>');
    expect(inspect(decode(bytes, new Uint8Array(100)))).toBe(`Value(100) <${'00'.repeat(32)}…>`);
    expect(counters.bytesCopied).toBe(0);
  });

  test('an index that is no number does not read another byte', () => {
    const { value } = lent();
    for (const wrong of ['0', { valueOf: () => 0 }, 0n, null]) {
      expect(thrown(() => value.byteAt(wrong as never)).code).toBe('ERR_INVALID_ARG_TYPE');
    }
  });

  test('gives private copies', () => {
    const { value } = lent();
    const copy = value.toBuffer();
    value.toBuffer().fill(9);
    expect(value.byteAt(0)).toBe(1);
    expect(copy).toEqual(Buffer.of(1, 2, 3));
    const { value: copied } = lent({ state: 'copied' });
    copied.asBuffer().fill(9);
    expect(copied.byteAt(0)).toBe(1);
  });

  test('keep moves it once', () => {
    const { value, lease, counters } = lent();
    expect(value.keep()).toBe(value);
    expect(value.keep()).toBe(value);
    expect([counters.rowsMoved, counters.bytesCopied, value.state]).toEqual([1, 3, 'copied']);
    lease.expire();
    expect(value.toBuffer()).toEqual(Buffer.of(1, 2, 3));
  });

  test('throws once it has expired', () => {
    const { value, lease } = lent();
    lease.expire();
    const other = Buffer.of(1);
    const calls = [
      ...[() => value.byteLength, () => value.byteAt(0), () => value.equals(other), () => value.compare(other)],
      ...[() => value.hash(), () => value.toBuffer(), () => value.asBuffer(), () => value.keep(), () => value.toJSON()],
      ...[() => encode(bytes, value)],
    ];
    for (const call of calls) expect(thrown(call).code).toBe('ERR_LEASE_EXPIRED');
    expect([value.state, inspect(value)]).toEqual(['expired', 'Value <expired>']);
  });
});

// Vectors of MurmurHash3_x86_32, seed 0, from the reference implementation's users.
test.each<[string, number]>([
  ['', 0],
  ['a', 0x3c2569b2],
  ['abc', 0xb3dd93fa],
  ['hello', 0x248bfa47],
  ['hello, world', 0x149bbb7f],
  ['The quick brown fox jumps over the lazy dog', 0x2e4ff723],
])('hash of %j', (text, expected) => {
  const stored = Buffer.from(text);
  expect(decode(bytes, stored).hash()).toBe(expected);
  expect(decode(bytes, stored).hash()).toBe(hashBytes(stored, 0, stored.length));
});

describe('utf8', () => {
  test.each([
    '',
    'a',
    'Zürich',
    '\0',
    '\ufffd',
    '\ufeffbom',
    '😀',
    'x'.repeat(24),
    'x'.repeat(25),
    'é'.repeat(9000),
    '東京',
  ])('%j', (text) => {
    const stored = encode(utf8, text);
    expect(stored).toEqual(new Uint8Array(Buffer.from(text)));
    expect(decode(utf8, stored)).toBe(text);
  });

  test('what is no text, or not well-formed', () => {
    for (const wrong of [1, null, undefined, new String('x'), Buffer.of(1)]) {
      expect(thrown(() => encode(utf8, wrong as never)).code).toBe('ERR_INVALID_ARG_TYPE');
    }
    for (const wrong of ['\ud800', 'a\udc00b', `${'x'.repeat(5000)}\ud83d`, '\ude00\ud83d']) {
      expect(thrown(() => encode(utf8, wrong)).code).toBe('ERR_INVALID_ARG_VALUE');
    }
    expect(writer.position).toBe(0);
  });

  test('decodes exactly what a fatal TextDecoder does', () => {
    const seed = 20_261_122;
    const next = random(seed);
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const edges = [
      0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf4,
      0xf5, 0xff,
    ];
    let valid = 0;
    for (let run = 0; run < 60_000; run++) {
      const lead = next(3) === 0 ? 'é\ufffd€😀'.repeat(next(12)) : '';
      const tail = Uint8Array.from({ length: next(6) }, () => edges[next(edges.length)] as number);
      const stored = new Uint8Array(Buffer.concat([Buffer.from(lead), tail]));
      let expected: string | undefined;
      try {
        expected = decoder.decode(stored);
        valid++;
      } catch {}
      let found: string | undefined;
      try {
        found = decode(utf8, stored);
      } catch (error) {
        expect((error as { code?: string }).code).toBe('ERR_CODEC');
      }
      if (found !== expected) expect.fail(`seed ${seed}, run ${run}: ${Buffer.from(stored).toString('hex')}`);
    }
    expect(valid).toBeGreaterThan(5_000);
  });
});

describe('json', () => {
  test.each([null, true, 1.5, 'é\ud800', [1, [2]], { a: { b: [] } }].map((value) => [value]))('%j', (value) => {
    expect(decode(json, encode(json, value))).toEqual(value);
  });

  test('what JSON cannot hold', () => {
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    for (const wrong of [undefined, () => {}, Symbol('x'), 1n, { a: 1n }, cyclic]) {
      const error = thrown(() => encode(json, wrong));
      expect([error.code, error instanceof TypeError]).toEqual(['ERR_INVALID_ARG_TYPE', true]);
    }
  });

  test('an error of a toJSON passes on; what it writes meanwhile does no harm', () => {
    const failing = {
      toJSON() {
        throw new Error('mine');
      },
    };
    expect(() => encode(json, failing)).toThrow('mine');
    const nesting = { toJSON: () => Buffer.from(encode(json, 'x'.repeat(200_000))).length };
    expect(decode(json, encode(json, [nesting]))).toEqual([200_002]);
  });

  test('stored text that is no JSON', () => {
    for (const stored of ['{', '', 'undefined']) {
      const error = thrown(() => decode(json, Buffer.from(stored)));
      expect([error.code, error.cause instanceof SyntaxError]).toEqual(['ERR_CODEC', true]);
    }
    expect(thrown(() => decode(json, Buffer.of(0x22, 0xff, 0x22))).code).toBe('ERR_CODEC');
  });
});

describe('a codec of a user', () => {
  const seen: unknown[] = [];
  const upper = {
    name: 'upper',
    encode: (value: string) => Buffer.from(value.toUpperCase()),
    decode(given: Uint8Array) {
      seen.push(given);
      return Buffer.from(given).toString();
    },
  };

  test('encodes, and decodes from a private copy', () => {
    const codec = toValueCodec<string, string>(upper);
    const { lease, at } = lend(encode(codec, 'abc'));
    expect(codec.view(lease, at)).toBe('ABC');
    const copy = seen.at(-1) as Uint8Array;
    expect([copy instanceof Uint8Array, copy.byteOffset, copy.buffer.byteLength]).toEqual([true, 0, 3]);
    copy.fill(0);
    expect(codec.view(lease, at)).toBe('ABC');
  });

  test('decodes from a Value if it is lazy', () => {
    const lazy = toValueCodec({
      name: 'first',
      lazy: true as const,
      encode: upper.encode,
      decode: (value: Value) => value,
    });
    const value = decode(lazy, encode(lazy, 'abc'));
    expect([value instanceof Value, value.state, value.byteAt(0)]).toEqual([true, 'shared', 65]);
  });

  test('is itself `this`, and the same codec each time', () => {
    class Counting {
      name = 'counting';
      count = 0;
      encode(value: number) {
        this.count++;
        return Uint8Array.of(value);
      }
      decode(given: Uint8Array) {
        this.count++;
        return given[0] as number;
      }
    }
    const given = new Counting();
    const codec = toValueCodec<number, number>(given);
    expect(decode(codec, encode(codec, 5))).toBe(5);
    expect(given.count).toBe(2);
    expect(toValueCodec(given)).toBe(codec);
    for (const own of [bytes, utf8, json, codec]) expect(toValueCodec(own as never)).toBe(own);
  });

  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'ERR_INVALID_ARG_TYPE'],
    ['a function', () => {}, 'ERR_INVALID_ARG_TYPE'],
    ['no name', { ...upper, name: undefined }, 'ERR_INVALID_ARG_TYPE'],
    ['an empty name', { ...upper, name: '' }, 'ERR_INVALID_ARG_VALUE'],
    ['no encode', { ...upper, encode: 1 }, 'ERR_INVALID_ARG_TYPE'],
    ['no decode', { ...upper, decode: undefined }, 'ERR_INVALID_ARG_TYPE'],
    ['lazy of the wrong type', { ...upper, lazy: 1 }, 'ERR_INVALID_ARG_TYPE'],
    ['a property that does not exist', { ...upper, lasy: true }, 'ERR_INVALID_ARG_VALUE'],
    ['a copy of one of ours', { ...bytes }, 'ERR_INVALID_ARG_TYPE'],
  ])('is refused: %s', (_, given, code) => {
    expect(thrown(() => toValueCodec(given as never)).code).toBe(code);
  });

  test('must give bytes; what it throws on decoding is ERR_CODEC with the cause', () => {
    const bad = (encoded: unknown): CustomCodec<unknown, unknown> => ({
      name: 'bad',
      encode: () => encoded as Uint8Array,
      decode() {
        throw new RangeError('mine');
      },
    });
    for (const wrong of ['x', undefined, [1], new Uint16Array(1)]) {
      expect(thrown(() => encode(toValueCodec(bad(wrong)), 1)).code).toBe('ERR_INVALID_ARG_TYPE');
    }
    const error = thrown(() => decode(toValueCodec(bad(undefined)), new Uint8Array(1)));
    expect([error.code, error.cause instanceof RangeError]).toEqual(['ERR_CODEC', true]);
  });

  test('reads its own values only', () => {
    const codec = toValueCodec<string, string>(upper);
    codec.accept(JSON.parse(JSON.stringify(codec.description)));
    for (const other of [{ custom: 'lower' }, 'upper', 'json', null, undefined]) {
      expect(thrown(() => codec.accept(other)).code).toBe('ERR_CODEC');
    }
    utf8.accept('utf8');
    expect(thrown(() => utf8.accept('bytes')).code).toBe('ERR_CODEC');
    for (const own of [bytes, utf8, json]) expect(rememberedValueCodec(own.description)).toBe(own);
  });
});

test('patched prototypes are never handed a window', () => {
  const City = struct({ name: t.utf8, note: t.utf8, raw: t.bytes, f: t.f64, n: t.u32 });
  const given = { name: 'Paris', note: 'é'.repeat(100), raw: new Uint8Array(200), f: 1.5, n: 7 };
  const { lease, at } = lend(encode(City, given));
  const view = City.view(lease, at);
  const windows: unknown[] = [];
  const undo: (() => void)[] = [];
  const watch = (holder: object, name: string): void => {
    const original = Object.getOwnPropertyDescriptor(holder, name) as PropertyDescriptor;
    const spy = function (this: unknown, ...args: unknown[]): unknown {
      for (const value of [this, ...args]) {
        if (ArrayBuffer.isView(value) && value.buffer === lease.values.buffer) windows.push(name);
      }
      return Reflect.apply(original.value, this, args);
    };
    Object.defineProperty(holder, name, { ...original, value: spy });
    undo.push(() => Object.defineProperty(holder, name, original));
  };
  const arrays = Object.getPrototypeOf(Uint8Array.prototype) as object;
  for (const name of ['subarray', 'slice', 'set', 'fill', 'at']) watch(arrays, name);
  for (const name of ['utf8Slice', 'latin1Slice', 'hexSlice', 'toString', 'compare', 'copy'])
    watch(Buffer.prototype, name);
  for (const name of ['getUint8', 'getUint32', 'getFloat64']) watch(DataView.prototype, name);
  watch(TextDecoder.prototype, 'decode');
  watch(String, 'fromCharCode');
  try {
    view.toObject();
    view.toJSON();
    const key = Key.fromBytes(sinkOf(view).toBuffer());
    sinkOf(view).compare(key);
    view.raw.hash();
    encode(City, view);
    sinkOf(view).keep();
  } finally {
    for (const restore of undo) restore();
  }
  expect(windows).toEqual([]);
});
