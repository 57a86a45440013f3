import process from 'node:process';
import { parseArgs } from 'node:util';
import { ensureDependencies } from './harness/dependencies.mjs';
import { suites } from './suites.mjs';

const usage = `npm run bench -- [suite…] [options]      suites: ${Object.keys(suites).join(' ')} (default: all)

  --rounds N        measurements of each contestant, each in its own process (default 5)
  --entries N       entries in the data set, instead of the suite's own number
  --workload NAME   only this workload; may be repeated
  --driver NAME     only this driver; may be repeated
  --help

Exit code: 0 measured, 1 a measurement failed or results differ, 2 usage. A missed target is reported, not an error.`;

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '5' },
      entries: { type: 'string' },
      workload: { type: 'string', multiple: true },
      driver: { type: 'string', multiple: true },
      help: { type: 'boolean' },
    },
  });
  const unknown = positionals.find((name) => !Object.hasOwn(suites, name));
  if (unknown) throw new Error(`there is no suite ${unknown}`);
  return {
    names: positionals.length ? positionals : Object.keys(suites),
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

let request;
try {
  request = readArguments();
} catch (error) {
  fail(2, `${error.message}\n\n${usage}`);
}
if (request.options.help) {
  console.log(usage);
  process.exit();
}

try {
  ensureDependencies();
  const { runSuite } = await import('./harness/suite.mjs');
  for (const name of request.names) {
    const suite = suites[name];
    if (suite.program) await (await import(`./programs/${suite.program}.mjs`)).run(request.options);
    else await runSuite(name, suite, request.options);
  }
} catch (error) {
  fail(1, error.message);
}
