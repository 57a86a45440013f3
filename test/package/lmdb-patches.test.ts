import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { root, temporaryFolder } from './tree.ts';

const { patchedLmdb } = (await import(join(root, 'scripts/patch-lmdb.mjs'))) as {
  patchedLmdb(patches: string, target: string): string;
};
const PATCHES = 'native/lmdb';
const folder = temporaryFolder();
const stock = join(
  dirname(dirname(createRequire(import.meta.url).resolve('lmdb'))),
  'dependencies/lmdb-data-v1/libraries/liblmdb',
);

afterAll(() => rmSync(folder, { recursive: true }));

/** Returns `mdb.c` with the patches of the repository and one more. */
function patched(name?: string, patch?: string): string {
  const work = mkdtempSync(join(folder, 'patches-'));
  cpSync(PATCHES, join(work, 'patches'), { recursive: true });
  if (name !== undefined) writeFileSync(join(work, 'patches', name), patch as string);
  mkdirSync(join(work, 'made'));
  patchedLmdb(join(work, 'patches'), join(work, 'made'));
  expect(readdirSync(join(work, 'made')).sort()).toEqual([
    'COPYRIGHT',
    'LICENSE',
    'lmdb.h',
    'mdb.c',
    'midl.c',
    'midl.h',
  ]);
  return readFileSync(join(work, 'made/mdb.c'), 'utf8');
}

const patches = readdirSync(PATCHES).filter((name) => name.endsWith('.patch'));

test.each(patches)('%s has a number, a name and its reason at its head', (name) => {
  expect(name).toMatch(/^\d\d-[a-z0-9-]+\.patch$/);
  const [head] = readFileSync(join(PATCHES, name), 'utf8').split(/^--- /m) as [string];
  expect(head).toMatch(/^Stock: /m);
  expect(head).toMatch(/^Now: /m);
});

test('numbers of patches are given once', () => {
  const numbers = patches.map((name) => name.slice(0, 2));
  expect(new Set(numbers).size).toBe(numbers.length);
});

test('the patches apply to the stock source', () => {
  expect(patched()).not.toBe(readFileSync(join(stock, 'mdb.c'), 'utf8'));
});

test.each([
  ['was made for another source', '@@ -1,1 +1,1 @@\n-this line is not there\n+nor this\n', 'fits in 0 places'],
  ['fits in two places', '@@ -1,1 +1,1 @@\n-\treturn rc;\n+\treturn 0;\n', /fits in \d+ places/],
  ['has no hunks', '', 'no hunks'],
])('a patch that %s stops the build and is named', (_, hunks, says) => {
  const apply = () => patched('99-wrong.patch', `Stock: x.\n\nNow: y.\n\n--- mdb.c\n+++ mdb.c\n${hunks}`);
  expect(apply).toThrow(says);
  expect(apply).toThrow('99-wrong.patch');
});

test('a patch for a file that is not compiled stops the build', () => {
  const apply = () => patched('99-tool.patch', '--- mdb_stat.c\n+++ mdb_stat.c\n@@ -1,1 +1,1 @@\n-a\n+b\n');
  expect(apply).toThrow('99-tool.patch');
  expect(apply).toThrow('mdb_stat.c');
});
