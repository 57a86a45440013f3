import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A folder of its own for a test. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'leasehold-package-'));
}

const SOURCES = ['lib', 'native', 'scripts', 'test', 'docs', 'package.json', 'binding.gyp', 'LICENSE'].concat([
  'tsconfig.json',
  'tsconfig.build.json',
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
]);

/**
 * A copy of the sources to build and pack in, since node-gyp's `rebuild` and npm's scripts change the folder that they
 * run in, and other tests are using this one. It shares the installed packages.
 */
export function copyOfTheTree(target: string): string {
  for (const name of SOURCES) {
    const from = join(root, name);
    if (existsSync(from)) cpSync(from, join(target, name), { recursive: true });
  }
  rmSync(join(target, 'native/vendor'), { recursive: true, force: true });
  symlinkSync(join(root, 'node_modules'), join(target, 'node_modules'));
  return target;
}

/** The folder `prebuilds` of the sources as they are, made by `npm run prebuild` unless that has been done for them. */
export function prebuilds(): string {
  const cache = join(root, 'node_modules/.cache/leasehold');
  const cached = join(cache, `prebuild-${fingerprint()}`);
  if (!existsSync(cached)) {
    mkdirSync(cache, { recursive: true });
    const making = mkdtempSync(join(cache, 'making-'));
    const tree = copyOfTheTree(join(making, 'tree'));
    run('npm', ['run', 'prebuild', '--', '--out', making], tree);
    rmSync(tree, { recursive: true });
    for (const old of readdirSync(cache)) {
      if (old.startsWith('prebuild-')) rmSync(join(cache, old), { recursive: true });
    }
    renameSync(making, cached);
  }
  return join(cached, 'prebuilds');
}

/** Compiles lib/ of a copy of the tree to its dist/. */
export function compileLibrary(tree: string): void {
  run('npm', ['run', 'build:ts'], tree);
}

/** Copies an installed package to where a user's package would have it. */
export function copyPackage(name: string, nodeModules: string): void {
  const from = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  cpSync(from, join(nodeModules, name), { recursive: true });
}

/** Runs a command to its end and gives what it printed; if it fails, the error has all of it. */
export function run(command: string, args: string[], cwd: string, env: NodeJS.ProcessEnv = process.env): string {
  return execFileSync(command, args, {
    cwd,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 2 ** 26,
  });
}

function fingerprint(): string {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch} ${process.version}`);
  const native = readdirSync(join(root, 'native'), { recursive: true, withFileTypes: true });
  const paths = native.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const path of [
    ...paths.sort(),
    ...['binding.gyp', 'scripts/prebuild.mjs', 'scripts/patch-lmdb.mjs', 'package-lock.json'].map((name) =>
      join(root, name),
    ),
  ]) {
    hash.update(path.slice(root.length)).update(readFileSync(path));
  }
  return hash.digest('hex').slice(0, 16);
}
