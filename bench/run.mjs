import process from 'node:process';
import { parseArgs } from 'node:util';
import { ensureDependencies } from './harness/dependencies.mjs';
import { suites } from './suites.mjs';

const standard = Object.keys(suites).filter((name) => !suites[name].apart);
const apart = Object.keys(suites).filter((name) => suites[name].apart);

const usage = `npm run bench -- [suite…] [options]
  suites: ${standard.join(' ')} (default: all of these), and by name only: ${apart.join(' ')}

  --rounds N              measurements of each contestant, each in its own process (default 5)
  --entries N             entries in the data set, instead of the suite's own number
  --workload NAME         only this workload; may be repeated
  --driver NAME           only this driver; may be repeated. A run narrowed by either writes no results
  --no-install            install nothing: leave out who is not installed
  --report                measure nothing: write the report of the results that are there
  --charts FOLDER         write the charts of the README, too
  --save-baseline [FILE]  keep the results, to be compared with (default bench/results/baseline.json)
  --compare [FILE]        compare the results with those kept; what is slower beyond the noise is a regression
  --help
  FILE ends in .json. BENCH_RESULTS in the environment names another folder for results.

Exit code: 0 measured, 1 a measurement failed or results differ, 2 usage, 3 --compare found a regression.
A missed target is reported, not an error.`;

/** Writes `--name FILE` and `--name` alone, which parseArgs does not know, as `--name=FILE` and `--name=`. */
function withOptionalFiles(args, names) {
  const result = [];
  for (let i = 0; i < args.length; i++) {
    if (!names.includes(args[i])) result.push(args[i]);
    else if (args[i + 1]?.endsWith('.json')) result.push(`${args[i]}=${args[++i]}`);
    else result.push(`${args[i]}=`);
  }
  return result;
}

function readArguments() {
  const { values, positionals } = parseArgs({
    args: withOptionalFiles(process.argv.slice(2), ['--save-baseline', '--compare']),
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '5' },
      entries: { type: 'string' },
      workload: { type: 'string', multiple: true },
      driver: { type: 'string', multiple: true },
      'no-install': { type: 'boolean' },
      report: { type: 'boolean' },
      charts: { type: 'string' },
      'save-baseline': { type: 'string' },
      compare: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const unknown = positionals.find((name) => !Object.hasOwn(suites, name));
  if (unknown) throw new Error(`there is no suite ${unknown}`);
  return {
    names: positionals.length ? positionals : standard,
    options: {
      ...values,
      rounds: positiveInteger('--rounds', values.rounds),
      entries: values.entries && positiveInteger('--entries', values.entries),
    },
  };
}

function positiveInteger(option, text) {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`${option} takes a positive integer, not ${text}`);
  return value;
}

function fail(code, message) {
  console.error(message);
  process.exit(code);
}

async function measure(names, options) {
  const { runSuite } = await import('./harness/suite.mjs');
  for (const name of names) {
    const suite = suites[name];
    if (suite.program) await (await import(`./programs/${suite.program}.mjs`)).run(options);
    else await runSuite(name, suite, options);
  }
}

/** Writes the report, keeps it and compares it as asked; gives the exit code. */
async function conclude(names, options) {
  const { compareResults, comparisonTable, defaultBaseline, loadBaseline, saveBaseline } = await import(
    './harness/baseline.mjs'
  );
  const { writeReport } = await import('./report/write.mjs');
  const { loadResults } = await import('./harness/results.mjs');
  // Read before it may be written.
  const earlier = options.compare === undefined ? undefined : loadBaseline(options.compare || defaultBaseline);
  await writeReport(Object.keys(suites), options.charts);
  if (options['save-baseline'] !== undefined) saveBaseline(options['save-baseline'] || defaultBaseline);
  if (!earlier) return 0;
  const comparison = compareResults(earlier, loadResults(names));
  console.log(`\n${comparisonTable(comparison)}`);
  return comparison.some(({ verdict }) => verdict === 'slower') ? 3 : 0;
}

let request;
try {
  request = readArguments();
} catch (error) {
  fail(2, `${error.message}\n\n${usage}`);
}
const { names, options } = request;
if (options.help) {
  console.log(usage);
  process.exit();
}

try {
  if (!options['no-install']) ensureDependencies();
  if (!options.report) await measure(names, options);
  if (!options.workload && !options.driver) process.exitCode = await conclude(names, options);
} catch (error) {
  fail(1, error.message);
}
