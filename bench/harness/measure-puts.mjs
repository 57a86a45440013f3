// One measurement of the suite `put`, in a process of its own, printed as harness/measure.mjs prints it. Each pass stores
// all entries in one transaction of an environment that was made for it; that, and reading back, are not timed.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { cacheFolder } from './paths.mjs';
import { checksumOf, preparedKeys, preparedValues } from './puts.mjs';

const { driver, workload, form, operations, warmUps, passes } = JSON.parse(process.argv[2]);
const { open } = await import(`../drivers/${driver}.mjs`);
const keys = preparedKeys(workload, operations);
const values = preparedValues();
let checksum;

const first = await pass();
for (let warmed = 1; warmed < warmUps; warmed++) await pass();
const times = [];
while (times.length < passes) times.push(await pass());
console.log(JSON.stringify({ checksum, first, repeat: 1, passes: times }));

async function pass() {
  mkdirSync(cacheFolder, { recursive: true });
  const folder = mkdtempSync(join(cacheFolder, 'put-'));
  try {
    const { forms, count, get, close } = open(folder);
    const begin = process.hrtime.bigint();
    forms[form](keys, values);
    const time = Number(process.hrtime.bigint() - begin) / operations;
    const sum = checksumOf(keys, count(), get);
    if (checksum !== undefined && sum !== checksum) throw new Error(`${workload}: ${sum} after ${checksum}`);
    checksum = sum;
    await close();
    return time;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
