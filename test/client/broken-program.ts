import { expect } from 'vitest';
import { runChild } from '../support/child.ts';
import { temporaryFolder } from '../support/fixture.ts';
import { isLong } from '../support/long.ts';

/**
 * What a program has broken before it uses a server and its clients: each expression replaces a built-in. `broken` throws. A `then` that does nothing is not among them:
 * whoever waits for a promise with it waits for ever.
 */
const ALL_BREAKS: readonly string[] = [
  'Map.prototype.get = broken',
  'Promise.prototype.then = broken',
  'Array.prototype[Symbol.iterator] = broken',
  'JSON.parse = broken',
  'Uint8Array.prototype.__proto__.subarray = broken',
  'Set.prototype.add = broken',
  'Map.prototype.get = () => undefined',
  'Map.prototype.set = broken',
  'Map.prototype.delete = () => true',
  'Map.prototype[Symbol.iterator] = broken',
  'Map.prototype.values = () => []',
  'Set.prototype.has = () => true',
  'Set.prototype.delete = broken',
  'Set.prototype[Symbol.iterator] = broken',
  'Array.prototype[Symbol.iterator] = function* () {}',
  'Array.prototype.push = broken',
  'Array.prototype.map = () => []',
  'Array.prototype.filter = broken',
  'Array.prototype.splice = broken',
  'Array.prototype.includes = () => false',
  'Array.prototype.__proto__.then = 5',
  'JSON.stringify = () => "5"',
  'JSON.parse = () => ({})',
  'JSON.parse = () => null',
  'Promise.prototype.catch = broken',
  'Promise.all = broken',
  'Uint8Array.prototype.__proto__.set = () => {}',
  'Uint8Array.prototype.__proto__.subarray = () => new Uint8Array(3)',
  'Uint8Array.prototype.__proto__.slice = broken',
  'Uint8Array.prototype.__proto__.fill = broken',
  'Buffer.concat = broken',
  'Buffer.from = broken',
  'Buffer.prototype.latin1Slice = broken',
  'Buffer.prototype.utf8Slice = broken',
  'Buffer.prototype.toString = broken',
  'String.prototype.startsWith = broken',
  'Math.min = broken',
  'Math.max = () => 1e9',
  'Number.isSafeInteger = () => true',
  'Function.prototype.call = broken',
  'Function.prototype.apply = broken',
  'Function.prototype.bind = broken',
  'Object.keys = () => []',
  'Object.prototype.next = 1',
  'Object.prototype.flags = 255',
];

/** Some in each form, since each takes a moment. */
const SHORT = 6;

export const BREAKS: readonly string[] = isLong ? ALL_BREAKS : ALL_BREAKS.slice(0, SHORT);

const PROGRAM = `
const { Worker } = await import('node:worker_threads');
const { writeFileSync } = await import('node:fs');
const source = \`
import { parentPort, workerData } from 'node:worker_threads';
const { args, library, code } = workerData;
const load = (name) => import(library + '/dist/' + name + '.js');
const { open, bytes, utf8, json } = await load('index');
const broken = () => { throw new Error('broken by the program'); };
const post = parentPort.postMessage.bind(parentPort);
let isPatched = false;
const patch = () => { (0, eval)('(broken) => { ' + code + ' }')(broken); isPatched = true; };
try {
  \${args.everyday}
  post('works');
} catch (error) {
  post(!isPatched ? 'not patched: ' + error.stack : error.code ?? (error.message === 'broken by the program' ? 'broken' : 'untyped: ' + error.stack));
}
\`;
writeFileSync(args.folder + '/worker.mjs', source);
async function outcomeOf(code, i) {
  const worker = new Worker(args.folder + '/worker.mjs', { workerData: { args: args.places[i], library, code } });
  let told;
  const ended = new Promise((resolve) => {
    worker.on('message', (message) => { told = message; resolve(); });
    worker.on('error', (error) => { told = 'uncaught: ' + error?.stack; resolve(); });
    worker.on('exit', resolve);
    setTimeout(() => { told ??= 'hangs'; resolve(); }, 20_000).unref();
  });
  await ended;
  await worker.terminate();
  return [code, told ?? 'ended'];
}
const waiting = args.breaks.map((code, i) => [code, i]);
await Promise.all([1, 2].map(async () => {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) tell(await outcomeOf(...next));
}));
process.exit(0);
`;

/** Runs a program of patched-program.ts once for each of `BREAKS`, with the arguments at its place of `places`, and looks at what it gets: none of it may match `isWrong`. */
export function runBroken(everyday: string, places: readonly object[], isWrong: RegExp): void {
  const { told, stderr, status } = runChild(
    PROGRAM,
    { folder: temporaryFolder(), breaks: BREAKS, everyday, places },
    { timeout: 500_000 },
  );
  const wrong = told.filter((each) => isWrong.test((each as [string, string])[1]));
  expect({ wrong, stderr, status }).toEqual({ wrong: [], stderr: '', status: 0 });
  expect(told).toHaveLength(BREAKS.length);
}
