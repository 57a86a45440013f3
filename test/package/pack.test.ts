import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packed } from './tree.ts';

const { tree, paths } = packed();

test('the tarball has the library, its types and its documents', () => {
  const documents = ['LICENSE', 'README.md', 'CHANGELOG.md'].filter((name) => existsSync(join(tree, name)));
  expect(paths).toEqual(expect.arrayContaining(['package.json', 'dist/index.js', 'dist/index.d.ts', ...documents]));
});

test('the tarball has prebuilds, and all that compiling the addon needs', () => {
  const sources = readdirSync(join(tree, 'native'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:h|c|cc)$/.test(name))
    .map((name) => `native/${name}`);
  const lmdb = ['mdb.c', 'midl.c', 'lmdb.h', 'midl.h', 'LICENSE', 'COPYRIGHT'].map(
    (name) => `native/vendor/lmdb/${name}`,
  );
  const napi = ['napi.h', 'napi-inl.h', 'LICENSE.md'].map((name) => `native/vendor/node-addon-api/${name}`);
  expect(sources.length).toBeGreaterThan(0);
  expect(paths).toEqual(
    expect.arrayContaining(['prebuilds/linux-x64/leasehold.node', 'binding.gyp', ...sources, ...lmdb, ...napi]),
  );
});

test('the code in the tarball is ASCII, of which V8 keeps one byte a character', () => {
  const code = paths.filter((path) => /^dist\/.*\.js$/.test(path));
  expect(code).toContain('dist/index.js');
  expect(code.filter((path) => /[^\n\t -~]/.test(readFileSync(join(tree, path), 'utf8')))).toEqual([]);
});

test('a program that imports the library loads one file, and none of the client, the server, the objects or the command', () => {
  const importsOf = (path: string) => {
    const code = readFileSync(join(tree, path), 'utf8');
    return [...code.matchAll(/^(?:import|export) .*?from "(\.[^"]*)";$/gm)].map(([, name]) => name);
  };
  for (const entry of ['index', 'lease']) expect(importsOf(`dist/${entry}.js`)).toEqual(['./library.js']);
  expect(importsOf('dist/library.js')).toEqual([]);
});

test('the tarball has nothing else', () => {
  const allowed =
    /^(?:dist|native|prebuilds|docs)\/|^scripts\/(?:install|build-addon|node-gyp|link-flags|lmdb-source|napi-headers|native-sources)\.mjs$/;
  expect(paths.filter((path) => path.includes('/') && !allowed.test(path))).toEqual([]);
});

test('packing leaves no copy of LMDB or node-addon-api behind', () => {
  expect(existsSync(join(tree, 'native/vendor'))).toBe(false);
});
