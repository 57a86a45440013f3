// A store in PostgreSQL, without a cache.
import process from 'node:process';
import { keyOf, textOf } from '../../harness/network.mjs';

const { bytes, connect, install, utf8 } = await import(process.env.BENCH_LIBRARY);

export const addressOf = (socket, schema = 'leasehold') =>
  `postgres://bench@/postgres?host=${encodeURIComponent(socket)}&schema=${schema}`;

export const client = (places) => clientOf(places, {});

/** Makes the store, with a collection and a first commit. */
export async function installStore({ postgres }) {
  await install(addressOf(postgres));
  const store = await connect(addressOf(postgres));
  await store.collection('rows', { key: utf8, value: bytes }).put(keyOf(0), Buffer.from(textOf(0)));
  await store.close();
}

export async function clientOf({ postgres }, options) {
  const store = await connect(addressOf(postgres), options);
  const rows = store.collection('rows');
  await rows.get(keyOf(0));
  return {
    get: (key) => rows.get(key),
    getMany: (keys) => rows.getMany(keys),
    put: (key, value) => rows.put(key, value),
    putMany: (keys, values) =>
      store.batch(keys.map((key, i) => ({ type: 'put', collection: rows, key, value: values[i] }))),
    snapshot: async (options) => (await store.snapshot(options)).close(),
    fill: async () => {
      let count = 0;
      await rows.scan({}, () => void count++);
      return count;
    },
    close: () => store.close(),
  };
}
