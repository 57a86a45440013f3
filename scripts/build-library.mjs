// Builds lib/ to dist/. tsc makes a type declaration for each file, and rolldown bundles the code. Node takes
// 0.3 ms and 0.1 MiB for each module that it loads: sixty modules in one file are loaded in a third of the time.
// Given a folder, builds the code into that folder, without declarations.
import { spawnSync } from 'node:child_process';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { asciiCode } from './ascii-code.mjs';
import { buildBrowser } from './build-browser.mjs';

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
const isOfObjects = (id) => id.includes('/lib/objects/');
const isOfRemoteObjects = (id) => id.includes('/lib/objects/wire/');
const isOfCache = (id) => id.includes('/lib/cache/');
const isOfPostgres = (id) => id.includes('/lib/postgres/');
const isOfTransfer = (id) => id.includes('/lib/transfer/');
const isOfNetwork = (id) => /\/lib\/(wire|server|client)\//.test(id);

// What the library needs at once.
let needed;
function isNeededAtOnce(id, modules) {
  if (needed === undefined) {
    needed = new Set();
    const visit = (module) => {
      if (needed.has(module)) return;
      needed.add(module);
      modules.getModuleInfo(module)?.importedIds.forEach(visit);
    };
    for (const path of ['lib/index.ts', 'lib/lease/sources/lease-source.ts']) visit(join(root, path));
  }
  return needed.has(id);
}

// The chunk of a module: the library; a chunk that it loads when it is first used; persistent objects; those over a
// server; server and client; the client's cache; the engine on PostgreSQL; the command; or what several of these share.
function chunkOf(id, modules) {
  if (isNeededAtOnce(id, modules)) return 'library';
  if (isOfCommand(id)) return null;
  if (isOfRemoteObjects(id)) return 'remote-objects';
  if (isOfObjects(id)) return 'objects-parts';
  if (isOfNetwork(id)) return 'network';
  if (isOfCache(id)) return 'cache';
  if (isOfPostgres(id)) return 'postgres';
  return isOfTransfer(id) ? 'transfer' : 'shared';
}

const { output } = await build({
  cwd: root,
  input: {
    index: 'lib/index.ts',
    lease: 'lib/lease/sources/lease-source.ts',
    objects: 'lib/objects/index.ts',
    server: 'lib/server/index.ts',
    client: 'lib/client/index.ts',
    'cli/main': 'lib/cli/main.ts',
  },
  platform: 'node',
  preserveEntrySignatures: 'allow-extension',
  // Imports of packages stay imports.
  external: (id) => !id.startsWith('.') && !id.startsWith('/'),
  transform: { target: 'node20.19' },
  // lib/objects/handle.ts says why it uses eval.
  checks: { eval: false },
  output: {
    dir: dist,
    format: 'esm',
    sourcemap: true,
    // Comments are in the declarations and, by the source map, in the sources.
    comments: false,
    entryFileNames: '[name].js',
    // The library is at the top, since it looks for its addon one folder above. Each command is a separate chunk.
    chunkFileNames: ({ moduleIds }) => (moduleIds.some(isOfCommand) ? 'cli/[name].js' : '[name].js'),
    // Each module is where chunkOf puts it, and not where another one imports it.
    codeSplitting: { includeDependenciesRecursively: false, groups: [{ name: chunkOf, debugName: 'parts' }] },
  },
});

// When a module uses a binding that it also exports, V8 looks the binding up each time, since it could change. That takes 8% of the
// time of a range over structs. So the library exports other names for the bindings that it uses.
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

for (const { type, fileName, code } of output) {
  if (type !== 'chunk') continue;
  const ascii = asciiCode(code, fileName);
  writeFileSync(join(dist, fileName), fileName === 'library.js' ? exportCopies(ascii) : ascii);
}

await buildBrowser(dist);
chmodSync(join(dist, 'cli/main.js'), 0o755);
