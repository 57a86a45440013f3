import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../support/fixture.ts';

const folder = temporaryFolder();
const program = join(folder, 'lmdb_faults');

beforeAll(() => {
  const source = execFileSync(process.execPath, ['scripts/lmdb-source.mjs'], { encoding: 'utf8' });
  const sources = ['test/native/lmdb_faults.c', join(source, 'midl.c')];
  const flags = ['-O0', '-w', '-pthread', '-I', source, '-o', program];
  execFileSync(process.env['CC'] ?? 'cc', [...flags, ...sources]);
});

// These tests fail with LMDB's stock source. Only 'no-open-file-locks' passes: the stock source never uses such locks.
test.skipIf(process.platform !== 'linux').each([
  ['signals', 'interrupted calls are made again'],
  ['short-writes', 'a write that ends early goes on where it ended'],
  ['full-disk', 'a commit that does not fit says ENOSPC and changes nothing'],
  ['full-at-creation', 'a new file that does not fit is empty, and made when there is room'],
  ['no-fallocate', 'a lock file has its space on the disk without fallocate()'],
  ['no-open-file-locks', 'a kernel without locks of open files gives those of the process'],
  ['full-sync', 'where there is F_FULLFSYNC, a commit makes two, and a failed one fails it'],
  ['spilled', 'the list of spilled pages is freed before the lock is given back'],
])('%s: %s', (what) => {
  const path = join(folder, what);
  mkdirSync(path);
  const { status, stderr, signal } = spawnSync(program, [what, path], { encoding: 'utf8', timeout: 60_000 });
  expect([stderr, status, signal]).toEqual(['', 0, null]);
});
