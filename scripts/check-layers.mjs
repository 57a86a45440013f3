// The lint rule for the layers: a file imports only from its own layer and the ones below it, the addon is loaded in
// one place, and the engine core knows nothing of Node. Prints each violation and exits with 1 if there is one.
// An argument names another tree to check.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** From the bottom up. `base` is every file that lies directly in lib/, but for index.ts, which may import all. */
const LAYERS = ['base', 'lease', 'value', 'key', 'store', 'query', 'transfer', 'cli'];
const LOADER = 'native.ts';

const IMPORT = /\b(?:import|export)\b[^'"`;]*?\bfrom\s*(['"])(.+?)\1|\bimport\s*\(?\s*(['"])(.+?)\3/g;
const LOADS_ADDON = /node-gyp-build|\bprocess\.dlopen\b|\.node['"`]/;
const INCLUDE = /^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]/gm;
const NODE_HEADER = /^(?:node_api(?:_types)?|js_native_api(?:_types)?|napi(?:-inl)?|node(?:_.*)?|uv|v8(?:-.*)?)\.h$/;

/** The layer of a file by its path below lib/: its place in LAYERS, or -1 if it has none. */
function layerOf(path) {
  const folder = posix.dirname(path);
  return LAYERS.indexOf(folder === '.' ? 'base' : folder.split('/')[0]);
}

function checkImports(path, text) {
  const problems = [];
  const layer = layerOf(path);
  if (path === 'index.ts') return problems;
  if (layer < 0) return [`lib/${path}: its folder is in no layer; give it a place in scripts/check-layers.mjs`];
  for (const [, , from, , bare] of text.matchAll(IMPORT)) {
    const specifier = from ?? bare;
    if (!specifier.startsWith('.')) continue;
    const target = posix.join(posix.dirname(path), specifier);
    // The command is the library's user: its prompt has all that the library exports.
    if (target === 'index.ts' && LAYERS[layer] === 'cli') continue;
    if (target === 'index.ts') problems.push(`lib/${path}: imports lib/index.ts, which is for users only`);
    else if (target.startsWith('..')) problems.push(`lib/${path}: imports '${specifier}', which is outside lib`);
    else if (layerOf(target) > layer) {
      problems.push(`lib/${path}: layer '${LAYERS[layer]}' may not import lib/${target}, which is above it`);
    }
  }
  return problems;
}

function checkLoader(path, text) {
  if (path === LOADER || !LOADS_ADDON.test(text)) return [];
  return [`lib/${path}: loads a native addon; only lib/${LOADER} may`];
}

function checkIncludes(path, text) {
  const forbidden = path.startsWith('core/')
    ? (header) => NODE_HEADER.test(header) || header.includes('addon/')
    : path.startsWith('include/')
      ? (header) => /(?:^|\/)(?:core|addon)\//.test(header)
      : () => false;
  return [...text.matchAll(INCLUDE)]
    .filter(([, header]) => forbidden(header))
    .map(([, header]) => `native/${path}: may not include ${header}, which belongs to a layer above it`);
}

function* sources(folder, pattern) {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder, { recursive: true }).sort()) {
    const path = name.replaceAll(sep, '/');
    if (pattern.test(path)) yield [path, readFileSync(join(folder, name), 'utf8')];
  }
}

/** Blanks comments out, so that an import named in one is not taken for an import. */
function withoutComments(text) {
  return text.replace(/\/\*[\s\S]*?\*\/|(?<![:'"`\w])\/\/.*/g, '');
}

/** Every violation in the tree below `root`, one line each. */
export function checkLayers(root) {
  const problems = [];
  for (const [path, text] of sources(join(root, 'lib'), /\.ts$/)) {
    const code = withoutComments(text);
    problems.push(...checkImports(path, code), ...checkLoader(path, code));
  }
  for (const [path, text] of sources(join(root, 'native'), /^(?:core|include)\/.*\.(?:h|cc|c)$/)) {
    problems.push(...checkIncludes(path, text));
  }
  return problems;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = checkLayers(process.argv[2] ?? dirname(dirname(process.argv[1])));
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
