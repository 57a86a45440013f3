import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect, expectTypeOf, test } from 'vitest';
import { exportRecords, hashJoin, importRecords, mergeJoin, struct, t, uint32 } from '../../../lib/index.ts';
import { rememberedValueCodec } from '../../../lib/key/remembered.ts';
import { registerType } from '../../../lib/value/struct/known-types.ts';
import { codeOf, openAt, openTemporary, temporaryFolder, thrown } from '../../support/fixture.ts';
import { cents } from './cents-type.ts';

const Item = struct({
  id: t.u32,
  price: cents,
  discount: t.optional(cents),
  history: t.list(cents),
  parts: t.list(t.optional(cents)),
});
const first = { id: 1, price: '12.34', discount: '0.05', history: ['1.00', '2.50'], parts: ['3.00', undefined] };
const second = { id: 2, price: '0.99', history: [], parts: [] };

function shop() {
  const env = openTemporary();
  const items = env.collection('items', { key: uint32, value: Item });
  items.put(1, first);
  items.put(2, second);
  return { env, items };
}

test('a field type of one file is written and read, required, optional and in lists', () => {
  const { items } = shop();
  expectTypeOf(items.get(1)?.price).toEqualTypeOf<string | undefined>();
  expect(items.get(1)?.toObject()).toEqual(first);
  expect(items.get(2)?.toObject()).toEqual(second);
  expect(JSON.parse(JSON.stringify(items.get(2)))).toEqual(second);
  expect(inspect(items.get(2))).toContain("price: '0.99'");
  const cheap = items.range().filter(({ value }) => value.price < '1');
  expect(cheap.map(({ key }) => key).toArray()).toEqual([2]);
  const error = thrown(() => items.put(3, { ...first, history: ['1'] }));
  expect([error.code, error.path]).toEqual(['ERR_INVALID_ARG_TYPE', 'history[0]']);
});

test('a record that was written without it reads as its zero', () => {
  const folder = temporaryFolder();
  const env = openAt(folder);
  env.collection('items', { key: uint32, value: struct({ id: t.u32 }) }).put(1, { id: 1 });
  env.close();
  const Grown = struct({ id: t.u32, price: cents, discount: t.optional(cents) });
  const after = openAt(folder).collection('items', { key: uint32, value: Grown });
  expect(after.get(1)?.toObject()).toEqual({ id: 1, price: '0.00' });
});

test.each([
  ['hashJoin', hashJoin],
  ['mergeJoin', mergeJoin],
] as const)('%s joins on it by its native number', (_, joinRanges) => {
  const { env, items } = shop();
  const Offer = struct({ price: cents, name: t.utf8 });
  const offers = env.collection('offers', { key: uint32, value: Offer });
  offers.put(7, { price: '0.99', name: 'cheap' });
  const pairs = joinRanges({
    build: { range: offers.range(), on: { field: 'price' } },
    probe: { range: items.range({ gte: 2 }), on: { field: 'price' } },
  });
  expect(pairs.map(({ build, probe }) => [build.value.name, probe.key]).toArray()).toEqual([['cheap', 2]]);
});

test.each(['ndjson', 'json', 'csv', 'tsv'] as const)('it goes through %s and back', async (format) => {
  const { env, items } = shop();
  const file = join(temporaryFolder(), `items.${format}`);
  await exportRecords(items.range(), file, { format, key: 'id' });
  expect(readFileSync(file, 'utf8')).toContain('12.34');
  const copy = env.collection('copy', { key: uint32, value: Item });
  await importRecords(copy, file, { format, key: 'id' });
  expect(
    copy
      .range()
      .map(({ value }) => value.toObject())
      .toArray(),
  ).toEqual([first, second]);
});

test('a field that is none of its kind is named by the line', async () => {
  const { env } = shop();
  const file = join(temporaryFolder(), 'bad.csv');
  writeFileSync(file, 'id,price\n1,12.34\n2,12\n');
  const prices = env.collection('prices', { key: uint32, value: struct({ id: t.u32, price: cents }) });
  const error = await importRecords(prices, file, { key: 'id' }).catch((reason: Error) => reason);
  expect((error as Error).message).toMatch(/line 3: price must be an amount, as 12\.34, not 12/);
});

test('the database remembers it, and a program that has it needs no codec to read', () => {
  const folder = temporaryFolder();
  const env = openAt(folder);
  env.collection('items', { key: uint32, value: Item }).put(1, first);
  env.close();
  const again = openAt(folder);
  const items = again.collection('items');
  expect((items.get(1) as { price: string }).price).toBe('12.34');
  const wrong = { value: struct({ id: t.u32, price: t.u32 }) };
  again.close();
  const third = openAt(folder);
  expect(thrown(() => third.collection('items', wrong)).message).toMatch(
    /'price' \(field 2\) is test-cents in the database/,
  );
  expect(rememberedValueCodec({ struct: [['a', { list: { optional: 'test-cents' } }]] })).toBeDefined();
  expect(rememberedValueCodec({ struct: [['a', 'test-unknown']] })).toBeUndefined();
});

test('no two types have one name', () => {
  expect(codeOf(() => registerType('u8', cents))).toBe('ERR_INVALID_ARG_VALUE');
});
