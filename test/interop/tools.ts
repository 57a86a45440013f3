import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** LMDB's own command-line tools, by their paths. */
export interface LmdbTools {
  stat: string;
  dump: string;
  load: string;
}

const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL('../..', import.meta.url));

/** Compiles the tools from the npm package's stock LMDB source, once for each version of it. */
export function compiledTools(): LmdbTools {
  const package_ = dirname(dirname(require.resolve('lmdb')));
  const { version } = require(join(package_, 'package.json')) as { version: string };
  const cache = join(root, 'node_modules/.cache/leasehold');
  const folder = join(cache, `lmdb-tools-${version}`);
  if (!existsSync(folder)) compile(join(package_, 'dependencies/lmdb-data-v1/libraries/liblmdb'), cache, folder);
  return toolsIn(folder);
}

/** The tools that this machine has installed (Debian's package lmdb-utils), undefined if it has none. */
export function installedTools(): LmdbTools | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const folder = folders.find((each) => Object.values(toolsIn(each)).every((tool) => existsSync(tool)));
  return folder === undefined ? undefined : toolsIn(folder);
}

function toolsIn(folder: string): LmdbTools {
  return { stat: join(folder, 'mdb_stat'), dump: join(folder, 'mdb_dump'), load: join(folder, 'mdb_load') };
}

/** Compiles beside the target and renames, since test files run at the same time. */
function compile(source: string, cache: string, target: string): void {
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'compiling-'));
  const compiler = process.env['CC'] ?? 'cc';
  const library = ['mdb', 'midl'].map((name) => {
    const object = join(folder, `${name}.o`);
    execFileSync(compiler, ['-O1', '-w', '-pthread', '-c', '-o', object, join(source, `${name}.c`)]);
    return object;
  });
  for (const tool of Object.values(toolsIn(folder))) {
    const name = tool.slice(folder.length + 1);
    execFileSync(compiler, ['-O1', '-w', '-pthread', '-o', tool, join(source, `${name}.c`), ...library]);
  }
  try {
    renameSync(folder, target);
  } catch (error) {
    rmSync(folder, { recursive: true });
    if (!existsSync(target)) throw error;
  }
}

/** What a tool prints. */
export function run(tool: string, args: string[], input?: string): string {
  return execFileSync(tool, args, { encoding: 'utf8', input: input ?? '', stdio: 'pipe', maxBuffer: 2 ** 28 });
}

/** Loads dumps into a database with mdb_load, and makes it if it is absent. */
export function load(tools: LmdbTools, path: string, ...dumps: string[]): void {
  mkdirSync(path, { recursive: true });
  for (const dump of dumps) run(tools.load, [path], dump);
}
