import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { Key } from '../../lib/key/key.ts';
import type { KeyPart } from '../../lib/key/part.ts';
import { tuple } from '../../lib/key/tuple.ts';
import { Value } from '../../lib/value/value.ts';
import { encode, lend, thrown } from '../support/sinks.ts';

const PARTS: KeyPart[] = ['FR', 'Paris', 2988507, null, Uint8Array.of(1, 2, 3), ['a', 1, null]];

function shared(parts: KeyPart[] = PARTS, options?: Parameters<typeof lend>[1]) {
  const lent = lend(encode(tuple, parts), options);
  return { ...lent, key: tuple.view(lent.lease, lent.at) };
}

describe('a Key that is shared and one made in JavaScript', () => {
  const { key } = shared();
  const made = Key.of(...PARTS);

  test('are the same but for their state', () => {
    expect(key.equals(made)).toBe(true);
    expect(made.equals(key)).toBe(true);
    expect(key.compare(made)).toBe(0);
    expect(key.hash()).toBe(made.hash());
    expect(key.toHex()).toBe(made.toHex());
    expect(inspect(key)).toBe(inspect(made));
    expect(JSON.stringify(key)).toBe(JSON.stringify(made));
    expect([...key].map(String)).toEqual([...made].map(String));
    expect([key.state, made.state]).toEqual(['shared', 'private']);
  });

  test('compare with Keys, Values and Uint8Arrays by their bytes', () => {
    expect(key.equals(made.toBuffer())).toBe(true);
    expect(key.compare(Key.of('FR'))).toBe(1);
    expect(key.compare(Key.of('FS'))).toBe(-1);
    expect(Key.of('a').equals(Key.of(Key.of('a').toBuffer()).at(0))).toBe(true);
    expect(thrown(() => key.equals('FR' as never)).code).toBe('ERR_INVALID_ARG_TYPE');
  });
});

describe('elements', () => {
  const { key, counters } = shared();

  test('are counted, iterated and read each by its index', () => {
    expect(key.length).toBe(6);
    expect([key.at(0), key.at(1), key.at(2), key.at(3)]).toEqual(['FR', 'Paris', 2988507, null]);
    expect([key.at(6), key.at(-1), key.at(0.5), key.at(Number.NaN)]).toEqual(new Array(4).fill(undefined));
    expect([...key].slice(0, 4)).toEqual(['FR', 'Paris', 2988507, null]);
    expect(thrown(() => key.at('0' as never)).code).toBe('ERR_INVALID_ARG_TYPE');
    const iterator = key[Symbol.iterator]();
    for (const _ of iterator);
    expect(iterator.next()).toEqual({ done: true, value: undefined });
  });

  test('bytes are a Value and nested tuples a Key where they lie; rewritten ones are private', () => {
    const bytes = key.at(4) as Value;
    expect(bytes).toBeInstanceOf(Value);
    expect([bytes.state, bytes.toBuffer()]).toEqual(['shared', Buffer.of(1, 2, 3)]);
    expect((Key.of(Uint8Array.of(1, 0, 2)).at(0) as Value).toBuffer()).toEqual(Buffer.of(1, 0, 2));

    const nested = key.at(5) as Key;
    expect(nested.equals(Key.of('a', 1, null))).toBe(true);
    expect(nested.state).toBe('private');
    const flat = shared([['a', [null, 'b']], 1]).key.at(0) as Key;
    expect([flat.state, flat.equals(Key.of('a', [null, 'b']))]).toEqual(['shared', true]);
    expect((flat.at(1) as Key).toArray()).toEqual([null, 'b']);
  });

  test('toArray and toJSON copy them out', () => {
    expect(key.toArray()).toEqual(['FR', 'Paris', 2988507, null, Uint8Array.of(1, 2, 3), ['a', 1, null]]);
    expect(key.toJSON()).toEqual(['FR', 'Paris', 2988507, null, '010203', ['a', 1, null]]);
    expect(Key.of(2n ** 60n, 7n).toJSON()).toEqual([String(2n ** 60n), 7]);
  });

  test('reading them moved nothing', () => {
    expect(counters.bytesCopied).toBe(0);
  });
});

describe('slice', () => {
  const { key } = shared();
  test.each<[number | undefined, number | undefined]>([
    [undefined, undefined],
    [0, 2],
    [1, 3],
    [2, undefined],
    [-2, undefined],
    [1, -1],
    [4, 2],
    [-100, 100],
    [7, 9],
    [0.5, 1.9],
    [-1.5, Number.NaN],
  ])('(%s, %s) is what Array.prototype.slice gives', (from, to) => {
    expect(key.slice(from, to).toHex()).toBe(Key.of(...PARTS.slice(from, to)).toHex());
  });

  test('shares the memory, and slices again', () => {
    const part = key.slice(1, 5).slice(1, 3);
    expect(part.state).toBe('shared');
    expect(part.toArray()).toEqual([2988507, null]);
    expect(part.hash()).toBe(Key.of(2988507, null).hash());
  });
});

