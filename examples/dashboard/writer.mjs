// A process that writes: people move from one city of a country to another. node writer.mjs <address> <token> <ms between two moves>
import { setTimeout } from 'node:timers/promises';
import { connect } from 'leasehold/client';
import { any, popularCountries } from './process.mjs';

const [address, token, pause] = process.argv.slice(2);
const store = await connect(address, { token });
const cities = store.collection('cities');
const clients = store.collection('clients');

/** The keys of the largest cities of a country. */
async function largestCities(country) {
  const found = [];
  for await (const { key, value } of cities.range({ prefix: [country] })) found.push([value.population, key.toArray()]);
  return found
    .sort((a, b) => b[0] - a[0])
    .slice(0, 12)
    .map(([, key]) => key);
}

/** Both cities change in one commit, or none: the people of a country stay as many as they are. */
function move(from, to) {
  return store.transact(async (txn) => {
    const [a, b] = await cities.getMany([from, to], txn);
    const people = Math.floor((a.population * Math.random()) / 20);
    await cities.put(from, { name: a.name, population: a.population - people }, txn);
    await cities.put(to, { name: b.name, population: b.population + people }, txn);
    return people;
  });
}

const popular = await popularCountries(store);
let moves = 0;
let moved = 0;
for (;;) {
  const keys = await largestCities(popular());
  const [from, to] = [any(keys), any(keys)];
  if (from === to) continue;
  moved += await move(from, to);
  moves++;
  await clients.put('writer', { moves, moved });
  await setTimeout(Number(pause));
}
