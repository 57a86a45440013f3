// Which files of lib/ and of native/ the first steps of a program enter: `open`, a `put`, the first field of a range. A file
// counts if one of its functions runs. For lib/ V8 counts the calls of each function (precise coverage) while a step runs. For
// native/ gcc counts them (--coverage, without its optimiser, so that inline functions of headers count too): the script
// compares a run that ends after a step with one that ends before it.
//
//   node scripts/journeys.mjs [tree] [--files]
//
// `tree` is another checkout, with its node_modules; --files lists the files. Needs gcc and gcov, and a minute.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('journeys-program.mjs', import.meta.url));
const COMPILED = ['binding.gyp', 'lib', 'native', 'package.json', 'scripts', 'tsconfig.json', 'tsconfig.build.json'];

const { tree, lists } = parse(process.argv.slice(2));
const folder = mkdtempSync(join(tmpdir(), 'leasehold-journeys-'));
try {
  build();
  const steps = runUntil(Number.POSITIVE_INFINITY);
  let before = nativeCalls(() => runUntil(0));
  steps.forEach(({ name, files }, i) => {
    const after = nativeCalls(() => runUntil(i + 1));
    report(name, files, filesEntered(before, after));
    before = after;
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function parse(given) {
  const [path = dirname(dirname(fileURLToPath(import.meta.url)))] = given.filter((each) => each !== '--files');
  return { tree: resolve(path), lists: given.includes('--files') };
}

/** Compiles a copy of the tree: lib/ file by file, the addon with counters. */
function build() {
  for (const name of COMPILED) cpSync(join(tree, name), join(folder, name), { recursive: true });
  symlinkSync(join(tree, 'node_modules'), join(folder, 'node_modules'));
  run('npx', ['tsc', '-p', 'tsconfig.build.json', '--sourceMap', 'false', '--inlineSources', 'false']);
  const flags = '-O0 -fno-lto --coverage';
  run('npm', ['run', 'build:addon'], { CFLAGS: flags, CXXFLAGS: flags, LDFLAGS: '-fno-lto --coverage' });
}

function run(command, args, env = {}) {
  const settings = { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 28 };
  return execFileSync(command, args, { ...settings, env: { ...process.env, LEASEHOLD_UNITY_BUILD: '1', ...env } });
}

/** Runs the first `count` steps in a new process: the name of each, and the files of lib/ that it enters. */
function runUntil(count) {
  const data = mkdtempSync(join(folder, 'data-'));
  return JSON.parse(run(process.execPath, [PROGRAM, join(folder, 'dist'), data, String(count)]));
}

/** How often each function of native/ is called while `work` runs, by its file and name. */
function nativeCalls(work) {
  const objects = join(folder, 'build/Release/obj.target/leasehold');
  const found = () => readdirSync(objects, { recursive: true }).filter((name) => name.endsWith('.gcda'));
  for (const name of found()) rmSync(join(objects, name));
  work();
  const calls = new Map();
  for (const name of found()) {
    const told = run('gcov', ['--json-format', '--stdout', join(objects, name)]);
    for (const line of told.trim().split('\n')) addCalls(calls, JSON.parse(line));
  }
  return calls;
}

function addCalls(calls, { files }) {
  for (const { file, functions } of files) {
    const path = /(?:^|\/)(native\/(?!lmdb\/).*)$/.exec(file)?.[1];
    if (path === undefined) continue;
    for (const { name, execution_count: count } of functions) {
      const key = `${path} ${name}`;
      calls.set(key, (calls.get(key) ?? 0) + count);
    }
  }
}

function filesEntered(before, after) {
  const entered = [...after].filter(([key, count]) => count > (before.get(key) ?? 0));
  return [...new Set(entered.map(([key]) => key.split(' ')[0]))].sort();
}

function report(name, library, native) {
  const headers = native.filter((file) => file.endsWith('.h')).length;
  console.log(`${name}: ${library.length} files of lib/, ${native.length - headers} and ${headers} headers of native/`);
  if (lists) for (const file of [...library, ...native]) console.log(`  ${file}`);
}
