import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { copyOfTheTree, quickly, run, temporaryFolder, unpack } from './tree.ts';

const folder = temporaryFolder();
const nodeModules = join(folder, 'node_modules');
const tree = join(folder, 'tree');
let installed: string;

// A user whose npm runs no install scripts gets the package with its prebuild, and nothing is compiled.
beforeAll(() => {
  copyOfTheTree(tree);
  run('npm', ['run', 'prebuild'], tree, quickly());
  installed = unpack(folder);
  cpSync(join(tree, 'prebuilds'), join(installed, 'prebuilds'), { recursive: true });
}, 240_000);

afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a program in a file beside node_modules, and returns what it prints. */
function output(name: string, program: string): string {
  writeFileSync(join(folder, name), program);
  return run(process.execPath, [name], folder).trim();
}

test('the prebuild is one file, named after the package', () => {
  expect(existsSync(join(installed, 'build'))).toBe(false);
  const platform = `${process.platform}-${process.arch}`;
  expect(readdirSync(join(installed, 'prebuilds'))).toEqual([platform]);
  const files = readdirSync(join(installed, 'prebuilds', platform));
  expect(files).toEqual([expect.stringMatching(/^leasehold(\.glibc|\.musl)?\.node$/)]);
});

test('the library loads from the prebuild, writes an entry and reads it', () => {
  const program = `
    import { open, utf8 } from 'leasehold';
    const env = open('./database');
    const words = env.collection('words', { key: utf8, value: utf8 });
    words.put('prebuilt', 'yes');
    console.log(words.get('prebuilt'), words.get('absent'));
    env.close();`;
  expect(output('writes.mjs', program)).toBe('yes undefined');
});

test('import and require() give the same module', () => {
  const program = `
    const required = require('leasehold');
    import('leasehold').then((imported) => {
      console.log(typeof required.open, required.open === imported.open, required.tuple === imported.tuple);
    });`;
  expect(output('requires.cjs', program)).toBe('function true true');
});

test('its types are found', () => {
  writeFileSync(
    join(folder, 'typed.mts'),
    "import { open } from 'leasehold';\nexport const env = open('./database');\n",
  );
  const tsc = join(tree, 'node_modules/typescript/bin/tsc');
  const types = join(tree, 'node_modules/@types');
  const options = [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2022',
    '--lib',
    'es2024,esnext.disposable',
  ];
  expect(run(process.execPath, [tsc, ...options, '--typeRoots', types, '--types', 'node', 'typed.mts'], folder)).toBe(
    '',
  );
});

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
};
const dependencies = Object.keys(manifest.dependencies);
const optional = Object.keys(manifest.peerDependencies);

test('the bundle imports nothing but what the package depends on', () => {
  const dist = join(installed, 'dist');
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));
  const found = (pattern: RegExp) =>
    files.flatMap((name) =>
      [...readFileSync(join(dist, name), 'utf8').matchAll(pattern)].map(([, from]) => from as string),
    );
  const imported = found(/^import[^;]*?from "([^."][^"]*)"/gm);
  const whenUsed = found(/\bimport\("([^."][^"]*)"\)/g);
  expect(imported).toContain('commander');
  const allowed = (name: string) =>
    name.startsWith('node:') ||
    builtinModules.includes(name) ||
    dependencies.some((each) => `${name}/`.startsWith(`${each}/`));
  expect(imported.filter((name) => !allowed(name))).toEqual([]);
  // What only some users need is loaded when it is used.
  const isOptional = (name: string) => optional.includes(name);
  expect(whenUsed.filter((name) => !allowed(name) && !isOptional(name))).toEqual([]);
  expect(whenUsed).toContain('ws');
});

test('the command runs as it is installed', () => {
  for (const name of dependencies) {
    const target = join(nodeModules, name);
    if (!existsSync(target)) symlinkSync(realpathSync(join('node_modules', name)), target);
  }
  const command = join(installed, 'dist/cli/main.js');
  const shown = (...args: string[]) => run(command, args, folder).trim();
  writeFileSync(join(folder, 'words.ndjson'), '{"word":"zebra","legs":4}\n{"word":"emu","legs":2}\n');
  expect(JSON.parse(shown('import', 'command', 'words', 'words.ndjson', '--key', 'word'))).toMatchObject({ rows: 2 });
  expect(shown('get', 'command', 'words', '["emu"]')).toBe('{"word":"emu","legs":2}');
  shown('put', 'command', 'words', '["ox"]', '{"word":"ox","legs":4}');
  shown('del', 'command', 'words', '["emu"]');
  expect(shown('scan', 'command', 'words', '--reverse', '--limit', '1')).toBe(
    '{"key":["zebra"],"value":{"word":"zebra","legs":4}}',
  );
  expect(shown('export', 'command', 'words', '--format', 'csv')).toBe('word,legs\nox,4\nzebra,4');
  expect(shown('stat', 'command').split('\n')).toHaveLength(2);
  expect(shown('verify', 'command')).toContain('"collection":"words","entries":2,"problems":0');
  shown('copy', 'command', 'copied', '--compact');
  shown('readers', 'copied', '--check');
  expect(run('sh', ['-c', `echo 'words.count()' | '${command}' repl copied`], folder).trim()).toBe('2');
});
