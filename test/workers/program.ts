/** The parts of a program that starts worker threads. */
export interface WorkerProgram {
  /** Runs first, in every thread. */
  shared?: string;
  /** Runs in the main thread. There `start(data)` returns a new Worker that runs `worker`. */
  main: string;
  /** Runs in each worker, which has `workerData`, `say(message)` and `heard()`: a promise of the next message. */
  worker: string;
}

/** The source of such a program, for `runChild`. In a separate process, a crash does not end the tests. */
export function workerProgram({ shared = '', main, worker }: WorkerProgram): string {
  return `
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
const start = (data) => new Worker(new URL(import.meta.url), { argv: [process.argv[2]], workerData: data });
/** Not events.once(), which also ends at an error, while the thread still runs. */
const exitOf = (worker) => new Promise((resolve) => worker.once('exit', resolve));
const say = (message) => parentPort.postMessage(message);
const heard = async () => (await once(parentPort, 'message'))[0];
const turn = () => new Promise((resolve) => setImmediate(resolve));
/** The Mulberry32 generator: numbers from 0 to n - 1. */
const randomOf = (seed) => (n) => {
  seed = (seed + 0x6d2b79f5) | 0;
  let x = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
  return ((x ^ (x >>> 14)) >>> 0) % n;
};
${shared}
if (isMainThread) {
${main}
} else {
${worker}
}
`;
}

/**
 * A collection in which each commit writes the same version number into all values. So a reader can tell whether all that
 * it sees belongs to one snapshot. Some values are short, some have overflow pages.
 */
export const versions = `
const KEYS = 300;
const lengthOf = (key) => (key % 50 === 0 ? 50_000 : key % 10 === 0 ? 5000 : 30 + key);
const contents = (key, version) => Buffer.alloc(lengthOf(key), 'k' + key + 'v' + version + ';');
const openItems = (options = {}) => {
  const env = open(args.path, { durability: 'nosync', maxReaders: 60, ...options });
  return { env, items: env.collection('items', { key: uint32, value: bytes }) };
};
const rewrite = ({ env, items }) => env.write(() => {
  const version = Number(/v(\\d+)/.exec(items.get(1)?.toBuffer().toString() ?? 'v0')[1]) + 1;
  for (let key = 0; key < KEYS; key++) items.put(key, contents(key, version));
  return version;
});
const versionOf = (value) => {
  const text = value.toBuffer().subarray(0, 40).toString();
  const [, version] = /^k1v(\\d+);/.exec(text) ?? [];
  if (version === undefined) throw new Error('no version in ' + JSON.stringify(text) + ' of ' + value.byteLength + ' bytes, now ' + value.toBuffer());
  return Number(version);
};
const check = (key, value, version) => {
  if (!value.equals(contents(key, version))) {
    throw new Error('wrong bytes of key ' + key + ' at version ' + version + ': ' + value.toBuffer().subarray(0, 40));
  }
};
`;
