import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/fixture.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const native = join(root, 'native');

/** Compiles a program of test/native/ with the engine core, and returns its path. `npm run test:asan` compiles it with sanitizers. */
function compileWithCore(name: string, folder: string): string {
  const lmdb = join(
    root,
    execFileSync(process.execPath, ['scripts/lmdb-source.mjs'], { cwd: root, encoding: 'utf8' }).trim(),
  );
  const sources = (readdirSync(join(native, 'core'), { recursive: true }) as string[]).filter((file) =>
    file.endsWith('.cc'),
  );
  const core = join(folder, 'core.cc');
  writeFileSync(core, sources.map((file) => `#include "${join(native, 'core', file)}"\n`).join(''));
  const options = ['-O0', '-w', '-pthread', '-I', native, '-I', join(native, 'include'), '-I', lmdb];
  const objects = [join(native, 'core/lmdb/lmdb_access.c'), join(lmdb, 'midl.c')].map((source, i) => {
    const object = join(folder, `${i}.o`);
    execFileSync(process.env['CC'] ?? 'cc', [...options, '-c', source, '-o', object]);
    return object;
  });
  const program = join(folder, name);
  const cpp = ['-std=c++20', '-fno-exceptions', ...options];
  execFileSync(process.env['CXX'] ?? 'c++', [
    ...cpp,
    core,
    join(root, 'test/native', `${name}.cc`),
    ...objects,
    '-o',
    program,
  ]);
  return program;
}

test('observers are told of every kind of change, by calls and by batches, and of every commit and rollback', () => {
  const folder = temporaryFolder();
  const program = compileWithCore('change_observers', folder);
  const database = join(folder, 'database');
  mkdirSync(database);
  const { status, signal, stderr } = spawnSync(program, [database], { encoding: 'utf8' });
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
});
