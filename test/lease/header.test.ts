import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/fixture.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const include = ['-I', join(root, 'native/include')];
const folder = temporaryFolder();

/** Compiles a program of test/native/ and gives its path. `npm run test:asan` has them with sanitizers, and longer. */
function compile(name: string): string {
  const program = join(folder, name);
  const options = ['-std=c++20', '-O0', '-Wall', '-Wextra', '-Werror', '-pedantic'];
  execFileSync(process.env.CXX ?? 'c++', [
    ...options,
    ...include,
    join(root, 'test/native', `${name}.cc`),
    '-o',
    program,
  ]);
  return program;
}

test.each([
  ['C99', 'cc', ['-x', 'c', '-std=c99']],
  ['C++20', 'c++', ['-x', 'c++', '-std=c++20']],
])('lease.h alone is %s without a warning', (_, compiler, language) => {
  const uses = join(folder, 'uses.h.c');
  writeFileSync(uses, '#include <leasehold/lease.h>\nleasehold_source source;\n');
  const strict = ['-O2', '-Wall', '-Wextra', '-Werror', '-pedantic', '-c', uses, '-o', join(folder, 'uses.o')];
  execFileSync(compiler, [...language, ...include, ...strict]);
});

describe('the list of a source, where', () => {
  const program = compile('lease_faults');
  const names = execFileSync(program, { encoding: 'utf8' }).trim().split('\n');

  test.each(names)('%s', (name) => {
    const { status, signal, stderr } = spawnSync(program, [name], { encoding: 'utf8' });
    expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
  });
});

describe('random operations on lists, in callbacks too,', () => {
  let program: string;
  beforeAll(() => {
    program = compile('lease_random');
  });

  test('tell each sink once, and never leave one that may read what has gone', () => {
    const { status, signal, stdout, stderr } = spawnSync(program, ['50000'], { encoding: 'utf8' });
    // The seed is on the first line, to try again with.
    expect({ status, signal, stderr }, stdout).toEqual({ status: 0, signal: null, stderr: '' });
  });
});
