import { describe, expect } from 'vitest';
import { bytes, Key, Value } from '../../lib/index.ts';
import { LeaseSource } from '../../lib/lease/sources/lease-source.ts';
import { collectionOf, thrown } from '../support/fixture.ts';
import { lendingTest as test } from '../support/lending.ts';
import { sinkAddon, sourceAddon } from './addons.ts';

const sink = await sinkAddon();
const source = await sourceAddon();

/** A Value that a read transaction lends, and its end. */
function shared(): { value: Value; end: () => void } {
  const { env, items } = collectionOf({ key: bytes, value: bytes });
  items.put(Buffer.from('key'), Buffer.from('value'));
  const txn = env.read();
  return { value: items.get(Buffer.from('key'), txn) as Value, end: () => txn.end() };
}

describe('an addon compiled with a header', () => {
  const otherAbi = (header: string): string => header.replace('#define LEASEHOLD_ABI 1u', '#define LEASEHOLD_ABI 7u');
  const otherMagic = (header: string): string =>
    header.replace('#define LEASEHOLD_MAGIC 0x6c656173u', '#define LEASEHOLD_MAGIC 0x12345678u');

  test('of another version cannot borrow: the message names both', async () => {
    const { value, end } = shared();
    const other = await sinkAddon(otherAbi);
    const error = thrown(() => other.borrow(value));
    expect(error.code).toBe('ERR_NOT_LEASEHOLD_SOURCE');
    expect(error.message).toMatch(/version 1 .* version 7/);
    end();
  });

  test('of another version cannot lend: the message names both', async () => {
    const other = await sourceAddon(otherAbi);
    const block = other.lend(Buffer.from('bytes'));
    const error = thrown(() => Value.from(block, 0, 1));
    expect(error).toMatchObject({ name: 'LeaseholdError', code: 'ERR_NOT_LEASEHOLD_SOURCE' });
    expect(error.message).toMatch(/version 7 .* version 1/);
    other.end(block);
  });

  test('of another magic number can neither borrow nor lend: the message names both', async () => {
    const { value, end } = shared();
    const otherSink = await sinkAddon(otherMagic);
    const both = /0x6c656173.*0x12345678.*versions 1 and 1|0x12345678.*0x6c656173.*versions 1 and 1/;
    expect(thrown(() => otherSink.borrow(value))).toMatchObject({ code: 'ERR_NOT_LEASEHOLD_SOURCE' });
    expect(thrown(() => otherSink.borrow(value)).message).toMatch(both);
    const otherSource = await sourceAddon(otherMagic);
    const block = otherSource.lend(Buffer.from('bytes'));
    expect(thrown(() => Key.from(block, 0, 1))).toMatchObject({ code: 'ERR_NOT_LEASEHOLD_SOURCE' });
    expect(thrown(() => Key.from(block, 0, 1)).message).toMatch(both);
    otherSource.end(block);
    end();
  });
});

test.each([
  ['an object', {}],
  ['an array', []],
  ['a Map', new Map()],
  ['a Buffer', Buffer.from('bytes')],
  ['an ArrayBuffer', new ArrayBuffer(8)],
  ['a Value', Value.from(new LeaseSource(new ArrayBuffer(8)), 0, 8)],
  ['what inherits from a source', Object.create(new LeaseSource(new ArrayBuffer(8)))],
  ['a Proxy of a source', new Proxy(new LeaseSource(new ArrayBuffer(8)), {})],
  ["another addon's sink", sink.borrow(Buffer.from('bytes'))],
])('%s is no source', (_, object) => {
  for (const from of [Key.from, Value.from]) {
    const error = thrown(() => from(object, 0, 1));
    expect(error).toMatchObject({ name: 'LeaseholdError', code: 'ERR_NOT_LEASEHOLD_SOURCE' });
  }
  expect(thrown(() => source.end(object)).code).toBe('ERR_NOT_LEASEHOLD_SOURCE');
});

