// What a program does with a store, for a page and for Node: the same steps must give the same results. `client` is what leasehold/client exports.

/** Numbers that a seed decides: mulberry32. */
function generator(seed) {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const ALPHABET = ['a', 'Z', '0', ' ', '\0', 'é', 'ß', '€', '中', '🏙', '\ufeff', '\ufffd', '\u0301'];

function text(next) {
  let made = '';
  for (let left = next(4) === 0 ? next(60) : next(8); left > 0; left--) made += ALPHABET[next(ALPHABET.length)];
  return made;
}

function bytesOf(next, most) {
  return Uint8Array.from({ length: next(most) }, () => next(256));
}

function part(next, { double }) {
  const parts = [
    () => null,
    () => next(2) === 0,
    () => next(2 ** 31) - 2 ** 30,
    () => next(100) / 7 - 5,
    () => double(next(1000)),
    () => BigInt(next(2 ** 30)) * BigInt(next(2 ** 30)) * (next(2) === 0 ? 1n : -1n),
    () => text(next),
    () => bytesOf(next, 20),
  ];
  return parts[next(parts.length)]();
}

/** The collections with random entries, by name: their codecs, and what makes a key and a value. */
export function randomCollections({ bytes, double, json, struct, t, tuple, uint32, utf8 }) {
  const record = struct({
    id: t.u32,
    score: t.f64,
    small: t.i8,
    at: t.date,
    name: t.utf8,
    data: t.bytes,
    tags: t.list(t.utf8),
  });
  const tupleKey = (next) => Array.from({ length: 1 + next(4) }, () => part(next, { double }));
  return {
    'tuple to struct': {
      key: tuple,
      value: record,
      make: (next) => [
        tupleKey(next),
        {
          id: next(2 ** 31),
          score: next(1000) / 3,
          small: next(256) - 128,
          at: new Date(next(2 ** 31) * 1000),
          name: text(next),
          data: bytesOf(next, 60),
          tags: Array.from({ length: next(4) }, () => text(next)),
        },
      ],
    },
    'uint32 to json': {
      key: uint32,
      value: json,
      make: (next) => [next(2 ** 32), { name: text(next), list: [next(9), null, text(next)] }],
    },
    'utf8 to utf8': { key: utf8, value: utf8, make: (next) => [`${next(1e9)}${text(next)}`, text(next)] },
    'bytes to bytes': {
      key: bytes,
      value: bytes,
      make: (next) => [Uint8Array.of(next(256), ...bytesOf(next, 90)), bytesOf(next, 2000)],
    },
    'tuple to tuple': { key: tuple, value: tuple, make: (next) => [tupleKey(next), tupleKey(next)] },
  };
}

/** Puts `count` random entries into each of these collections, whose names begin with `prefix`. */
export async function putRandom(client, address, prefix, seed, count) {
  const store = await client.connect(address);
  for (const [name, { key, value, make }] of Object.entries(randomCollections(client))) {
    const next = generator(seed);
    const collection = store.collection(`${prefix} ${name}`, { key, value });
    const entries = Array.from({ length: count }, () => make(next));
    await store.transact(async (txn) => {
      for (const entry of entries) await collection.put(...entry, txn);
    });
  }
  await store.close();
}

function shown(value) {
  if (value instanceof Uint8Array) return Array.from(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value?.toArray === 'function') return value.toArray().map(shown);
  if (typeof value?.toBuffer === 'function') return Array.from(value.toBuffer());
  if (typeof value?.toObject === 'function') return shown(value.toObject());
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value !== 'object' || value === null) return value === undefined ? 'undefined' : value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, shown(each)]));
}

/** All entries of these collections, read with the codecs that the database remembers. */
export async function readRandom({ connect }, address, prefix) {
  const store = await connect(address);
  const found = {};
  for (const name of (await store.collections()).filter((each) => each.startsWith(prefix))) {
    const rows = [];
    for await (const { key, value } of store.collection(name).range()) rows.push([shown(key), shown(value)]);
    found[name.slice(prefix.length)] = rows;
  }
  await store.close();
  return found;
}

const outcome = (promise) =>
  promise.then(
    () => 'done',
    (error) => error.code ?? String(error),
  );

