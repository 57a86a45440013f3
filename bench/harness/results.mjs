// What suites measured: results/<suite>.json.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { load, machine } from './machine.mjs';
import { resultsFolder } from './paths.mjs';

/**
 * What surrounds a suite's results: `{ suite, roundCount, date, load, machine }`. To be asked for when the suite begins;
 * `saveResult` adds the load at its end.
 */
export function newResult(suite, roundCount) {
  return { suite, roundCount, date: new Date(), load: [load()], machine: machine() };
}

/**
 * Writes results/<suite>.json. A result has `measured` (workloads), `figures` (single numbers; see figures.mjs), `growth`
 * (curves; see programs/growth.mjs) and `verdicts`, as far as the suite has them.
 */
export function saveResult(result) {
  const file = join(resultsFolder, `${result.suite}.json`);
  mkdirSync(resultsFolder, { recursive: true });
  const saved = { ...result, load: [...result.load, load()] };
  writeFileSync(file, `${JSON.stringify(saved, null, 2)}\n`);
  console.log(`written to ${file} after ${Math.round((Date.now() - saved.date) / 1000)} s`);
}

/** The results of the suites named, in that order, as far as they have been measured. */
export function loadResults(suites) {
  return suites.flatMap((suite) => {
    const file = join(resultsFolder, `${suite}.json`);
    return existsSync(file) ? [JSON.parse(readFileSync(file, 'utf8'))] : [];
  });
}
