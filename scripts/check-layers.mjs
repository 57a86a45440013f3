// The lint rule for the layers: a file imports only from its own layer and the ones below it, the addon is loaded in
// one place, and the engine core knows nothing of Node. Prints each violation and exits with 1 if there is one.
// An argument names another tree to check.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { functionsOf } from './cpp-functions.mjs';

/** The folders of lib/ from the bottom up. Folders on one line may import each other. index.ts may import all. */
const LAYERS = [
  ['base', 'native'],
  ['lease'],
  ['value'],
  ['key'],
  ['transaction'],
  ['catalog'],
  ['read'],
  ['write', 'versions'],
  ['environment'],
  ['join'],
  ['key-map'],
  ['objects'],
  ['wire', 'cache', 'pipeline', 'postgres'],
  ['server', 'client'],
  ['browser'],
  ['transfer'],
  ['cli'],
];
/** The built-ins as they were when the library was loaded. Only code that has leases in its hands needs them. */
const CAPTURED = 'base/primordials.ts';
const FIRST_WITHOUT_LEASES = 'transfer/';
const LOADER = 'native/native.ts';
/** The simulator's policies see the names and sizes of what is cached, nothing else. */
const POLICIES = 'cache/policies/';

const MOST_FILES = 25;
const MOST_LINES = 300;
/** For functions in C or C++. Biome checks functions in TypeScript. */
const MOST_FUNCTION_LINES = 60;
/** This header is a single file, since other addons copy it. */
const THE_PROTOCOL = 'include/leasehold/lease.h';