test.each([undefined, null, 1, 'x', true, Symbol('s'), 5n])('%s is no source either', (value) => {
  expect(thrown(() => Value.from(value as never, 0, 1))).toMatchObject({
    name: 'TypeError',
    code: 'ERR_INVALID_ARG_TYPE',
  });
});

test.each([undefined, null, 1, 'x', {}, [], new LeaseSource(new ArrayBuffer(8)), new Uint32Array(2)])(
  '%s is nothing to borrow from',
  (value) => {
    expect(thrown(() => sink.borrow(value)).code).toBe('ERR_INVALID_ARG_TYPE');
  },
);

test('an addon ends its own sources only', () => {
  const lent = new LeaseSource(new ArrayBuffer(8));
  const value = Value.from(lent, 0, 8);
  expect(thrown(() => source.end(lent)).code).toBe('ERR_INVALID_ARG_TYPE');
  expect(value.state).toBe('shared');
});

describe('bytes that were not lent', () => {
  const offsets: [number, number][] = [
    [0, 6],
    [5, 1],
    [6, 0],
    [2 ** 32, 0],
    [2 ** 53 - 1, 1],
    [0, 2 ** 53 - 1],
  ];
  const sources: [string, () => object][] = [
    ["another addon's source", () => source.lend(Buffer.from('bytes'))],
    ['a LeaseSource', () => new LeaseSource(new ArrayBuffer(5))],
  ];

  test.each(sources)('of %s are refused', (_, make) => {
    const object = make();
    for (const [offset, length] of offsets) {
      expect(thrown(() => Value.from(object, offset, length))).toMatchObject({
        name: 'RangeError',
        code: 'ERR_OUT_OF_RANGE',
      });
    }
    for (const wrong of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(thrown(() => Value.from(object, wrong, 0)).code).toBe('ERR_OUT_OF_RANGE');
      expect(thrown(() => Value.from(object, 0, wrong)).code).toBe('ERR_OUT_OF_RANGE');
    }
    expect(thrown(() => Value.from(object, '0' as never, 0)).code).toBe('ERR_INVALID_ARG_TYPE');
    expect(Value.from(object, 5, 0).byteLength).toBe(0);
    expect(Value.from(object, 0, 5).byteLength).toBe(5);
  });
});

describe('what JavaScript can do with the objects that tell addons of bytes', () => {
  const resolvers = (globalThis as unknown as Record<string, ((sink: unknown) => object | undefined)[]>)[
    'leasehold:resolvers'
  ] as ((sink: unknown) => object | undefined)[];
  const [resolve] = resolvers as [(sink: unknown) => object | undefined];

  test('they show nothing', () => {
    const { value, end } = shared();
    const told = resolve(value) as object;
    expect(Reflect.ownKeys(told)).toEqual([]);
    expect(Object.getPrototypeOf(told)).toBe(Object.prototype);
    end();
  });

  test('one that was held back over the end of its source has expired', async () => {
    const { value, end } = shared();
    const told = resolve(value) as object;
    end();
    value.toBuffer();
    const block = source.lend(Buffer.from('bytes'));
    const toldOfBlock = resolve(Value.from(block, 0, 5)) as object;
    source.end(block);
    resolvers.unshift(() => toldOfBlock);
    expect(thrown(() => sink.borrow(value)).code).toBe('ERR_LEASE_EXPIRED');
    resolvers[0] = () => told;
    // The transaction still drains, so the bytes that it lent are there. They are given once.
    expect(sink.count(sink.borrow(value), 'v'.charCodeAt(0))).toBe(1);
    expect(thrown(() => sink.borrow(value)).code).toBe('ERR_LEASE_EXPIRED');
    resolvers.shift();
  });

  test.each([
    ['throws', () => expect.fail('thrown')],
    ['gives something else', () => ({})],
    ['gives nothing', () => undefined],
  ])('a resolver that %s does no harm', (_, stranger) => {
    const { value, end } = shared();
    resolvers.unshift(stranger as never);
    try {
      const counter = sink.borrow(value);
      expect(sink.state(counter)).toBe('shared');
    } catch (error) {
      expect((error as Error).message).toContain('thrown');
    }
    resolvers.shift();
    end();
  });
});
