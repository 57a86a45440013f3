// One measurement, in a process of its own: `node measure.mjs <JSON>`, printed as JSON. Times are ns an operation.
// drivers/c.c measures in the same way; what is stated here holds for both.
import process from 'node:process';

const { driver, workload, form, dataset, operations, warmUps, passes, leastMilliseconds } = JSON.parse(process.argv[2]);
const { open } = await import(`../drivers/${driver}.mjs`);
const { workloads, close } = open(dataset, operations);
const work = workloads[workload]?.[form];
if (!work) throw new Error(`drivers/${driver}.mjs has no form ${form} of the workload ${workload}`);

const begin = process.hrtime.bigint();
const checksum = work();
const first = Number(process.hrtime.bigint() - begin) / operations;

// The last of the warm-up passes repeats the work until it lasts long enough for the clock, and so do the measured ones.
for (let warmed = 1; warmed < warmUps - 1; warmed++) pass(1);
let repeat = 1;
while (pass(repeat) * repeat * operations < leastMilliseconds * 1e6) repeat *= 2;

const times = Array.from({ length: passes }, () => pass(repeat));
await close?.();
console.log(JSON.stringify({ checksum, first, repeat, passes: times }));

function pass(times) {
  const begin = process.hrtime.bigint();
  for (let i = 0; i < times; i++) {
    const result = work();
    if (result !== checksum) throw new Error(`${workload}: ${result} after ${checksum} from the same data`);
  }
  return Number(process.hrtime.bigint() - begin) / times / operations;
}
