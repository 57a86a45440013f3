// Whether the library works at all in a runtime: what its README shows, in short.
import {
  check,
  content,
  leasehold,
  lends,
  makeBlobs,
  nextTurn,
  same,
  sameBytes,
  temporaryFolder,
  thrown,
} from './world.mjs';

const { open, bytes, json, Key, sinkOf, struct, t, tuple, uint32, utf8 } = leasehold;
const shared = lends ? 'shared' : 'private';
const copied = lends ? 'copied' : 'private';

function makeCities() {
  const env = open(temporaryFolder(), { durability: 'nosync', mapSize: 2 ** 30 });
  const City = struct({ id: t.u32, name: t.utf8, population: t.f64, flag: t.bytes, founded: t.optional(t.date) });
  const cities = env.collection('cities', { key: tuple, value: City });
  env.write(() => {
    for (let id = 0; id < 5000; id++) {
      cities.put([id % 2 ? 'FR' : 'DE', `city ${id}`], {
        id,
        name: `Öst ${id}`,
        population: id * 1.5,
        flag: content(id % 64),
      });
    }
  });
  return { env, cities };
}

const cases = [
  {
    name: 'reads what was written, in every way',
    run() {
      const { env, cities } = makeCities();
      env.read((txn) => {
        same(cities.count({ prefix: ['FR'] }, txn), 2500, 'count');
        let seen = 0;
        for (const { key, value } of cities.range({ prefix: ['FR'] }, txn)) {
          same(key.at(1), `city ${value.id}`, 'key');
          same(value.name, `Öst ${value.id}`, 'name');
          same(value.population, value.id * 1.5, 'population');
          seen++;
        }
        same(seen, 2500, 'entries');
        cities.scan({ reverse: true, limit: 10 }, ({ value }) => check(value.founded === undefined, 'founded'), txn);
        same(cities.getMany([['FR', 'city 1'], ['none']], txn)[0].id, 1, 'getMany');
      });
      same(cities.get(['DE', 'city 10']).id, 10, 'get');
      env.close();
    },
  },
  {
    name: 'keeps what is held right after the end (copy)',
    async run() {
      const { env, cities } = makeCities();
      const txn = env.read();
      const held = [...cities.range({}, txn)].map(({ key, value }) => [key, value]);
      same(held[0][0].state, shared, 'state');
      txn.end();
      await txn.drained;
      same(held[0][0].state, copied, 'state');
      env.write(() => cities.clear());
      for (const [key, value] of held) same(key.at(1), `city ${value.id}`, 'key');
      same(sinkOf(held[0][1]).state, copied, 'state of a record');
      env.close();
    },
  },
  {
    name: 'expires what is held at the end (invalidate)',
    run() {
      const { env, cities } = makeCities();
      const txn = env.read({ onEnd: 'invalidate' });
      const key = [...cities.range({ limit: 1 }, txn).keys()][0];
      txn.end();
      if (lends) same(thrown(() => key.at(0))?.code, 'ERR_LEASE_EXPIRED', 'code');
      env.close();
    },
  },
  {
    name: 'drains by itself, with no turn of the event loop',
    run() {
      const { env, cities } = makeCities();
      const held = [];
      for (let i = 0; i < 3000; i++) {
        const txn = env.read();
        held.push(cities.get(['FR', 'city 1'], txn));
        txn.end();
        cities.put(['FR', `city ${i}`], { id: i, name: 'x', population: 0, flag: content(1) });
      }
      check(
        held.every((value) => value.name.length > 0),
        'lost',
      );
      env.close();
    },
  },
  {
    name: 'stores every codec',
    async run() {
      const { env, blobs } = makeBlobs([100, 100_000]);
      const texts = env.collection('texts', { key: utf8, value: json });
      texts.put('ключ', { a: [1, null, 'é'] });
      same(JSON.stringify(texts.get('ключ')), '{"a":[1,null,"é"]}', 'json');
      const raw = env.collection('raw', { key: bytes, value: utf8 });
      raw.put(Uint8Array.of(0, 255), '\u{1f600}');
      same(raw.get(Uint8Array.of(0, 255)), '\u{1f600}', 'utf8');
      const numbers = env.collection('numbers', { key: uint32, value: bytes });
      numbers.put(2 ** 32 - 1, Key.of('a', 1n, null, true, -2.5));
      same(Key.fromBytes(numbers.get(2 ** 32 - 1).toBuffer()).at(4), -2.5, 'tuple');
      sameBytes(blobs.get(100_000).toBuffer(), content(100_000), 'bytes');
      await nextTurn();
      env.close();
    },
  },
];

export { cases };