describe('prefixes', () => {
  test.each<[KeyPart[], KeyPart[], boolean]>([
    [['FR', 'Paris'], ['FR'], true],
    [['FR', 'Paris'], ['FR', 'Paris'], true],
    [['FR', 'Paris'], [], true],
    [['FR'], ['FR', 'Paris'], false],
    [['FR\0x'], ['FR'], false],
    [['FRA'], ['FR'], false],
    [[1, 2], [1], true],
    [[256], [1], false],
    [[[null, 1]], [[null]], false],
    [[Uint8Array.of(255, 255), 1], [Uint8Array.of(255, 255)], true],
  ])('%j starts with %j: %s', (parts, prefix, expected) => {
    const { key } = shared(parts);
    expect(key.startsWith(prefix)).toBe(expected);
    expect(key.startsWith(Key.of(...prefix))).toBe(expected);
  });

  test('prefixEnd is above every key with the prefix, and below the next', () => {
    for (const parts of [['FR'], [255], [Uint8Array.of(255)], [null]] as KeyPart[][]) {
      const end = Key.of(...parts).prefixEnd();
      expect(end.compare(Key.of(...parts))).toBe(1);
      for (const last of [true, [], 'z', 2n ** 2000n]) expect(end.compare(Key.of(...parts, last))).toBe(1);
    }
    expect(Key.of('FR').prefixEnd().compare(Key.of('FS'))).toBe(-1);
    expect(Key.of(255).prefixEnd().compare(Key.of(256))).toBe(-1);
    expect(inspect(Key.of('FR').prefixEnd())).toContain('Key <');
  });

  test('what is no prefix is refused', () => {
    for (const wrong of ['FR', null, {}, new Uint8Array(1)]) {
      expect(thrown(() => Key.of('FR').startsWith(wrong as never)).code).toBe('ERR_INVALID_ARG_TYPE');
    }
  });
});

describe('made from bytes', () => {
  test('it copies them', () => {
    const bytes = Key.of('a').toBuffer();
    const key = Key.fromBytes(bytes);
    bytes.fill(0);
    expect(key.at(0)).toBe('a');
  });

  test('hexadecimal goes both ways', () => {
    expect(
      Key.fromHex(
        Key.of(...PARTS)
          .toHex()
          .toUpperCase(),
      ).toArray(),
    ).toEqual(Key.of(...PARTS).toArray());
    for (const wrong of ['0', 'zz', '0x15', '15 '])
      expect(thrown(() => Key.fromHex(wrong)).code).toBe('ERR_INVALID_ARG_VALUE');
    expect(thrown(() => Key.fromHex(15 as never)).code).toBe('ERR_INVALID_ARG_TYPE');
    expect(thrown(() => Key.fromBytes([1] as never)).code).toBe('ERR_INVALID_ARG_TYPE');
  });
});

describe('keep', () => {
  test('moves a shared Key, or a part of one, to the heap', () => {
    const { key, lease, counters } = shared();
    const part = key.slice(0, 2);
    expect(part.keep()).toBe(part);
    expect(counters.bytesCopied).toBe(Key.of('FR', 'Paris').byteLength);
    lease.expire();
    expect([part.state, part.toArray()]).toEqual(['copied', ['FR', 'Paris']]);
    expect(key.state).toBe('expired');
    expect(thrown(() => key.keep()).code).toBe('ERR_LEASE_EXPIRED');
  });

  test('leaves a private or copied Key as it is', () => {
    const made = Key.of(1);
    expect(made.keep()).toBe(made);
    const { key, counters } = shared(PARTS, { state: 'copied' });
    expect(key.keep()).toBe(key);
    expect(counters.rowsMoved).toBe(0);
  });

  test.each(['shared', 'copied', 'private'] as const)('gives a new private Key in a scan that is %s', (state) => {
    const { key, lease } = shared(PARTS, { reaimed: true, state });
    const kept = key.keep();
    expect(kept).not.toBe(key);
    lease.expire();
    expect([kept.state, kept.toArray()]).toEqual(['private', Key.of(...PARTS).toArray()]);
  });
});

describe('in a scan', () => {
  test('a part of one row expires with the next, and does not read its bytes', () => {
    const { key, lease } = shared(PARTS, { reaimed: true });
    const parts = [key.slice(0, 1), key.at(4) as Value];
    const kept = key.slice(0, 1).keep();
    expect(parts.map((part) => part.state)).toEqual(['shared', 'shared']);
    lease.turn++;
    for (const part of parts) {
      expect(part.state).toBe('expired');
      expect(thrown(() => part.byteAt(0)).code).toBe('ERR_LEASE_EXPIRED');
      expect(thrown(() => part.keep()).code).toBe('ERR_LEASE_EXPIRED');
      expect(inspect(part)).toContain('expired');
    }
    expect(key.at(0)).toBe('FR');
    expect(kept.at(0)).toBe('FR');
  });
});

describe('an expired Key', () => {
  const { key, lease } = shared();
  const iterator = key[Symbol.iterator]();
  const calls: [string, () => unknown][] = [
    ['length', () => key.length],
    ['at', () => key.at(0)],
    ['at, past the end', () => key.at(9)],
    ['iteration', () => [...key]],
    ['an iterator under way', () => iterator.next()],
    ['slice', () => key.slice(0, 1)],
    ['startsWith', () => key.startsWith(['FR'])],
    ['startsWith of another', () => Key.of('FR').startsWith(key)],
    ['toArray', () => key.toArray()],
    ['toJSON', () => key.toJSON()],
    ['toHex', () => key.toHex()],
    ['prefixEnd', () => key.prefixEnd()],
    ['byteLength', () => key.byteLength],
    ['byteAt', () => key.byteAt(0)],
    ['equals', () => key.equals(Key.of(1))],
    ['compare of another', () => Key.of(1).compare(key)],
    ['hash', () => key.hash()],
    ['toBuffer', () => key.toBuffer()],
    ['asBuffer', () => key.asBuffer()],
    ['keep', () => key.keep()],
    ['a write of it', () => encode(tuple, key)],
    ['Key.of', () => Key.of(key)],
  ];
  iterator.next();
  lease.expire();

  test.each(calls)('%s throws', (_, call) => {
    expect(thrown(call).code).toBe('ERR_LEASE_EXPIRED');
  });

  test('can be inspected', () => {
    expect(key.state).toBe('expired');
    expect(inspect(key)).toBe('Key <expired>');
    expect(inspect({ deep: { down: [key] } })).toContain('Key');
  });
});
