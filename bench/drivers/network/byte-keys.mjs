// A leasehold server whose keys are bytes: a scan gives views of them, as the C loops have them, and makes no string of each.
import { join } from 'node:path';
import process from 'node:process';
import { keyOf, textOf } from '../../harness/network.mjs';

const { bytes, connect, open, serve } = await import(process.env.BENCH_LIBRARY);

export async function start(folder, { entries }) {
  const env = open(join(folder, 'byte-keys'), { mapSize: 2 ** 33, durability: 'nosync' });
  const rows = env.collection('rows', { key: bytes, value: bytes, versions: true });
  env.write((txn) => {
    for (let i = 0; i < entries; i++) rows.put(Buffer.from(keyOf(i)), Buffer.from(textOf(i)), txn);
  });
  const address = `unix:${join(folder, 'byte-keys.sock')}`;
  await serve(env, { listen: address });
  return address;
}

export async function client(address) {
  const store = await connect(address);
  const rows = store.collection('rows');
  return {
    async scan() {
      let count = 0;
      let sum = 0;
      await rows.scan({}, ({ key, value }) => {
        count++;
        sum += key.byteAt(0);
        sum += value.byteAt(0);
      });
      if (!(sum > 0)) throw new Error('nothing was read');
      return count;
    },
    close: () => store.close(),
  };
}
