// Runs the programs of test/native/ under sanitizers. All of them are checked for bad addresses and undefined behaviour,
// for example the list of the lease protocol with a million random operations. The programs with threads (the queue of
// batches, the moving memory map, collections, versions) are also checked for data races.
// Arguments: the number of operations, and a seed to repeat a run with.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lmdbSource } from './lmdb-source.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const lmdb = await lmdbSource();
const [operations = '1000000', ...seed] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'leasehold-asan-'));

function run(command, args, env = process.env) {
  const { status, signal, error } = spawnSync(command, args, { stdio: 'inherit', env });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? signal ?? status}`);
}

const CC = process.env.CC ?? 'cc';
const CXX = process.env.CXX ?? 'c++';
const OPTIONS = ['-std=c++20', '-O1', '-g', '-Wall', '-Wextra', '-pedantic', '-fno-omit-frame-pointer'];
const SANITIZERS = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];

const include = ['-I', join(root, 'native'), '-I', join(root, 'native/include'), '-I', lmdb];

/** Compiles the engine core and LMDB, one object each. Returns the objects and the options to compile a program with them. */
function compileCore(sanitizers) {
  const core = join(root, 'native/core');
  const build = join(folder, sanitizers);
  mkdirSync(build);
  const all = join(build, 'core.cc');
  const sources = readdirSync(core, { recursive: true }).filter((file) => file.endsWith('.cc'));
  writeFileSync(all, sources.map((file) => `#include "${join(core, file)}"\n`).join(''));
  const options = ['-O1', '-g', '-pthread', `-fsanitize=${sanitizers}`, '-fno-sanitize-recover=all', ...include];
  const cpp = ['-std=c++20', '-Wall', '-Wextra', '-fno-exceptions', ...options];
  const objects = [all, join(core, 'lmdb/lmdb_access.c'), join(lmdb, 'midl.c')].map((source, i) => {
    const object = join(build, `${i}.o`);
    const [compiler, flags] = source === all ? [CXX, cpp] : [CC, ['-w', ...options]];
    run(compiler, [...flags, '-c', source, '-o', object]);
    return object;
  });
  return { build, options: cpp, objects };
}

/** Compiles a program with the core, and runs it in a new directory. */
function runWithCore(name, { build, options, objects }) {
  const program = join(build, name);
  const database = join(build, `${name}-database`);
  mkdirSync(database);
  run(CXX, [...options, join(root, 'test/native', `${name}.cc`), ...objects, '-o', program]);
  // LMDB's readers and writers read each other's transaction numbers without a lock, on purpose. By these numbers leasehold
  // knows that nobody uses a handle any more, before it gives the handle to another collection.
  const suppressions = join(build, 'suppressions');
  const racing = ['list_readers', 'oldest_read', 'open_handle', 'pin', 'unpin', 'raise', 'newest_id'].map(
    (each) => `race:^leasehold_${each}$\n`,
  );
  writeFileSync(suppressions, `race:^mdb_\n${racing.join('')}`);
  const env = { ...process.env, TSAN_OPTIONS: `suppressions=${suppressions}` };
  run(program, [database, '20'], env);
}

try {
  for (const [name, args] of [
    ['lease_faults', ['all']],
    ['lease_random', [operations, ...seed]],
  ]) {
    const program = join(folder, name);
    const source = join(root, 'test/native', `${name}.cc`);
    run(CXX, [...OPTIONS, ...SANITIZERS, ...include, source, '-o', program]);
    run(program, args);
  }
  const threads = ['batch_threads', 'map_moves', 'collection_threads', 'version_threads'];
  const memory = compileCore('address,undefined');
  for (const name of [...threads, 'join_hasher', 'change_observers', 'state_table']) runWithCore(name, memory);
  const races = compileCore('thread');
  for (const name of threads) runWithCore(name, races);
} finally {
  rmSync(folder, { recursive: true });
}
