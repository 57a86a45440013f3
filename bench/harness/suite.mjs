import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { load, machine } from './machine.mjs';
import { resultsFolder } from './paths.mjs';
import { targetTable, workloadTable } from './report.mjs';
import { contestantsOf, measureRounds } from './rounds.mjs';
import { judge, requireAgreement, summarize } from './summary.mjs';

/**
 * Runs a suite and prints its tables. Options: `{ rounds, entries?, workload?, driver? }`. Unless it was narrowed to some
 * workloads or drivers, it also writes `results/<name>.json`.
 */
export async function runSuite(name, suite, options) {
  const { rounds } = options;
  const workloads = await loadWorkloads(chosen('workload', options.workload, suite.workloads));
  const drivers = await loadDrivers(chosen('driver', options.driver, workloads.flatMap(driversOf)));

  const loadBefore = load();
  const measured = [];
  const verdicts = [];
  console.log(`${name}: ${rounds} rounds\n`);
  for (const workload of workloads) {
    const dataset = { ...(workload.dataset ?? suite.dataset) };
    if (options.entries) dataset.entries = options.entries;
    for (const driver of driversOf(workload)) await drivers[driver]?.prepare(dataset);
    const results = await measureRounds({ workload, dataset, drivers, rounds, onMeasure: showProgress });
    showProgress('');
    requireAgreement(workload, results);
    const summary = summarize(workload, results);
    measured.push({
      workload: workload.name,
      title: workload.title,
      unit: workload.unit,
      dataset,
      summary,
      rounds: results,
    });
    verdicts.push(...judge(workload, summary));
    console.log(`${workloadTable(workload, summary, dataset)}\n`);
  }
  if (verdicts.length) console.log(`${targetTable(verdicts)}\n`);

  const computer = machine();
  console.log(`${computer.cpu}, ${computer.cores} cores, Node ${computer.node}`);
  if (options.workload || options.driver) return;
  const file = join(resultsFolder, `${name}.json`);
  const times = { date: new Date(), load: [loadBefore, load()] };
  mkdirSync(resultsFolder, { recursive: true });
  const report = { suite: name, ...times, machine: computer, roundCount: rounds, measured, verdicts };
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  console.log(`written to ${file}`);
}

async function loadWorkloads(names) {
  return Promise.all(names.map(async (name) => (await import(`../workloads/${name}.mjs`)).workload));
}

function driversOf(workload) {
  return contestantsOf(workload).map(({ driver }) => driver);
}

async function loadDrivers(names) {
  const drivers = {};
  for (const name of names) drivers[name] ??= await import(`../drivers/${name}.mjs`);
  return drivers;
}

function chosen(what, names, known) {
  const unknown = names?.find((name) => !known.includes(name));
  if (unknown) throw new Error(`there is no ${what} ${unknown} here, but ${[...new Set(known)].join(', ')}`);
  return names ?? known;
}

function showProgress(text) {
  if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${text}`);
}
