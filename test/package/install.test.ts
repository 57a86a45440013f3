import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { copyOfTheTree, copyPackage, run, temporaryFolder } from './tree.ts';

const folder = temporaryFolder();
const user = join(folder, 'user');
const installed = join(user, 'node_modules/leasehold');

beforeAll(() => {
  const tree = copyOfTheTree(join(folder, 'tree'));
  run('npm', ['pack', '--pack-destination', folder], tree);
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) as string;
  mkdirSync(installed, { recursive: true });
  run('tar', ['xzf', join(folder, tarball), '--strip-components=1', '-C', installed], folder);
  copyPackage('node-gyp-build', join(user, 'node_modules'));
  writeFileSync(join(user, 'package.json'), '{ "dependencies": { "leasehold": "*" } }');
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true }));

test('the tarball carries the patched source of LMDB', () => {
  const patched = join(folder, 'tree', run(process.execPath, ['scripts/lmdb-source.mjs'], join(folder, 'tree')));
  expect(patched).toMatch(/build.lmdb$/);
  for (const name of readdirSync(patched)) {
    expect(readFileSync(join(installed, 'native/vendor/lmdb', name), 'utf8')).toBe(
      readFileSync(join(patched, name), 'utf8'),
    );
  }
});

test('where there is neither a prebuild nor node-gyp, the install script says what to do', () => {
  const { npm_config_node_gyp: _, ...env } = process.env;
  const install = () =>
    run(process.execPath, ['scripts/install.mjs'], installed, { ...env, PATH: join(folder, 'nothing') });
  expect(install).toThrow(/the native addon could not be compiled.*npm install --global node-gyp/s);
});

test('where nothing was compiled, loading says what to do', () => {
  const load = () => run(process.execPath, ['-e', "import('leasehold')"], user);
  expect(load).toThrow(/ERR_NATIVE_LOAD/);
});

test('where there is no prebuild, npm compiles the addon from the tarball alone', () => {
  // Whether it compiles does not depend on the optimiser, which takes two thirds of the time.
  const env = { ...process.env, CFLAGS: '-O0 -fno-lto', CXXFLAGS: '-O0 -fno-lto', LDFLAGS: '-fno-lto' };
  run('npm', ['rebuild', 'leasehold', '--foreground-scripts'], user, env);
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
