import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { CHANGE, READ, WRITE } from '../../lib/cache/trace/trace-batch.ts';
import { connect, type Store } from '../../lib/client/index.ts';
import { json, open, utf8 } from '../../lib/index.ts';
import { type Server, serve } from '../../lib/server/index.ts';
import { collect } from '../cache/trace/collect.ts';
import { rejection, temporaryFolder } from '../support/fixture.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function served(): Promise<string> {
  const folder = temporaryFolder();
  const env = open(folder, { durability: 'nosync' });
  const server: Server = await serve(env, { listen: `unix:${join(folder, 'socket')}` });
  ends.push(
    () => env.close(),
    () => server.close(),
  );
  return server.addresses[0] as string;
}

const citiesOf = (store: Store) => store.collection('cities', { key: utf8, value: json });

test.each([false, true])(
  'a client records what it reads, writes and is told of; with a cache: %s',
  async (isCached) => {
    const address = await served();
    const trace = join(temporaryFolder(), 'a.trace');
    const store = await connect(address, { trace, ...(isCached && { cache: temporaryFolder() }) });
    const other = await connect(address);
    ends.push(() => other.close());
    await citiesOf(store).put('Paris', { population: 2_138_551 });
    await citiesOf(store).put('Lyon', 1);
    for (let i = 0; i < 3; i++) await citiesOf(store).get('Paris');
    await citiesOf(store).get('Nice');
    const told = (async () => {
      for await (const _ of citiesOf(store).watch()) return;
    })();
    await citiesOf(other).put('Paris', 2);
    await told;
    for await (const _ of citiesOf(store).range()) {
      // Each row is recorded.
    }
    await citiesOf(store).del('Lyon');
    await store.close();
    const records = await collect(readFileSync(trace));
    const [paris, lyon] = records.map(([, key]) => key) as [number, number];
    const nice = records[5]?.[1] as number;
    expect(new Set([paris, lyon, nice]).size).toBe(3);
    const size = JSON.stringify({ population: 2_138_551 }).length;
    // What watch() reads itself stands between: it reads what it tells of.
    // The first commit makes the collection.
    expect(records.slice(0, 6).map(([op, key, bytes, tid]) => [op, key, bytes, tid])).toEqual([
      [WRITE, paris, size, 2],
      [WRITE, lyon, 1, 3],
      [READ, paris, size, 2],
      [READ, paris, size, 2],
      [READ, paris, size, 2],
      [READ, nice, 0, expect.any(Number)],
    ]);
    const rest = records.slice(6);
    expect(rest.filter(([op]) => op !== READ).map(([op, key, , tid]) => [op, key, tid])).toEqual([
      [CHANGE, paris, 4],
      [CHANGE, lyon, 5],
    ]);
    const read = rest.filter(([op]) => op === READ).map(([, key, bytes, tid]) => [key, bytes, tid]);
    expect(read).toEqual(
      expect.arrayContaining([
        [lyon, 1, 3],
        [paris, 1, 4],
      ]),
    );
  },
);

test('a client that cannot connect, or cannot record, says so and leaves nothing open', async () => {
  const trace = join(temporaryFolder(), 'a.trace');
  expect(await rejection(connect(`unix:${join(temporaryFolder(), 'absent')}`, { trace }))).toMatchObject({
    code: expect.stringMatching(/ENOENT|ERR_DISCONNECTED/),
  });
  expect(statSync(trace).size).toBe(8);
  const address = await served();
  expect(await rejection(connect(address, { trace: join(trace, 'b') }))).toMatchObject({ code: 'ENOTDIR' });
  expect(await rejection(connect(address, { trace: 7 as never }))).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
});