const IMPORT = /\b(?:import|export)\b[^'"`;]*?\bfrom\s*(['"])(.+?)\1|\bimport\s*\(?\s*(['"])(.+?)\3/g;
const DERIVED_CLASS = /^([ \t]*)(?:\S.*?\s)?class(?:\s+(\w+))?(?:<[^{;]*>)?\s+extends\b[^{]*\{/gm;
const OWN_CONSTRUCTOR = /^\s*(?:(?:private|protected|public)\s+)?constructor\(/m;
const LOADS_ADDON = /node-gyp-build|\bprocess\.dlopen\b|\.node['"`]/;
const INCLUDE = /^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]/gm;
/** The one header that includes node-addon-api. */
const NAPI_HEADER = 'addon/node_addon_api.h';
const NODE_HEADER = /^(?:node_api(?:_types)?|js_native_api(?:_types)?|napi(?:-inl)?|node(?:_.*)?|uv|v8(?:-.*)?)\.h$/;

/** The layer of a file by its path below lib/: its place in LAYERS, or -1 if it has none. */
function layerOf(path) {
  const [folder] = path.split('/');
  return LAYERS.findIndex((folders) => folders.includes(folder));
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
    // The command uses the library as a program does: its prompt has everything that the library exports.
    if (target === 'index.ts' && path.startsWith('cli/')) continue;
    if (target === 'index.ts') problems.push(`lib/${path}: imports lib/index.ts, which is for users only`);
    else if (target.startsWith('..')) problems.push(`lib/${path}: imports '${specifier}', which is outside lib`);
    else if (target === CAPTURED && layer >= layerOf(FIRST_WITHOUT_LEASES)) {
      problems.push(`lib/${path}: needs no captured built-ins: it sees no lease, and no memory that it was not lent`);
    } else if (layerOf(target) > layer) {
      problems.push(`lib/${path}: '${path.split('/')[0]}' may not import lib/${target}, which is above it`);
    }
  }
  return problems;
}

/**
 * Derived classes without a constructor. V8 passes the arguments of the one that it makes through Array.prototype[Symbol.iterator], which a
 * program can have replaced (Node 20; later if the class has fields).
 */
function checkConstructors(path, text) {
  if (layerOf(path) >= layerOf(FIRST_WITHOUT_LEASES) || path.startsWith(POLICIES)) return [];
  return [...text.matchAll(DERIVED_CLASS)]
    .filter(({ 0: head, 1: indent, index }) => {
      const end = text.indexOf(`\n${indent}}`, index);
      return end >= 0 && !OWN_CONSTRUCTOR.test(text.slice(index + head.length, end));
    })
    .map(
      ([, , name]) =>
        `lib/${path}: ${name ?? 'a class'} needs a constructor: the one that V8 makes shows its arguments to patched built-ins`,
    );
}

function checkLoader(path, text) {
  if (path === LOADER || !LOADS_ADDON.test(text)) return [];
  return [`lib/${path}: loads a native addon; only lib/${LOADER} may`];
}

function checkIncludes(path, text) {
  const forbidden = path.startsWith('core/')
    ? (header) => NODE_HEADER.test(header) || header.includes('addon/')
    : path.startsWith('include/')
      ? (header) => /(?:^|\/)(?:core|addon)\//.test(header) || /^napi(?:-inl)?\.h$/.test(header)
      : (header) => /^napi(?:-inl)?\.h$/.test(header) && path !== NAPI_HEADER;
  return [...text.matchAll(INCLUDE)]
    .filter(([, header]) => forbidden(header))
    .map(
      ([, header]) =>
        `native/${path}: may not include ${header}, which belongs to a layer above it, or to ${NAPI_HEADER}`,
    );
}

function* sources(folder, pattern) {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder, { recursive: true }).sort()) {
    const path = name.replaceAll(sep, '/');
    if (pattern.test(path)) yield [path, readFileSync(join(folder, name), 'utf8')];
  }
}

/** Replaces comments by blanks, so that an import in a comment is not found. */
function withoutComments(text) {
  return text.replace(/\/\*[\s\S]*?\*\/|(?<![:'"`\w])\/\/.*/g, '');
}

/** The files that each file of lib/ imports, including imports of types. */
function importsOf(path, text) {
  return [...text.matchAll(IMPORT)]
    .map(([, , from, , bare]) => from ?? bare)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => posix.join(posix.dirname(path), specifier));
}

/** Circles of imports, also through other files: a line for each circle that is found. */
function checkCircles(imports) {
  const problems = [];
  const done = new Set();
  const visit = (path, way) => {
    if (way.includes(path)) {
      problems.push(`lib/${[...way.slice(way.indexOf(path)), path].join(' -> lib/')}: a circle of imports`);
      return;
    }
    if (done.has(path)) return;
    for (const target of imports.get(path) ?? []) visit(target, [...way, path]);
    done.add(path);
  };
  for (const path of imports.keys()) visit(path, []);
  return problems;
}

/** Files of more than MOST_LINES lines. */
function checkLines(files) {
  const problems = [];
  for (const [path, text] of files) {
    const lines = text.split('\n').length - 1;
    if (lines > MOST_LINES)
      problems.push(`${path}: has ${lines} lines; above ${MOST_LINES}, look for the second concept`);
  }
  return problems;
}

/** Folders of more than MOST_FILES files. */
function checkFolders(paths) {
  const counts = new Map();
  for (const path of paths) {
    const folder = posix.dirname(path);
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  const problems = [];
  for (const [folder, count] of counts) {
    if (count > MOST_FILES) problems.push(`${folder}: has ${count} files, more than ${MOST_FILES}`);
  }
  return problems;
}

/** Functions of C or C++ with more than MOST_FUNCTION_LINES lines. */
function checkFunctions(path, text) {
  const functions = functionsOf(text);
  if (functions === null) return [`${path}: its braces do not match, so that its functions cannot be measured`];
  return functions
    .filter(({ lines }) => lines > MOST_FUNCTION_LINES)
    .map(({ head, line, lines }) => {
      const name = /[~\w:]+(?=\s*\()/.exec(head)?.[0] ?? 'a block';
      return `${path}:${line}: ${name} has ${lines} lines, more than ${MOST_FUNCTION_LINES}`;
    });
}

/** Every violation in the tree below `root`, a line for each. */
export function checkLayers(root) {
  const problems = [];
  const imports = new Map();
  const sized = [];
  for (const [path, text] of sources(join(root, 'lib'), /\.ts$/)) {
    const code = withoutComments(text);
    problems.push(...checkImports(path, code), ...checkLoader(path, code), ...checkConstructors(path, code));
    imports.set(path, importsOf(path, code));
    sized.push([`lib/${path}`, text]);
  }
  problems.push(...checkCircles(imports));
  for (const [path, text] of sources(join(root, 'native'), /^(?:core|include|addon)\/.*\.(?:h|cc|c)$/)) {
    problems.push(...checkIncludes(path, text));
    if (path !== THE_PROTOCOL) sized.push([`native/${path}`, text]);
    problems.push(...checkFunctions(`native/${path}`, text));
  }
  const tests = [...sources(join(root, 'test'), /\.\w+$/)].map(([path]) => `test/${path}`);
  return [...problems, ...checkLines(sized), ...checkFolders([...sized.map(([path]) => path), ...tests])];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = checkLayers(process.argv[2] ?? dirname(dirname(process.argv[1])));
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
