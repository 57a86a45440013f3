import { afterEach, expect, test, vi } from 'vitest';
import { temporaryFolder, thrown } from '../support/fixture.ts';
import { lends } from '../support/lending.ts';

// The JavaScript of leasehold, loaded more than once in a thread with one addon: by two chunks of a bundle, by
// `vi.resetModules()`, by hot reloading, or by a query in the import. Each copy works as if it were alone.

type Library = typeof import('../../lib/index.ts') & typeof import('../../lib/lease/sources/lease-source.ts');

/** A copy of the library that shares no module with any other. */
async function copyOfLibrary(): Promise<Library> {
  vi.resetModules();
  return { ...(await import('../../lib/index.ts')), ...(await import('../../lib/lease/sources/lease-source.ts')) };
}

const closing: { close(): void }[] = [];
afterEach(() => {
  for (const env of closing.splice(0).reverse()) env.close();
});

function openItems({ open, utf8, bytes }: Library, path: string) {
  const env = open(path, { durability: 'nosync' });
  closing.push(env);
  return { env, items: env.collection('items', { key: utf8, value: bytes }) };
}

const FIRST = Buffer.alloc(50, 1);

test('neither copy takes from the other what it encodes in, reads rows from, or is told of ends by', async () => {
  const one = await copyOfLibrary();
  const a = openItems(one, temporaryFolder());
  a.items.put('first', FIRST);
  const txn = a.env.read();
  const kept = a.items.get('first', txn);
  const rows = a.items.range({}, txn)[Symbol.iterator]();
  const source = new one.LeaseSource(new Uint8Array(100).fill(7).buffer);
  const lent = one.Value.from(source, 0, 10);

  const other = await copyOfLibrary();
  expect(other.open).not.toBe(one.open);
  const b = openItems(other, temporaryFolder());
  for (let i = 0; i < 2000; i++) b.items.put(`key ${i}`, Buffer.alloc(i));
  b.items.put('large', Buffer.alloc(200_000, 'a record that the writer has to grow for'));
  expect(b.items.get('key 9')?.byteLength).toBe(9);

  // From here on the first copy must use its buffers, and not those of the second.
  expect(a.items.get('first', txn)?.toBuffer()).toEqual(FIRST);
  expect(a.items.get('no such key', txn)).toBeUndefined();
  expect(rows.next().value?.key).toBe('first');
  for (let i = 0; i < 2000; i++) a.items.put(`key ${i}`, Buffer.alloc(i % 9, i));
  expect(a.items.count()).toBe(2001);
  expect(b.items.count()).toBe(2001);
  expect([...a.items.range({ gte: 'key 9', lt: 'key 90' })].map(({ key }) => key)).toEqual(['key 9']);

  const memory = new Uint8Array(source.revoke(new ArrayBuffer(100)));
  memory.fill(9);
  expect([lent.state, lent.toBuffer().toString('hex')]).toEqual(['copied', '07'.repeat(10)]);
  txn.end();
  await txn.drained;
  a.items.put('first', Buffer.alloc(50, 9));
  expect([kept?.state, kept?.toBuffer()]).toEqual([lends ? 'copied' : 'private', FIRST]);
});

test('each copy gets errors of its own class', async () => {
  const libraries = [await copyOfLibrary(), await copyOfLibrary()];
  for (const library of [...libraries, ...libraries]) {
    const { items } = openItems(library, temporaryFolder());
    const error = thrown(() => items.put('x'.repeat(600), FIRST));
    expect([error instanceof library.LeaseholdError, error.code]).toEqual([true, 'ERR_KEY_SIZE']);
  }
});

test('two copies read and write one path, each inside a transaction of the other', async () => {
  const path = temporaryFolder();
  const a = openItems(await copyOfLibrary(), path);
  const b = openItems(await copyOfLibrary(), path);
  a.env.write(() => {
    a.items.put('a', FIRST);
    b.env.write(() => b.items.put('b', FIRST));
    expect(() =>
      b.env.write(() => {
        b.items.put('c', FIRST);
        throw new Error('undone');
      }),
    ).toThrow('undone');
  });
  expect([...a.items.range().keys()]).toEqual(['a', 'b']);
  expect([...b.items.range().keys()]).toEqual(['a', 'b']);
  const txn = a.env.read();
  const value = a.items.get('a', txn);
  await Promise.all([
    a.env.batch([{ type: 'put', collection: a.items, key: 'd', value: FIRST }]),
    b.items.put('a', Buffer.alloc(9)),
  ]);
  txn.end();
  b.env.close();
  await txn.drained;
  expect(value?.toBuffer()).toEqual(FIRST);
  expect([...a.items.range().keys()]).toEqual(['a', 'b', 'd']);
});

test('what is of one copy is refused by the other by name', async () => {
  const one = await copyOfLibrary();
  const a = openItems(one, temporaryFolder());
  const b = openItems(await copyOfLibrary(), temporaryFolder());
  const txn = a.env.read();
  a.items.put('a', FIRST);
  const value = a.items.get('a');
  const refused = [
    () => b.items.get('a', txn),
    () => b.items.put('b', value as never),
    () => b.env.collection('other', { key: one.uint32, value: one.bytes }),
  ];
  expect(refused.map((call) => thrown(call).code)).toEqual(Array(3).fill('ERR_INVALID_ARG_TYPE'));
  txn.end();
});
