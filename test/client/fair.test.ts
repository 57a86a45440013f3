import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../lib/client/index.ts';
import { json, utf8 } from '../../lib/index.ts';
import { openStore } from '../../lib/objects/index.ts';
import { WaitingChild } from '../support/child.ts';
import { PLACES, type Place } from './places.ts';

/** Many that count one key without a pause: each of them gets on, with the `retries` that there are. */

/** Counts when it is told to, and tells in how many runs at most. */
const CHILD = `
  const { connect } = await import(library + '/dist/client.js');
  const { openStore } = await import(library + '/dist/objects.js');
  const store = await connect(args.address);
  const counts = store.collection('counts', { key: utf8, value: json });
  await counts.get('n');
  const objects = args.objects ? await openStore(store) : undefined;
  tell('ready');
  process.stdin.once('data', async () => {
    try {
      for (let i = 0; i < args.times; i++) {
        if (objects === undefined) await store.transact(async (txn) => void (await counts.put('n', ((await counts.get('n', txn)) ?? 0) + 1, txn)));
        else await objects.transact(({ root }) => void (root.count = (root.count ?? 0) + 1));
      }
      tell('done');
    } catch (error) {
      tell(error.code ?? String(error));
    }
    await objects?.close();
    await store.close();
    process.exit();
  });
`;

describe.each(PLACES.filter(([name]) => name !== 'PostgreSQL'))('%s', (_name, make) => {
  let place: Place;
  const stores: Store[] = [];
  const children: WaitingChild[] = [];
  const another = async (): Promise<Store> => {
    const store = await place.connect();
    stores.push(store);
    return store;
  };
  beforeEach(async () => {
    place = await make();
  });
  afterEach(async () => {
    for (const each of children.splice(0)) await each.kill();
    for (const each of stores.splice(0)) await each.close();
    await place.close();
  });

  test.each([
    [2, 500, 'a key', false],
    [2, 300, 'the root of objects', true],
    [5, 60, 'a key', false],
  ])('%i processes that each count to %i in %s', async (processes, times, _what, objects) => {
    // The library that processes get is without other packages.
    if (place.address.startsWith('ws:')) return;
    const store = await another();
    const counts = store.collection('counts', { key: utf8, value: json });
    await counts.get('n');
    if (objects) await openStore(store);
    const started: WaitingChild[] = [];
    for (let i = 0; i < processes; i++) {
      const child = new WaitingChild(CHILD, { address: place.address, times, objects });
      children.push(child);
      started.push(child);
    }
    for (const child of started) expect(await child.next()).toBe('ready');
    for (const child of started) child.send('go');
    for (const child of started) expect(await child.next()).toBe('done');
    if (objects) {
      const opened = await openStore<{ count?: number }>(await another());
      expect(await opened.read(({ root }) => root.count)).toBe(processes * times);
    } else expect(await (await another()).collection('counts').get('n')).toBe(processes * times);
  });

  test('19 connections that each count to 8', async () => {
    const count = async (): Promise<void> => {
      const store = await another();
      const counts = store.collection('counts', { key: utf8, value: json });
      for (let i = 0; i < 8; i++) {
        await store.transact(async (txn) => {
          await counts.put('n', Number((await counts.get('n', txn)) ?? 0) + 1, txn);
        });
      }
    };
    await Promise.all(Array.from({ length: 19 }, count));
    expect(await (await another()).collection('counts').get('n')).toBe(19 * 8);
  });

  test('19 connections that each count to 6 in the root of objects', async () => {
    const count = async (): Promise<void> => {
      const objects = await openStore<{ count?: number }>(await another());
      for (let i = 0; i < 6; i++) {
        await objects.transact(({ root }) => {
          root.count = (root.count ?? 0) + 1;
        });
      }
    };
    await Promise.all(Array.from({ length: 19 }, count));
    const objects = await openStore<{ count?: number }>(await another());
    expect(await objects.read(({ root }) => root.count)).toBe(19 * 6);
  });
});
