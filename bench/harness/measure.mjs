// One measurement, in a process of its own: `node measure.mjs <JSON>`, printed as JSON. Times are ns an operation.
// drivers/c.c measures in the same way, all passes whatever they take.
import process from 'node:process';

const ENOUGH_MILLISECONDS = 200;

const { driver, workload, form, dataset, operations, warmUps, passes, leastMilliseconds, rests } = JSON.parse(
  process.argv[2],
);
const { open } = await import(`../drivers/${driver}.mjs`);
const { workloads, close } = await open(dataset, operations);
const work = workloads[workload]?.[form];
if (!work) throw new Error(`drivers/${driver}.mjs has no form ${form} of the workload ${workload}`);

const begin = process.hrtime.bigint();
// Peers that have only asynchronous interfaces give promises; the others need not wait for one.
const firstResult = work();
const isAsync = firstResult instanceof Promise;
const checksum = await firstResult;
const first = Number(process.hrtime.bigint() - begin) / operations;

// The last warm-up pass and each measured pass repeat the work until it lasts long enough for the clock. Where one pass takes
// long, there are fewer: warming up (with the first pass) and measuring each end after ENOUGH_MILLISECONDS.
const enough = ENOUGH_MILLISECONDS * 1e6;
for (let warmed = 1; warmed < warmUps - 1 && elapsed(begin) < enough; warmed++) await pass(1);
let repeat = 1;
if (first * operations < enough) {
  while ((await pass(repeat)) * repeat * operations < leastMilliseconds * 1e6) repeat *= 2;
}

const times = [];
const measureBegin = process.hrtime.bigint();
while (times.length < passes && (times.length === 0 || elapsed(measureBegin) < enough)) times.push(await pass(repeat));
await close?.();
console.log(JSON.stringify({ checksum, first, repeat, passes: times }));

function elapsed(since) {
  return Number(process.hrtime.bigint() - since);
}

async function pass(times) {
  // Not timed.
  if (rests) await new Promise((resolve) => setImmediate(resolve));
  const begin = process.hrtime.bigint();
  for (let i = 0; i < times; i++) {
    const result = isAsync ? await work() : work();
    if (result !== checksum) throw new Error(`${workload}: ${result} after ${checksum} from the same data`);
  }
  return Number(process.hrtime.bigint() - begin) / times / operations;
}
