import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../store/fixture.ts';

const compiler = process.env['CXX'] ?? 'c++';

// The core as one file, without the optimiser: most of the time goes into the standard headers.
function compileWithCore(name: string, folder: string): string {
  const lmdb = execFileSync(process.execPath, ['scripts/lmdb-source.mjs'], { encoding: 'utf8' });
  const core = readdirSync('native/core', { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.cc'));
  const [program, wholeCore] = [join(folder, name), join(folder, 'core.cc')];
  writeFileSync(wholeCore, core.map((path) => `#include "${resolve('native/core', path)}"\n`).join(''));
  const include = ['native', 'native/include', 'test/native', lmdb].flatMap((path) => ['-I', path]);
  const objects = ['native/core/lmdb/lmdb_access.c', join(lmdb, 'midl.c')].map((path, i) => {
    const object = join(folder, `${i}.o`);
    execFileSync(process.env['CC'] ?? 'cc', ['-O0', '-w', ...include, '-c', path, '-o', object]);
    return object;
  });
  execFileSync(compiler, [
    '-std=c++20',
    '-O0',
    '-pthread',
    ...include,
    wholeCore,
    `test/native/${name}.cc`,
    ...objects,
    '-o',
    program,
  ]);
  return program;
}

test('observers are told of every change before it is made, and of commits, whichever way they come', () => {
  const folder = temporaryFolder();
  const database = join(folder, 'database');
  mkdirSync(database);
  const program = compileWithCore('change_observers', folder);
  const { status, stderr, signal } = spawnSync(program, [database], { encoding: 'utf8', timeout: 60_000 });
  expect([stderr, status, signal]).toEqual(['', 0, null]);
});
