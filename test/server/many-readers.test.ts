import { afterEach, expect, test } from 'vitest';
import { connect, type Store } from '../../lib/client/index.ts';
import { bytes, utf8 } from '../../lib/index.ts';
import { WaitingChild } from '../support/child.ts';
import { openTemporary } from '../support/fixture.ts';
import { isLong } from '../support/long.ts';
import { Random, SEED } from '../versions/random.ts';
import { BadNetwork } from '../wire/bad-network.ts';

/*
 * What the server's memory is when many clients read much, and one of them slowly. The server is a process of its own, which looks often at how much memory it has.
 */

const MIB = 2 ** 20;
const VALUE = 16_000;

const SERVER = `
const { serve } = await import(library + '/dist/server.js');
const { createInterface } = await import('node:readline');
const v8 = await import('node:v8');
const vm = await import('node:vm');
v8.setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc');
const env = open(args.path, { durability: 'nosync' });
const server = await serve(env, { listen: 'tcp://127.0.0.1:0' });
const used = () => { const { heapUsed, external, arrayBuffers } = process.memoryUsage(); return heapUsed + Math.max(external, arrayBuffers); };
collect();
const before = used();
let most = 0;
setInterval(() => { most = Math.max(most, used() - before); }, 5);
tell(server.addresses[0]);
for await (const line of createInterface(process.stdin)) tell({ most, ...server.counters() });
process.exit(0);
`;

interface Told {
  /** By how many bytes its memory has grown at most. */
  readonly most: number;
  readonly open: number;
  readonly streams: number;
  readonly holds: number;
}

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A server of `mib` MiB, in values of nearly 16 KiB. */
async function served(mib: number): Promise<{ address: string; rows: number; told: () => Promise<Told> }> {
  const env = openTemporary();
  const items = env.collection('items', { key: utf8, value: bytes, versions: true });
  const rows = Math.floor((mib * MIB) / VALUE);
  const value = Buffer.alloc(VALUE, 'v');
  for (let at = 0; at < rows; at += 10_000) {
    env.write((txn) => {
      for (let i = at; i < Math.min(rows, at + 10_000); i++) items.put(String(i).padStart(8, '0'), value, txn);
    });
  }
  const child = new WaitingChild(SERVER, { path: env.path });
  closing.push(() => child.kill());
  const address = (await child.next()) as string;
  const told = async (): Promise<Told> => {
    child.send('tell');
    return (await child.next()) as Told;
  };
  return { address, rows, told };
}

async function open(address: string): Promise<Store> {
  const store = await connect(address);
  closing.push(() => store.close());
  return store;
}

/** Reads all entries, and gives how many there are. */
async function stream(store: Store): Promise<number> {
  let rows = 0;
  for await (const { value } of store.collection('items', { key: utf8, value: bytes }).range()) {
    if (value.byteLength !== VALUE) throw new Error('a value has another length');
    rows++;
  }
  return rows;
}

const CLIENTS = isLong ? 64 : 8;

test(`${CLIENTS} clients that each stream much at once cost the server little memory`, {
  timeout: 3_600_000,
}, async () => {
  const { address, rows, told } = await served(isLong ? 1024 : 16);
  const stores = await Promise.all(Array.from({ length: CLIENTS }, () => open(address)));
  expect(await Promise.all(stores.map(stream))).toEqual(stores.map(() => rows));
  const { most, streams, holds } = await told();
  expect(most).toBeLessThan(CLIENTS * 2 * MIB);
  expect({ streams, holds }).toEqual({ streams: 0, holds: 0 });
});

test(`a client that reads slowly is served, costs little, and holds up no other (seed ${SEED})`, async () => {
  const { address, rows, told } = await served(16);
  const proxy = await BadNetwork.start(() => address, new Random(SEED), { most: 4000, delay: 3 });
  closing.push(() => proxy.close());
  const slow = await open(proxy.address);
  let slowRows = 0;
  let isReading = true;
  const reading = (async () => {
    for await (const entry of slow.collection('items', { key: utf8, value: bytes }).range()) {
      void entry;
      slowRows++;
      if (!isReading) return;
    }
  })();
  const quick = await Promise.all(Array.from({ length: 3 }, () => open(address)));
  const served3 = await Promise.all(
    quick.map(async (store) => {
      const items = store.collection('items', { key: utf8, value: bytes });
      for (let i = 0; i < 300; i++) {
        const value = await items.get(String(i).padStart(8, '0'));
        if (value?.byteLength !== VALUE) throw new Error('a value has another length');
      }
      return stream(store);
    }),
  );
  expect(served3).toEqual(quick.map(() => rows));
  expect((await told()).open).toBe(4);
  expect(slowRows).toBeLessThan(rows);
  // Its own small request is answered beside the stream.
  await slow.collection('items', { key: utf8, value: bytes }).get('none');
  isReading = false;
  await reading;
  expect(slowRows).toBeGreaterThan(0);
  expect((await told()).most).toBeLessThan(12 * MIB);
});
