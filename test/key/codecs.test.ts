import { expect, test } from 'vitest';
import { writer } from '../../lib/base/writer.ts';
import { Key } from '../../lib/key/key.ts';
import { keyCodecNamed, toKeyCodec } from '../../lib/key/key-codecs.ts';
import { tuple, tupleOf } from '../../lib/key/tuple.ts';
import { uint32 } from '../../lib/key/uint32.ts';
import { bytes } from '../../lib/value/bytes.ts';
import { json } from '../../lib/value/json.ts';
import { utf8 } from '../../lib/value/utf8.ts';
import { decode, encode, thrown } from '../support/sinks.ts';

test('uint32 sorts by number', () => {
  const numbers = [0, 1, 255, 256, 65_535, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
  const encoded = numbers.map((number) => encode(uint32, number));
  for (let i = 1; i < encoded.length; i++) {
    expect(Buffer.compare(encoded[i - 1] as Uint8Array, encoded[i] as Uint8Array)).toBe(-1);
  }
  expect(encoded.map((stored) => decode(uint32, stored))).toEqual(numbers);
});

test.each<[unknown, string]>([
  ['1', 'ERR_INVALID_ARG_TYPE'],
  [1n, 'ERR_INVALID_ARG_TYPE'],
  [undefined, 'ERR_INVALID_ARG_TYPE'],
  [-1, 'ERR_OUT_OF_RANGE'],
  [0.5, 'ERR_OUT_OF_RANGE'],
  [2 ** 32, 'ERR_OUT_OF_RANGE'],
  [Number.NaN, 'ERR_OUT_OF_RANGE'],
  [Number.POSITIVE_INFINITY, 'ERR_OUT_OF_RANGE'],
])('uint32 refuses %s', (given, code) => {
  expect(thrown(() => encode(uint32, given as number)).code).toBe(code);
});

test('a stored uint32 has four bytes', () => {
  for (const length of [0, 3, 5]) expect(thrown(() => decode(uint32, new Uint8Array(length))).code).toBe('ERR_CODEC');
});

test('bytes as a key codec writes any sink to the writer, however long', () => {
  const codec = toKeyCodec(bytes);
  for (const given of [new Uint8Array(5000).fill(3), decode(bytes, Uint8Array.of(1, 2)), Key.of('FR')]) {
    const from = writer.position;
    expect(codec.write(given, writer)).toBe(undefined);
    const expected = given instanceof Uint8Array ? given : given.toBuffer();
    expect(Buffer.compare(writer.bytes.subarray(from, writer.position), expected)).toBe(0);
    writer.position = from;
  }
  expect(thrown(() => encode(codec, 'x' as never)).code).toBe('ERR_INVALID_ARG_TYPE');
});

test('utf8 keys that are not UTF-8 are ERR_CODEC', () => {
  expect(decode(toKeyCodec(utf8), Buffer.from('Zürich'))).toBe('Zürich');
  expect(thrown(() => decode(toKeyCodec(utf8), Buffer.of(0xc3))).code).toBe('ERR_CODEC');
  expect(thrown(() => encode(toKeyCodec(utf8), '\ud800')).code).toBe('ERR_INVALID_ARG_VALUE');
});

test('only our own codecs may order keys', () => {
  for (const own of [tuple, uint32, utf8]) expect(toKeyCodec(own as never)).toBe(own);
  expect(tupleOf<[string]>()).toBe(tuple);
  const codec = toKeyCodec(bytes);
  expect(toKeyCodec(codec)).toBe(codec);
  for (const wrong of [undefined, null, 'tuple', {}, json, { ...tuple }, Object.create(tuple)]) {
    const error = thrown(() => toKeyCodec(wrong as never));
    expect([error.code, error instanceof TypeError]).toEqual(['ERR_INVALID_ARG_TYPE', true]);
  }
});

test('a remembered name finds its codec', () => {
  for (const codec of [tuple, uint32, utf8, toKeyCodec(bytes)]) expect(keyCodecNamed(codec.name)).toBe(codec);
  expect(keyCodecNamed('json')).toBe(undefined);
});
