import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { MOST_KEY_BYTES } from '../../lib/catalog/key-size.ts';
import { temporaryFolder } from '../support/fixture.ts';

const folder = temporaryFolder();
const program = join(folder, 'lmdb_twins');

beforeAll(() => {
  const source = execFileSync(process.execPath, ['scripts/lmdb-source.mjs'], { encoding: 'utf8' }).trim();
  const include = ['native', 'native/include', source].flatMap((each) => ['-I', each]);
  const sources = ['test/native/lmdb_twins.c', join(source, 'midl.c')];
  execFileSync(process.env['CC'] ?? 'cc', ['-O1', '-w', '-pthread', ...include, '-o', program, ...sources]);
});

test.each([1, 2, 3, 4, 5, 6])(
  'native/core/lmdb/ and LMDB find, walk, count, put and compare alike (seed %i)',
  (seed) => {
    const path = join(folder, String(seed));
    mkdirSync(path);
    const { status, stderr, signal } = spawnSync(program, [String(seed), path, String(MOST_KEY_BYTES)], {
      encoding: 'utf8',
    });
    expect([stderr, status, signal]).toEqual(['', 0, null]);
  },
);
