// Builds lib/ to dist/: the type declarations by tsc, a file for each file, and the code by rolldown, bundled. Node takes
// 0.3 ms and 0.1 MiB for each module that it loads; as one module a library of sixty costs a third of the time.
// Given a folder, builds the code to that, without declarations.
import { spawnSync } from 'node:child_process';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = process.argv[2] ?? join(root, 'dist');

if (process.argv[2] === undefined) declare();

function declare() {
  rmSync(dist, { recursive: true, force: true });
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--emitDeclarationOnly'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

const isOfCommand = (id) => id.includes('/lib/cli/');

// What a module is part of: the library, if that needs it from the beginning; what the library loads when it is first
// used; or the command.
let needed;
function chunkOf(id, modules) {
  if (needed === undefined) {
    needed = new Set();
    const visit = (module) => {
      if (needed.has(module)) return;
      needed.add(module);
      modules.getModuleInfo(module)?.importedIds.forEach(visit);
    };
    for (const path of ['lib/index.ts', 'lib/lease/sources/lease-source.ts']) visit(join(root, path));
  }
  if (isOfCommand(id)) return null;
  return needed.has(id) ? 'library' : 'transfer';
}

const { output } = await build({
  cwd: root,
  input: { index: 'lib/index.ts', lease: 'lib/lease/sources/lease-source.ts', 'cli/main': 'lib/cli/main.ts' },
  platform: 'node',
  // What is imported by name of a package stays an import.
  external: (id) => !id.startsWith('.') && !id.startsWith('/'),
  transform: { target: 'node20.19' },
  output: {
    dir: dist,
    format: 'esm',
    sourcemap: true,
    // They are in the declarations and, by the map, in the sources.
    comments: false,
    entryFileNames: '[name].js',
    // The library at the top, since its addon is looked for one folder above; of the commands each by itself.
    chunkFileNames: ({ moduleIds }) => (moduleIds.some(isOfCommand) ? 'cli/[name].js' : '[name].js'),
    codeSplitting: { groups: [{ name: chunkOf, debugName: 'parts' }] },
  },
});

// V8 looks up what a module exports each time that the module itself uses it, since it could change: 8% of a range over structs.
// So the library exports other names of what it uses.
function exportCopies(code) {
  return code.replace(/^export \{ (.*) \};$/m, (_, list) => {
    const exports = list.split(', ').map((each) => each.split(' as '));
    for (const [name] of exports) {
      if (new RegExp(`^let ${name.replaceAll('$', '\\$')}\\b`, 'm').test(code))
        throw new Error(`${name} can change: export a function`);
    }
    const copies = exports.map(([name], i) => `const export$${i} = ${name};`);
    return [...copies, `export { ${exports.map(([name, to = name], i) => `export$${i} as ${to}`).join(', ')} };`].join(
      '\n',
    );
  });
}

// Of a source that has but ASCII V8 keeps one byte a character, and compiles it the faster.
for (const { type, fileName, code } of output) {
  if (type !== 'chunk') continue;
  // There the escape would mean something else.
  if (/\\[^\0-\x7f]|\.raw`/.test(code)) throw new Error(`${fileName} has a character that cannot be escaped`);
  const ascii = code.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  writeFileSync(join(dist, fileName), fileName === 'library.js' ? exportCopies(ascii) : ascii);
}

chmodSync(join(dist, 'cli/main.js'), 0o755);
