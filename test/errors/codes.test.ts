import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bytes, json, type Key, LeaseholdError, open, struct, t, tuple, uint32, utf8 } from '../../lib/index.ts';
import { copyOfLibrary, runChild } from '../support/child.ts';
import { codeOf, collectionOf, openTemporary, temporaryFolder, thrown } from '../support/fixture.ts';

/** Codes that no other file of this folder, and none that mirrors a folder of lib/, provokes. */
describe('errors by code', () => {
  test('ERR_VALUE_SIZE: a value of 4 GiB', () => {
    const { env, items } = collectionOf({ key: uint32, value: bytes });
    // Nothing touches these bytes, so the system gives them no memory.
    const value = new Uint8Array(2 ** 32);
    const error = thrown(() => items.put(1, value));
    expect([error.code, error.message.includes(String(2 ** 32))]).toEqual(['ERR_VALUE_SIZE', true]);
    env.write(() => {
      items.put(2, Buffer.from('before'));
      expect(codeOf(() => items.put(1, value))).toBe('ERR_VALUE_SIZE');
    });
    expect(items.range().keys().toArray()).toEqual([2]);
  });

  test('ENOMEM: a mapSize for which there is no address space', () => {
    const path = temporaryFolder();
    const error = thrown(() => open(path, { mapSize: 2 ** 47 }));
    expect([error.code, error.path]).toEqual(['ENOMEM', path]);
    open(path).close();
  });

  test('ENOMEM: a resize for which there is no address space leaves the environment as it was', () => {
    const { env, items } = collectionOf({ key: utf8, value: utf8 }, { mapSize: 2 ** 24 });
    items.put('a', '1');
    const code = codeOf(() => env.resize(2 ** 47));
    expect(code).toBe('ENOMEM');
    if (env.isOpen) {
      expect(items.get('a')).toBe('1');
      items.put('b', '2');
      expect([items.range().keys().toArray(), env.info().mapSize]).toEqual([['a', 'b'], 2 ** 24]);
    }
  });

  test('ERR_NATIVE_LOAD: no addon for this platform, with what to do about it', () => {
    const library = copyOfLibrary();
    rmSync(join(library, 'build'), { recursive: true });
    rmSync(join(library, 'prebuilds'), { recursive: true, force: true });
    const { status, stderr } = runChild('tell(1)', null, { library });
    expect(status).not.toBe(0);
    expect(stderr).toContain('ERR_NATIVE_LOAD');
    expect(stderr).toContain('npm rebuild leasehold');
  });

  test('ERR_CODEC: a stored key that is no tuple, a struct that is cut, bytes that are no JSON', () => {
    const env = openTemporary();
    const Row = struct({ id: t.u32, name: t.utf8 });
    env.main.put(Buffer.from([0x99, 1]), Buffer.from([1, 2]));
    env.close();
    const cases: [object, (key: unknown, value: unknown) => unknown][] = [
      [{ key: tuple, value: bytes }, (key) => (key as Key).toArray()],
      [{ key: bytes, value: Row }, (_, value) => (value as { id: number }).id],
      [{ key: bytes, value: json }, (_, value) => value],
    ];
    for (const [codecs, read] of cases) {
      const again = open(env.path);
      const items = again.collection(null, codecs as never);
      const error = thrown(() => items.range().forEach((entry) => void read(entry.key, entry.value)));
      expect(error).toBeInstanceOf(LeaseholdError);
      expect(error.code).toBe('ERR_CODEC');
      again.close();
    }
  });

  test.each<[string, string, () => unknown]>([
    ['NaN as a uint32 key', 'ERR_OUT_OF_RANGE', () => collectionOf({ key: uint32 }).items.put(Number.NaN, Buffer.of())],
    ['NaN as a limit', 'ERR_OUT_OF_RANGE', () => collectionOf({}).items.range({ limit: Number.NaN })],
    ['NaN as a mapSize', 'ERR_OUT_OF_RANGE', () => open(temporaryFolder(), { mapSize: Number.NaN })],
    [
      'NaN as an i64',
      'ERR_INVALID_ARG_TYPE',
      () => collectionOf({ value: struct({ i: t.i64 }) }).items.put(Buffer.of(1), { i: Number.NaN } as never),
    ],
    [
      'NaN as a u8',
      'ERR_OUT_OF_RANGE',
      () => collectionOf({ value: struct({ n: t.u8 }) }).items.put(Buffer.of(1), { n: Number.NaN }),
    ],
  ])('%s is %s', (_, code, call) => {
    expect(codeOf(call)).toBe(code);
  });

  test('NaN as a part of a tuple is ERR_OUT_OF_RANGE, and a number in a field for numbers', () => {
    const { items } = collectionOf({ key: tuple, value: struct({ x: t.f64, y: t.optional(t.f32) }) });
    expect(codeOf(() => items.put([Number.NaN], { x: 1 }))).toBe('ERR_OUT_OF_RANGE');
    expect(codeOf(() => items.range({ gt: ['a', Number.NaN] }))).toBe('ERR_OUT_OF_RANGE');
    items.put([0], { x: Number.NaN, y: Number.NaN });
    expect(items.get([0])?.toObject()).toEqual({ x: Number.NaN, y: Number.NaN });
  });
});

describe('every error', () => {
  test('of the database is a LeaseholdError that names its code, and what to do', () => {
    const env = openTemporary();
    const error = thrown(() => env.collection('absent', { create: false }));
    expect(error).toBeInstanceOf(LeaseholdError);
    expect(error).toBeInstanceOf(Error);
    expect([error.name, error.code, error.path]).toEqual(['LeaseholdError', 'ERR_NO_COLLECTION', env.path]);
    expect(error.stack).toContain('codes.test');
  });

  test('of a type or a range is what JavaScript programs expect', () => {
    const { items } = collectionOf({ key: uint32, value: utf8 });
    const wrongType = thrown(() => items.put('1' as never, ''));
    const wrongRange = thrown(() => items.put(-1, ''));
    expect([wrongType instanceof TypeError, wrongType.code]).toEqual([true, 'ERR_INVALID_ARG_TYPE']);
    expect([wrongRange instanceof RangeError, wrongRange.code]).toEqual([true, 'ERR_OUT_OF_RANGE']);
  });

  test.each<[string, object]>([
    ['open()', { mapsize: 1 }],
    ['collection()', { codec: 1 }],
    ['range()', { from: 1 }],
    ['read()', { onend: 'copy' }],
  ])('for an option that %s does not have names it', (where, options) => {
    const { env, items } = collectionOf({ key: uint32, value: utf8 });
    const calls: Record<string, () => unknown> = {
      'open()': () => open(temporaryFolder(), options as never),
      'collection()': () => env.collection('x', options as never),
      'range()': () => items.range(options as never),
      'read()': () => env.read(options as never),
    };
    const error = thrown(calls[where] as () => unknown);
    expect(error.code).toBe('ERR_INVALID_ARG_VALUE');
    expect(error.message).toContain(`'${Object.keys(options)[0]}'`);
  });
});
