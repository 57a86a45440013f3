// A process that reads, as the users of a web site would, through a cache that it shares with others. node reader.mjs <address> <token> <name> <folder of the cache>
import { setTimeout } from 'node:timers/promises';
import { connect } from 'leasehold/client';
import { any, popularCountries } from './process.mjs';

const [address, token, name, cache] = process.argv.slice(2);
const store = await connect(address, { token, cache });
const cities = store.collection('cities');
const clients = store.collection('clients');
const popular = await popularCountries(store);

let reads = 0;
/** A user opens a country, and looks at some of its cities. */
async function visit() {
  const keys = [];
  for await (const { key } of cities.range({ prefix: [popular()], limit: 50 })) keys.push(key);
  for (let i = 0; i < 20; i++) await cities.get(any(keys));
  reads += keys.length + 20;
}

let told = 0;
for (;;) {
  await visit();
  if (performance.now() - told > 1000) {
    told = performance.now();
    const { hits, misses, spanHits, bytes } = store.counters();
    await clients.put(name, { reads, hits, misses, spanHits, bytes });
  }
  await setTimeout(10);
}
