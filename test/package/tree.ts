import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sharedOnce } from '../support/shared-once.ts';

export const root: string = fileURLToPath(new URL('../..', import.meta.url));

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

/** A C++ compiler for all test files, which compiles no text twice: see compiler.mjs. */
export function compiler(): string {
  const folder = sharedOnce('compiler', (making) => {
    const script = [process.execPath, fileURLToPath(new URL('compiler.mjs', import.meta.url))].map(
      (path) => `'${path}'`,
    );
    const real = process.env['CXX'] ?? 'c++';
    writeFileSync(join(making, 'c++'), `#!/bin/sh\nexec ${script.join(' ')} "$(dirname "$0")" ${real} "$@"\n`, {
      mode: 0o755,
    });
  });
  return join(folder, 'c++');
}

/**
 * What a command that compiles the addon is given in its environment: whether it compiles does not depend on the
 * optimiser, nor on how many sources the compiler is given at once, and both take most of the time.
 */
export function quickly(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    LEASEHOLD_UNITY_BUILD: '1',
    CXX: compiler(),
    CFLAGS: '-O0 -fno-lto',
    CXXFLAGS: '-O0 -fno-lto',
    LDFLAGS: '-fno-lto',
  };
}

/** What `npm pack` makes of a copy of the sources as they are. */
export interface Packed {
  /** The folder that was packed. What stands for a prebuild in it is none. */
  tree: string;
  tarball: string;
  /** The paths in the tarball. */
  paths: string[];
}

/** Packs once for all test files, which change nothing there. */
export function packed(): Packed {
  const folder = sharedOnce('packed', (making) => {
    const tree = copyOfTheTree(join(making, 'tree'));
    for (const path of ['prebuilds/linux-x64', 'build/Release']) {
      mkdirSync(join(tree, path), { recursive: true });
      writeFileSync(join(tree, path, 'leasehold.node'), 'stands for an addon');
    }
    writeFileSync(join(making, 'npm.txt'), run('npm', ['pack', '--json', '--pack-destination', making], tree));
  });
  // Before the JSON stands what the script `prepare` printed.
  const printed = readFileSync(join(folder, 'npm.txt'), 'utf8');
  const [{ filename, files }] = JSON.parse(printed.slice(printed.indexOf('[\n'))) as [
    { filename: string; files: { path: string }[] },
  ];
  return { tree: join(folder, 'tree'), tarball: join(folder, filename), paths: files.map(({ path }) => path) };
}

/** Installs the tarball, without what stands for a prebuild in it, in the folder of a user's package; no script is run. */
export function unpack(user: string): string {
  const nodeModules = join(user, 'node_modules');
  const installed = join(nodeModules, 'leasehold');
  mkdirSync(installed, { recursive: true });
  run('tar', ['xzf', packed().tarball, '--strip-components=1', '-C', installed], user);
  rmSync(join(installed, 'prebuilds'), { recursive: true });
  copyPackage('node-gyp-build', nodeModules);
  return installed;
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
