import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../../lib/client/index.ts';
import { json, utf8 } from '../../lib/index.ts';
import { type Server, serve } from '../../lib/server/index.ts';
import { openTemporary, temporaryFolder } from '../support/fixture.ts';

let server: Server;
beforeAll(async () => {
  const env = openTemporary();
  const items = env.collection('items', { key: utf8, value: json, versions: true });
  for (let i = 0; i < 50; i++) items.put(`k${i}`, i);
  server = await serve(env, { listen: 'tcp://127.0.0.1:0' });
});
afterAll(() => server.close());

/** Reads everything with a cache. Gives how much of it the cache has had. */
async function hits(cache: string): Promise<number | undefined> {
  const store = await connect(server.addresses[0] as string, { cache });
  try {
    const items = store.collection<string, number>('items');
    for (let i = 0; i < 50; i++) expect(await items.get(`k${i}`)).toBe(i);
    expect(store.counters()?.failure).toBeUndefined();
    return store.counters()?.hits;
  } finally {
    await store.close();
  }
}

/** Replaces a text by another one of the same length, wherever it is. */
function replaceIn(file: string, text: string, other: string): void {
  const found = readFileSync(file, 'latin1');
  expect(found).toContain(text);
  writeFileSync(file, found.replaceAll(text, other), 'latin1');
}

test.each<[string, (file: string) => void]>([
  ['is cut at its beginning', (file) => truncateSync(file, 100)],
  ['is cut at a page', (file) => truncateSync(file, 8192)],
  ['is something else', (file) => writeFileSync(file, Buffer.alloc(65_536, 0xab))],
  ['does not say of which store it is', (file) => replaceIn(file, '"storeId"', '#storeId"')],
  ['has other codecs', (file) => replaceIn(file, '"json"', '"jsom"')],
])('a cache whose file %s is replaced by an empty one', async (_what, damage) => {
  const cache = temporaryFolder();
  writeFileSync(join(cache, 'mine.txt'), 'of somebody else');
  await hits(cache);
  expect(await hits(cache)).toBe(50);
  const [folder] = readdirSync(cache).filter((name) => name !== 'mine.txt');
  damage(join(cache, folder as string, 'data.mdb'));
  expect(await hits(cache)).toBe(0);
  expect(await hits(cache)).toBe(50);
  expect(readFileSync(join(cache, 'mine.txt'), 'utf8')).toBe('of somebody else');
  expect(readdirSync(cache)).toHaveLength(2);
});
