import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sharedOnce } from '../support/shared-once.ts';

export const root: string = fileURLToPath(new URL('../..', import.meta.url));

/** A new folder for one test. */
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
 * A copy of the sources in which a test can build and pack. node-gyp's `rebuild` and npm's scripts change the folder in
 * which they run, and other tests use the repository's folder. The copy shares the installed packages.
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

/** A C++ compiler for all test files that never compiles the same text twice: see compiler.mjs. */
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
 * Environment variables that make the addon compile quickly: without the optimiser, and with all sources in two files.
 * These tests check only whether the addon compiles, and neither setting changes that.
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

/** The result of `npm pack` on a copy of the present sources. */
export interface Packed {
  /** The folder that was packed. In place of a prebuild it contains a dummy file. */
  tree: string;
  tarball: string;
  /** The paths in the tarball. */
  paths: string[];
}

/** Packs once for all test files. They must not change the result. */
export function packed(): Packed {
  const folder = sharedOnce('packed', (making) => {
    const tree = copyOfTheTree(join(making, 'tree'));
    for (const path of ['prebuilds/linux-x64', 'build/Release']) {
      mkdirSync(join(tree, path), { recursive: true });
      writeFileSync(join(tree, path, 'leasehold.node'), 'stands for an addon');
    }
    writeFileSync(join(making, 'npm.txt'), run('npm', ['pack', '--json', '--pack-destination', making], tree));
  });
  // The output of the script `prepare` comes before the JSON.
  const printed = readFileSync(join(folder, 'npm.txt'), 'utf8');
  const [{ filename, files }] = JSON.parse(printed.slice(printed.indexOf('[\n'))) as [
    { filename: string; files: { path: string }[] },
  ];
  return { tree: join(folder, 'tree'), tarball: join(folder, filename), paths: files.map(({ path }) => path) };
}

/** Installs the tarball in the folder of a user's package, without the dummy prebuild. Runs no scripts. */
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

/** Runs a command and returns its output. If the command fails, the error contains the output. */
export function run(command: string, args: string[], cwd: string, env: NodeJS.ProcessEnv = process.env): string {
  return execFileSync(command, args, {
    cwd,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 2 ** 26,
  });
}
