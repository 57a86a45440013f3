import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { quickly, root, run, temporaryFolder, unpack } from './tree.ts';

const user = temporaryFolder();
let installed: string;

beforeAll(() => {
  installed = unpack(user);
  writeFileSync(join(user, 'package.json'), '{ "dependencies": { "leasehold": "*" } }');
});

afterAll(() => rmSync(user, { recursive: true }));

test('the tarball carries the patched source of LMDB', () => {
  const patched = join(root, run(process.execPath, ['scripts/lmdb-source.mjs'], root));
  expect(patched).toMatch(/build.lmdb$/);
  for (const name of readdirSync(patched)) {
    expect(readFileSync(join(installed, 'native/vendor/lmdb', name), 'utf8')).toBe(
      readFileSync(join(patched, name), 'utf8'),
    );
  }
});

test('a build of the tarball uses the headers of node-addon-api that it carries', () => {
  expect(run(process.execPath, ['scripts/napi-headers.mjs'], installed)).toMatch(/^native.vendor.node-addon-api$/);
});

test('where there is neither a prebuild nor node-gyp, the install script says what to do', () => {
  const { npm_config_node_gyp: _, ...env } = process.env;
  const install = () =>
    run(process.execPath, ['scripts/install.mjs'], installed, { ...env, PATH: join(user, 'nothing') });
  expect(install).toThrow(/the native addon could not be compiled.*npm install --global node-gyp/s);
});

test('where nothing was compiled, loading says what to do', () => {
  const load = () => run(process.execPath, ['-e', "import('leasehold')"], user);
  expect(load).toThrow(/ERR_NATIVE_LOAD/);
});

test('where there is no prebuild, npm compiles the addon from the tarball alone', () => {
  run('npm', ['rebuild', 'leasehold', '--foreground-scripts'], user, quickly());
  expect(existsSync(join(installed, 'build/Release/leasehold.node'))).toBe(true);
  const program = `
    import { open, utf8 } from 'leasehold';
    const env = open('./database');
    const words = env.collection('words', { key: utf8, value: utf8 });
    words.put('compiled', 'yes');
    console.log(words.get('compiled'));
    env.close();`;
  expect(run(process.execPath, ['--input-type=module', '-e', program], user).trim()).toBe('yes');
}, 240_000);
