import { afterEach, expect, test } from 'vitest';
import { connect, type Store } from '../../lib/client/index.ts';
import { RowIterator } from '../../lib/client/rows/row-iterator.ts';
import { PreparedRange } from '../../lib/client/rows/store-range.ts';
import { type Environment, json, utf8 } from '../../lib/index.ts';
import { type ServeOptions, type Server, serve } from '../../lib/server/index.ts';
import type { RowBatch } from '../../lib/versions/engine/engine.ts';
import { collect, openTemporary, until } from '../support/fixture.ts';

/* Iterations that a program has begun, and neither reads to the end nor ends. */

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Place {
  readonly env: Environment;
  readonly server: Server;
  readonly store: Store;
  readonly states: string[];
}

/** Eight ranges, each with more than a server sends before somebody wants more. */
async function place(limits: ServeOptions['limits']): Promise<Place> {
  const env = openTemporary();
  const items = env.collection('items', { key: utf8, value: json, versions: true });
  env.write(() => {
    for (const range of 'abcdefgh') {
      for (let i = 100; i < 250; i++) items.put(`${range}${i}`, 'x'.repeat(10_000));
    }
  });
  const server = await serve(env, { listen: 'tcp://127.0.0.1:0', ...(limits && { limits }) });
  const store = await connect(server.addresses[0] as string);
  const states: string[] = [];
  store.on('state', (state) => void states.push(state));
  closing.push(
    () => server.close({ timeout: 100 }),
    () => store.close(),
  );
  return { env, server, store, states };
}

test('ranges of which a program takes only the first rows keep nothing from others, and end when they are collected', async () => {
  const { server, store } = await place({ streams: 4 });
  const items = store.collection('items');
  for (let i = 0; i < 20; i++) {
    expect((await items.range().next()).done).toBe(false);
    if (i % 5 === 4) await collect();
  }
  expect(await items.range({ prefix: 'h', limit: 3 }).toArray()).toHaveLength(3);
  await until(() => server.counters().streams === 0, 'all of them have ended');
  expect(server.counters()).toMatchObject({ holds: 0, open: 1 });
});

test('a program may read many ranges side by side, more than the server sends at once', async () => {
  const { store, states } = await place({ streams: 3 });
  const items = store.collection('items');
  const ranges = [...'abcdefgh'].map((prefix) => items.range({ prefix }));
  for (let row = 100; row < 250; row++) {
    const found = await Promise.all(ranges.map((range) => range.next()));
    expect(found.map(({ value }) => String(value?.key))).toEqual([...'abcdefgh'].map((range) => `${range}${row}`));
  }
  expect(await Promise.all(ranges.map((range) => range.next()))).toEqual(
    ranges.map(() => ({ done: true, value: undefined })),
  );
  expect(states).toEqual([]);
});

test('watches that a program has forgotten end when they are collected', async () => {
  const { server, store } = await place({ streams: 4 });
  const items = store.collection<string, number>('items');
  for (let i = 0; i < 12; i++) {
    const { tid } = store;
    await items.put('a', i);
    expect((await items.watch({ after: tid }).next()).value).toMatchObject({ keys: ['a'] });
    if (i % 3 === 2) await until(() => server.counters().streams === 0, 'they have ended');
  }
  // One that waits is not forgotten.
  const waiting = items.watch().next();
  await collect();
  await items.put('b', 1);
  expect((await waiting).value).toMatchObject({ keys: ['b'] });
});

test('as many requests as a server takes, beside as many watches, do not end the connection', async () => {
  const { store, states } = await place({ requests: 10, streams: 5 });
  const items = store.collection<string, number>('items');
  await items.get('a100');
  const watches = Array.from({ length: 5 }, () => items.watch());
  const told = watches.map((watch) => watch.next());
  const ranges = Array.from({ length: 20 }, () => items.range({ prefix: 'a' }).toArray());
  expect((await Promise.all(ranges)).map(({ length }) => length)).toEqual(ranges.map(() => 150));
  await items.put('a', 1);
  expect((await Promise.all(told)).map(({ value }) => value?.keys)).toEqual(watches.map(() => ['a']));
  expect(states).toEqual([]);
});

test('a row for which a program waits comes, whether it still has the range or not', async () => {
  let give: ((batch: RowBatch) => Promise<boolean>) | undefined;
  let end = (): void => {};
  const read = (take: (batch: RowBatch) => Promise<boolean>): Promise<void> => {
    give = take;
    return new Promise((resolve) => {
      end = resolve;
    });
  };
  const made = () =>
    new RowIterator(read, ({ rows }) => ({ length: rows.length, entry: (row) => rows[row]?.tid }), {
      offset: 0,
      limit: 100,
    });
  const batchOf = (...tids: number[]): RowBatch => ({
    rows: tids.map((tid) => ({ key: new Uint8Array(1), tid, bytes: new Uint8Array(1) })),
    complete: new Uint8Array(1),
  });
  let range: PreparedRange<number, unknown> | undefined = new PreparedRange('items', Promise.resolve(1), made);
  const first = range.next();
  await until(() => give !== undefined, 'it is read');
  const more = give?.(batchOf(1));
  expect(await first).toEqual({ done: false, value: 1 });
  const waiting = [range.next(), range.next()];
  range = undefined;
  for (let i = 0; i < 5; i++) await collect();
  expect(await more).toBe(true);
  const rest = give?.(batchOf(2, 3, 4));
  expect(await Promise.all(waiting)).toEqual([
    { done: false, value: 2 },
    { done: false, value: 3 },
  ]);
  // Nobody can ask for another one.
  expect(await rest).toBe(false);
  end();
});
