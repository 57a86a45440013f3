import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { copyOfTheTree, run, temporaryFolder } from './tree.ts';

const folder = temporaryFolder();
const tree = join(folder, 'tree');
let packed: string[];

beforeAll(() => {
  copyOfTheTree(tree);
  mkdirSync(join(tree, 'prebuilds/linux-x64'), { recursive: true });
  writeFileSync(join(tree, 'prebuilds/linux-x64/leasehold.node'), 'stands for a prebuild');
  mkdirSync(join(tree, 'build/Release'), { recursive: true });
  writeFileSync(join(tree, 'build/Release/leasehold.node'), 'is not to be packed');
  const json = run('npm', ['pack', '--dry-run', '--json'], tree);
  const [{ files }] = JSON.parse(json.slice(json.indexOf('[\n'))) as [{ files: { path: string }[] }];
  packed = files.map(({ path }) => path);
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true }));

test('the tarball has the library, its types and its documents', () => {
  const documents = ['LICENSE', 'README.md', 'CHANGELOG.md'].filter((name) => existsSync(join(tree, name)));
  expect(packed).toEqual(expect.arrayContaining(['package.json', 'dist/index.js', 'dist/index.d.ts', ...documents]));
});

test('the tarball has prebuilds, and all that compiling the addon needs', () => {
  const sources = readdirSync(join(tree, 'native'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:h|c|cc)$/.test(name))
    .map((name) => `native/${name}`);
  const lmdb = ['mdb.c', 'midl.c', 'lmdb.h', 'midl.h', 'LICENSE', 'COPYRIGHT'].map(
    (name) => `native/vendor/lmdb/${name}`,
  );
  expect(sources.length).toBeGreaterThan(0);
  expect(packed).toEqual(
    expect.arrayContaining(['prebuilds/linux-x64/leasehold.node', 'binding.gyp', ...sources, ...lmdb]),
  );
});

test('the code in the tarball is ASCII, of which V8 keeps one byte a character', () => {
  const code = packed.filter((path) => /^dist\/.*\.js$/.test(path));
  expect(code).toContain('dist/index.js');
  expect(code.filter((path) => /[^\n\t -~]/.test(readFileSync(join(tree, path), 'utf8')))).toEqual([]);
});

test('the tarball has nothing else', () => {
  const allowed =
    /^(?:dist|native|prebuilds|docs)\/|^scripts\/(?:install|build-addon|node-gyp|link-flags|lmdb-source|native-sources)\.mjs$/;
  expect(packed.filter((path) => path.includes('/') && !allowed.test(path))).toEqual([]);
});

test('packing leaves no copy of LMDB behind', () => {
  expect(existsSync(join(tree, 'native/vendor'))).toBe(false);
});