/** get, put, range, watch, transact, views and so on, in collections whose names begin with `prefix`. What each of them has given. */
export async function steps(client, address, prefix) {
  const { connect, json, struct, t, tuple, utf8 } = client;
  const store = await connect(address);
  const other = await connect(address);
  const City = struct({ name: t.utf8, population: t.u32 });
  const cities = store.collection(`${prefix} cities`, { key: tuple, value: City });
  const given = {};
  const keys = async (range) => {
    const found = [];
    for await (const { key, value } of range) found.push(`${key.toArray().join()}=${value.population}`);
    return found;
  };

  given.empty = await cities.count();
  const changes = [];
  const watching = (async () => {
    const watched = other.collection(`${prefix} cities`).watch({ prefix: ['FR'] });
    for await (const { keys: changed } of watched) {
      for (const key of changed ?? ['a range']) changes.push(key.toArray?.().join() ?? key);
      if (changes.length >= 4) return;
    }
  })();

  given.absent = [
    await cities.get(['FR', 'Paris']),
    await cities.has(['FR', 'Paris']),
    await cities.version(['FR', 'Paris']),
  ].map(shown);
  const first = await cities.put(['FR', 'Paris'], { name: 'Paris', population: 2_100_000 });
  await cities.put(['DE', 'Berlin'], { name: 'Berlin', population: 3_700_000 });
  await cities.put(['FR', 'Lyon'], { name: 'Lyon', population: 520_000 });
  const paris = await cities.get(['FR', 'Paris']);
  given.get = [paris.name, paris.population, String(paris), (await cities.version(['FR', 'Paris'])) === first];
  given.getMany = (
    await cities.getMany([
      ['FR', 'Lyon'],
      ['FR', 'Nice'],
      ['DE', 'Berlin'],
    ])
  ).map((city) => city?.name ?? 'absent');
  given.range = await keys(cities.range());
  given.prefix = await keys(cities.range({ prefix: ['FR'] }));
  given.bounds = await keys(cities.range({ gt: ['DE', 'Berlin'], lte: ['FR', 'Paris'], reverse: true, limit: 1 }));
  given.count = await cities.count({ prefix: ['FR'] });
  given.putIf = [
    await cities.putIf(['FR', 'Paris'], { name: 'Paris', population: 1 }, 1),
    await cities.putIf(['FR', 'Nice'], { name: 'Nice', population: 340_000 }, 0),
  ];

  const view = await store.snapshot({ sync: true });
  await store.transact(async (txn) => {
    const { population } = await cities.get(['FR', 'Lyon'], txn);
    await cities.put(['FR', 'Lyon'], { name: 'Lyon', population: population + 1 }, txn);
    await cities.del(['DE', 'Berlin'], txn);
    given.within = await keys(cities.range({}, txn));
  });
  given.view = await keys(cities.range({}, view));
  given.after = await keys(cities.range());
  view.close();
  given.closed = await outcome(cities.get(['FR', 'Lyon'], view));
  await watching;
  given.changes = changes;

  const counter = store.collection(`${prefix} counters`, { key: utf8, value: json });
  await counter.put('n', 0);
  const add = (within) =>
    within.transact(
      async (txn) => {
        const own = within.collection(`${prefix} counters`);
        await own.put('n', (await own.get('n', txn)) + 1, txn);
      },
      { retries: 100 },
    );
  await Promise.all([store, other, store, other, store, other].map(add));
  await store.sync();
  given.counter = await counter.get('n');
  given.batch = typeof (await store.batch([
    { type: 'put', collection: counter.name, key: 'a', value: [1, { b: null }] },
    { type: 'del', collection: counter.name, key: 'n' },
  ]));
  given.batched = [await counter.get('a'), shown(await counter.get('n'))];
  await counter.put('pointer', { next: 'a' });
  given.pipeline = await store.pipeline((p) => p.get(counter, p.get(counter, 'pointer').field('next')));
  given.conflict = await outcome(
    store.batch([{ type: 'put', collection: counter.name, key: 'a', value: 1, ifVersion: 1 }]),
  );
  given.cleared = await cities.clear({ prefix: ['FR'] });

  const blobs = store.collection(`${prefix} blobs`, { key: utf8, value: client.bytes });
  const large = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 7) % 251);
  await blobs.put('large', large);
  await other.sync();
  const back = (await other.collection(`${prefix} blobs`).get('large')).toBuffer();
  given.large = [back.length, back.every((byte, i) => byte === large[i])];
  for (let from = 0; from < 5000; from += 1000) {
    await store.batch(
      Array.from({ length: 1000 }, (_, i) => ({
        type: 'put',
        collection: counter.name,
        key: `row ${from + i}`,
        value: from + i,
      })),
    );
  }
  let sum = 0;
  for await (const { value } of counter.range({ prefix: 'row ' })) sum += value;
  given.sum = sum;

  given.errors = [
    await outcome(store.collection(`${prefix} none`).get('a')),
    await outcome(store.collection(`${prefix} cities`, { key: utf8 }).get('a')),
    await outcome(counter.put('a', undefined)),
    await outcome(counter.put('x'.repeat(600), 1)),
    await outcome(counter.get(1)),
    await outcome(connect('nowhere')),
  ];
  await store.close();
  given.ended = await outcome(counter.get('a'));
  await other.close();
  return given;
}

/** What a watch tells until the key 'last' changes, and where the store has stood with its server meanwhile. */
export async function watchUntilLast({ connect, json, utf8 }, address, name) {
  const store = await connect(address);
  const states = [];
  store.on('state', (state) => states.push(state));
  const items = store.collection(name, { key: utf8, value: json });
  await items.count();
  const changes = items.watch();
  await items.put('first', 0);
  const told = [];
  for await (const { keys } of changes) {
    told.push(...keys);
    if (keys.includes('last')) break;
  }
  const last = await items.get('last');
  await store.close();
  return { told, states, last };
}

/** What a browser has not: the codes and the messages of the errors. */
export async function refused({ connect, Value }, address) {
  const tried = {
    file: () => connect('file:./shop'),
    unix: () => connect('unix:./shop.sock'),
    tcp: () => connect('tcp://127.0.0.1:7070'),
    tls: () => connect('tls://127.0.0.1:7070'),
    cache: () => connect(address, { cache: './cache' }),
    trace: () => connect(address, { trace: './trace' }),
    'tls option': () => connect(address, { tls: {} }),
    addons: async () => Value.from({}, 0, 1),
    msgpack: async () => {
      const store = await connect(address);
      await store
        .collection('packed')
        .get('a')
        .finally(() => store.close());
    },
  };
  const given = {};
  for (const [name, call] of Object.entries(tried)) {
    given[name] = await call().then(
      () => 'done',
      ({ code, message }) => `${code}: ${message}`,
    );
  }
  return given;
}
