// Runs the programs of test/native/ under the address and undefined-behaviour sanitizers: the list of the lease protocol,
// with a million random operations. Arguments: the number of operations, and a seed to repeat a run with.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [operations = '1000000', ...seed] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'leasehold-asan-'));

function run(command, args) {
  const { status, signal, error } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? signal ?? status}`);
}

const OPTIONS = ['-std=c++20', '-O1', '-g', '-Wall', '-Wextra', '-pedantic', '-fno-omit-frame-pointer'];
const SANITIZERS = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];

try {
  for (const [name, args] of [
    ['lease_faults', ['all']],
    ['lease_random', [operations, ...seed]],
  ]) {
    const program = join(folder, name);
    const source = join(root, 'test/native', `${name}.cc`);
    run(process.env.CXX ?? 'c++', [
      ...OPTIONS,
      ...SANITIZERS,
      '-I',
      join(root, 'native/include'),
      source,
      '-o',
      program,
    ]);
    run(program, args);
  }
} finally {
  rmSync(folder, { recursive: true });
}
