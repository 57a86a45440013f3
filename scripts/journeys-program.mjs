// The program that scripts/journeys.mjs measures. Arguments: the folder of the library, compiled file by file; a folder
// for a database; how many steps to run. Prints as JSON the name of each step, and which files of lib/ it entered.
import { Session } from 'node:inspector/promises';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const [library, path, count] = process.argv.slice(2);
const { open, struct, t, tuple } = await import(pathToFileURL(join(library, 'index.js')).href);

const City = struct({ name: t.utf8, population: t.u32 });
const state = {};
const STEPS = {
  open() {
    state.env = open(path);
  },
  'collection, of a struct by tuples'() {
    state.cities = state.env.collection('cities', { key: tuple, value: City });
  },
  'put, in a transaction of its own'() {
    state.cities.put(['FR', 'Paris'], { name: 'Paris', population: 2_138_551 });
  },
  'put, in a transaction that is open'() {
    state.env.write((txn) => state.cities.put(['FR', 'Lyon'], { name: 'Lyon', population: 472_317 }, txn));
  },
  'begin a read transaction'() {
    state.txn = state.env.read();
  },
  'range, to the first entry.value.population'() {
    for (const entry of state.cities.range({ prefix: ['FR'] }, state.txn)) {
      if (entry.value.population !== 472_317) throw new Error('another city');
      break;
    }
  },
  'end the transaction'() {
    state.txn.end();
  },
};

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
const taken = [];
for (const [name, step] of Object.entries(STEPS).slice(0, Number(count))) {
  await session.post('Profiler.takePreciseCoverage');
  step();
  const { result } = await session.post('Profiler.takePreciseCoverage');
  taken.push({
    name,
    files: result
      .filter(isEntered)
      .map(({ url }) => sourceOf(url))
      .filter(Boolean)
      .sort(),
  });
}
console.log(JSON.stringify(taken));
// Exit without closing anything, since that would call more functions.
process.reallyExit(0);

function isEntered({ url, functions }) {
  return url.startsWith('file:') && functions.some(({ ranges }) => ranges[0].count > 0);
}

function sourceOf(url) {
  const file = relative(library, fileURLToPath(url));
  return file.startsWith('..') ? undefined : `lib/${file.replace(/\.js$/, '.ts')}`;
}
