// A leasehold server, and its client.
import { join } from 'node:path';
import process from 'node:process';
import { keyOf, LARGE, textOf } from '../../harness/network.mjs';

const { bytes, connect, open, serve, utf8 } = await import(process.env.BENCH_LIBRARY);

export async function start(folder, data) {
  const address = `unix:${join(folder, 'leasehold.sock')}`;
  await serveRows(folder, data, address);
  return address;
}

/** Serves an environment that has the rows and the large values. */
export function serveRows(folder, { entries, large }, listen, tls) {
  const env = open(join(folder, 'store'), { mapSize: 2 ** 33, durability: 'nosync' });
  const rows = env.collection('rows', { key: utf8, value: bytes, versions: true });
  env.write((txn) => {
    for (let i = 0; i < entries; i++) rows.put(keyOf(i), Buffer.from(textOf(i)), txn);
    for (const name of large) rows.put(`large:${name}`, Buffer.alloc(LARGE[name], name), txn);
  });
  return serve(env, { listen, ...(tls && { tls }) });
}

/** An empty store whose commits reach the disk, and one that waits for no disk. */
export async function startEmpty(folder, durability) {
  const env = open(join(folder, `commits-${durability}`), { mapSize: 2 ** 30, durability });
  env.collection('rows', { key: utf8, value: bytes, versions: true });
  const address = `unix:${join(folder, `commits-${durability}.sock`)}`;
  await serve(env, { listen: address });
  return address;
}

export const client = (address) => clientOf(address);

export async function clientOf(address, options) {
  const store = await connect(address, options);
  const rows = store.collection('rows');
  await rows.count({ limit: 1 });
  return {
    get: (key) => rows.get(key),
    getMany: (keys) => rows.getMany(keys),
    getLarge: async (name) => (await rows.get(`large:${name}`)).byteLength,
    async scan() {
      let count = 0;
      let sum = 0;
      await rows.scan({ prefix: 'key:' }, ({ key, value }) => {
        count++;
        sum += key.byteAt?.(0) ?? key.charCodeAt(0);
        sum += value.byteAt(0);
      });
      if (!(sum > 0)) throw new Error('nothing was read');
      return count;
    },
    /** Entries whose values were received and not made yet. */
    entries: (count) => rows.range({ prefix: 'key:', limit: count }).toArray(),
    put: (key, value) => rows.put(key, Buffer.from(value)),
    /** Calls `told` with each key that somebody has changed. */
    async listen(told) {
      (async () => {
        for await (const { keys } of rows.watch()) for (const key of keys) told(String(key));
      })();
    },
    close: () => store.close(),
  };
}
