// 10,000 persistent objects, each of which refers to ten others, and clients that go along all references, each with a connection of its own: they begin with nothing.
import { join } from 'node:path';
import process from 'node:process';

const { dial, idOf, open, openStore, parseAddress, persistent, ref, RemoteEngine, serve, t } = await import(
  process.env.BENCH_LIBRARY
);

const OBJECTS = 10_000;
const FIELDS = Array.from({ length: 10 }, (_, i) => `next${i}`);
const COLLECTION = '__leasehold_objects';
/** The address of the server has the id of the first object behind this. */
const BEFORE_ID = '#';

export async function start(folder) {
  const references = Object.fromEntries(FIELDS.map((name) => [name, ref().optional()]));
  const Part = persistent('bench.Part', { name: t.utf8, number: t.f64, ...references })(class {});
  const store = openStore(open(join(folder, `objects-${process.pid}`), { mapSize: 2 ** 28, durability: 'nosync' }));
  store.write(() => {
    const parts = Array.from({ length: OBJECTS }, (_, i) => new Part({ name: `object number ${i}`, number: i }));
    for (let i = 1; i < OBJECTS; i++) parts[Math.floor((i - 1) / 10)][FIELDS[(i - 1) % 10]] = parts[i];
    store.root.first = parts[0];
  });
  const address = `unix:${join(folder, `objects-${process.pid}.sock`)}`;
  await serve(store.environment, { listen: address });
  return `${address}${BEFORE_ID}${idOf(store.root.first)}`;
}

/** Of a client: `fetch(engine, id)` brings much at once, and gives what it has brought, by id. */
export function clientWith({ prefetch = false, fetch = async () => new Map() }) {
  return (place) => {
    const [address, id] = place.split(BEFORE_ID);
    return { walk: () => walk(parseAddress(address), Number(id), prefetch, fetch) };
  };
}

async function walk(address, first, prefetch, fetch) {
  const engine = await RemoteEngine.connect({
    dial: () => dial(address, { tls: undefined, timeout: 5000 }),
    token: undefined,
    timeout: 10_000,
    mostValue: 2 ** 31 - 1,
    onState() {},
    prefetch,
  });
  const at = engine.processed();
  const found = await fetch(engine, first);
  const waiting = [first];
  let count = 0;
  while (waiting.length > 0) {
    const id = waiting.pop();
    let bytes = found.get(id);
    if (bytes === undefined) {
      const key = keyOf(id);
      await engine.load([{ collection: COLLECTION, key }], at, (state) => {
        bytes = state.bytes;
      });
    }
    count++;
    // The first one is looked at next.
    for (let i = countIn(bytes) - 1; i >= 0; i--) waiting.push(referenceIn(bytes, i));
  }
  const { counters } = engine.prefetch ?? {};
  engine.close();
  if (count !== OBJECTS) throw new Error(`${count} objects were found`);
  return { count, ...(counters && { wasted: (counters.prefetched - counters.prefetchUsed) / counters.prefetched }) };
}

/** What hints bring: two levels at a time, since hints have at most 1,000 names. */
export async function fetchByHints(engine, first) {
  const hints = Object.fromEntries(
    FIELDS.map((name) => [name, Object.fromEntries(FIELDS.map((each) => [each, true]))]),
  );
  const found = new Map();
  const taker = { state: ({ key, bytes }) => found.set(idIn(key, 0), bytes), rows() {} };
  const follow = (ids) => engine.follow({ ids, hints, at: engine.processed(), budget: 2 ** 24 }, taker);
  await follow([first]);
  // Those that refer to nothing that is here.
  const isLast = (bytes) => countIn(bytes) === 0 || !found.has(referenceIn(bytes, 0));
  await follow([...found].filter(([, bytes]) => isLast(bytes)).map(([id]) => id));
  return found;
}

function keyOf(id) {
  const key = Buffer.alloc(8);
  key.writeUInt32BE(id, 4);
  return key;
}

function idIn(bytes, at) {
  return ((bytes[at + 4] << 24) | (bytes[at + 5] << 16) | (bytes[at + 6] << 8) | bytes[at + 7]) >>> 0;
}

/** How many ids stand at the end of a record, before their number. */
function countIn(bytes) {
  return bytes[bytes.length - 1];
}

function referenceIn(bytes, i) {
  return idIn(bytes, bytes.length - 4 - 8 * (countIn(bytes) - i));
}
