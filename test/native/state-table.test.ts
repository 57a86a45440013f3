import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/fixture.ts';

test('the table of shared states finds, adds and evicts as a map does', () => {
  const program = join(temporaryFolder(), 'state_table');
  const lmdb = execFileSync(process.execPath, ['scripts/lmdb-source.mjs'], { encoding: 'utf8' }).trim();
  const include = ['native', 'native/include', lmdb].flatMap((each) => ['-I', each]);
  const sources = ['test/native/state_table.cc', 'native/core/versions/state_table.cc'];
  const options = ['-std=c++20', '-fno-exceptions', '-O1', '-w'];
  execFileSync(process.env['CXX'] ?? 'c++', [...options, ...include, '-o', program, ...sources]);
  const { status, stderr, signal } = spawnSync(program, { encoding: 'utf8' });
  expect([stderr, status, signal]).toEqual(['', 0, null]);
});
