import process from 'node:process';
import { newResult, saveResult } from './results.mjs';
import { contestantsOf, measureRounds } from './rounds.mjs';
import { judge, requireAgreement, summarize } from './summary.mjs';
import { targetTable, workloadTable } from './tables.mjs';

/**
 * Runs a suite and prints its tables. Options: `{ rounds, entries?, workload?, driver? }`. Unless it was narrowed to some
 * workloads or drivers, it also writes `results/<name>.json`.
 */
export async function runSuite(name, suite, options) {
  const { rounds } = options;
  const workloads = await loadWorkloads(chosen('workload', options.workload, suite.workloads));
  const { drivers, absent } = await loadDrivers(chosen('driver', options.driver, workloads.flatMap(driversOf)));
  for (const [driver, reason] of Object.entries(absent)) console.log(`${driver} is left out: ${reason}`);

  const result = newResult(name, rounds);
  const measured = [];
  const verdicts = [];
  console.log(`${name}: ${rounds} rounds\n`);
  for (const workload of workloads) {
    const begin = Date.now();
    const dataset = { ...(workload.dataset ?? suite.dataset) };
    // `entries` makes a workload's data set smaller but never larger, since its values may be large.
    if (options.entries)
      dataset.entries = workload.dataset ? Math.min(options.entries, dataset.entries) : options.entries;
    for (const driver of driversOf(workload)) await drivers[driver]?.prepare(dataset);
    const results = await measureRounds({ workload, dataset, drivers, rounds, onMeasure: showProgress });
    showProgress('');
    requireAgreement(workload, results);
    const summary = summarize(workload, results);
    measured.push({
      workload: workload.name,
      title: workload.title,
      unit: workload.unit,
      floor: workload.floor,
      contestants: workload.contestants,
      peers: workload.peers,
      dataset,
      absent: contestantsOf(workload).flatMap(({ name, driver }) =>
        driver in absent ? [{ name, reason: absent[driver] }] : [],
      ),
      summary,
      rounds: results,
    });
    verdicts.push(...judge(workload, summary));
    const seconds = Math.round((Date.now() - begin) / 1000);
    console.log(`${workloadTable(workload, summary, dataset)}\n${seconds} s\n`);
  }
  if (verdicts.length) console.log(`${targetTable(verdicts)}\n`);

  console.log(`${result.machine.cpu}, ${result.machine.cores} cores, Node ${result.machine.node}`);
  if (options.workload || options.driver) return;
  saveResult({ ...result, measured, verdicts });
}

async function loadWorkloads(names) {
  return Promise.all(names.map(async (name) => (await import(`../workloads/${name}.mjs`)).workload));
}

function driversOf(workload) {
  return contestantsOf(workload).map(({ driver }) => driver);
}

/**
 * Loads the drivers named. For those that cannot run here, gives the reason instead: a driver may have `unavailable()`,
 * which gives the reason, or undefined.
 */
async function loadDrivers(names) {
  const drivers = {};
  const absent = {};
  for (const name of new Set(names)) {
    const driver = await importInstalled(name);
    const reason = driver ? driver.unavailable?.() : 'it is not installed';
    if (reason === undefined) drivers[name] = driver;
    else absent[name] = reason;
  }
  return { drivers, absent };
}

async function importInstalled(name) {
  try {
    return await import(`../drivers/${name}.mjs`);
  } catch (error) {
    if (error.code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

function chosen(what, names, known) {
  const unknown = names?.find((name) => !known.includes(name));
  if (unknown) throw new Error(`there is no ${what} ${unknown} here, but ${[...new Set(known)].join(', ')}`);
  return names ?? known;
}

function showProgress(text) {
  if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${text}`);
}
