// Puts the cities and the countries of the world into an embedded database, and asks it a few questions. The answers are read
// from the database's own memory: only the numbers and strings that the code asks for are copied.
//
//   npm run demo
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { open, sinkOf, struct, t, tuple, utf8 } from 'leasehold';
import { expected } from './expected.mjs';
import { check, failures, printTable, progressBar, timed } from './report.mjs';
import { cityRecords, countryRecords } from './source.mjs';

const path = fileURLToPath(new URL('./data', import.meta.url));
rmSync(path, { recursive: true, force: true });
const env = open(path);

// A collection has a codec for its keys and one for its values. Tuples sort element by element, so the cities of a
// country are next to each other. A struct gives views, whose getters read a field from the stored bytes when you ask for it.
const City = struct({ name: t.utf8, country: t.utf8, population: t.u32, latitude: t.f64, longitude: t.f64 });
const Country = struct({ name: t.utf8, region: t.utf8, area: t.f64 });
const cities = env.collection('cities', { key: tuple, value: City });
const countries = env.collection('countries', { key: utf8, value: Country });

// All changes of one env.write are committed together, or none is.
await timed(env, 'import', () => {
  const rows = cityRecords.length + countryRecords.length;
  const bar = progressBar('importing', rows);
  env.write(() => {
    for (const { code, ...country } of countryRecords) countries.put(code, country);
  });
  for (let start = 0; start < cityRecords.length; start += 10_000) {
    const chunk = cityRecords.slice(start, start + 10_000);
    env.write(() => {
      for (const { id, ...city } of chunk) cities.put([city.country, city.name, id], city);
    });
    bar.update(countryRecords.length + start + chunk.length);
  }
  bar.stop();
  return rows;
});

// A read transaction sees one moment of the database, whatever is written meanwhile.
await timed(env, 'scan France by prefix', () =>
  env.read((txn) => {
    const france = { cities: 0, population: 0 };
    for (const { value } of cities.range({ prefix: ['FR'] }, txn)) {
      france.cities++;
      france.population += value.population;
    }
    check('France', france, expected.france);
    return france.cities;
  }),
);

// scan() calls the function with the same Entry for every row. Of each record, only `population` is read.
const populations = new Map();
await timed(env, 'sum population per country', () =>
  env.read((txn) => {
    let rows = 0;
    cities.scan(
      {},
      ({ key, value }) => {
        const country = key.at(0);
        populations.set(country, (populations.get(country) ?? 0) + value.population);
        rows++;
      },
      txn,
    );
    check('population per country', populations, expected.populations);
    return rows;
  }),
);

// A join by hand: the small side is put into a Map, and the large side is looked up in it.
await timed(env, 'join cities to countries', () =>
  env.read((txn) => {
    const countryOf = new Map();
    for (const { key, value } of countries.range({}, txn)) countryOf.set(key, value);
    const regions = new Map();
    let rows = 0;
    for (const { key, value } of cities.range({}, txn)) {
      const country = countryOf.get(key.at(0));
      if (country === undefined) continue;
      regions.set(country.region, (regions.get(country.region) ?? 0) + value.population);
      rows++;
    }
    check('population per region', regions, expected.regions);
    return rows;
  }),
);

// You may hold views as long as you like. They read shared memory while their transaction is open. Some time
// after its end, the views that you still hold move to the heap. The code that holds them does not notice.
let largest = [];
const txn = env.read();
await timed(env, 'find the ten largest cities', () => {
  let rows = 0;
  for (const { value } of cities.range({}, txn)) {
    rows++;
    if (largest.length === 10 && value.population <= largest[9].population) continue;
    largest = [...largest, value].sort((a, b) => b.population - a.population).slice(0, 10);
  }
  return rows;
});

const states = () => [...new Set(largest.map((city) => sinkOf(city).state))].join(', ');
console.log(`\nTen cities held: ${states()} while their transaction is open,`);
txn.end();
console.log(`${states()} when it has just ended,`);
// The ten cities move, with the rows beside them in the same batches. So do batches of other rows that the garbage collector has not
// found to be dropped yet. After a full collection it would be 30 KB.
await txn.drained;
console.log(
  `${states()} once it has drained (${env.counters().bytesCopied.toLocaleString('en')} bytes, most of them of views that`,
);
console.log('have been dropped and not collected yet), and they still read:');
console.log(
  largest.map((city) => `  ${city.name} (${city.country}) ${city.population.toLocaleString('en')}`).join('\n'),
);
check('state of the cities held', states(), 'copied');
check(
  'the cities held',
  largest.map((city) => [city.name, city.population]),
  expected.largest,
);

console.log('\nThe ten most populous countries, by the sum of their cities:');
printTable(
  ['country', 'region', 'cities', 'population'],
  env.read((txn) =>
    [...populations]
      .sort(([, a], [, b]) => b - a)
      .slice(0, 10)
      .map(([code, population]) => {
        const country = countries.get(code, txn);
        return [country.name, country.region, cities.count({ prefix: [code] }, txn), population];
      }),
  ),
);

check('number of cities', cities.count(), 135_233);
check('number of countries', countries.count(), countryRecords.length);
env.close();

console.log(failures() === 0 ? '\nAll totals agree with plain JavaScript.' : `\n${failures()} totals differ.`);
process.exitCode = failures() === 0 ? 0 : 1;
