// Compiles the native addon with node-gyp into build/. Uses the headers of the running Node if they are on this machine.
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeGyp, nodeHeaders } from './node-gyp.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { command, args } = nodeGyp();
const headers = nodeHeaders();

const { status, error } = spawnSync(
  command,
  [
    ...args,
    'rebuild',
    `--jobs=${availableParallelism()}`,
    ...(headers === undefined ? [] : [`--nodedir=${headers}`]),
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' && args.length === 0 },
);

if (status !== 0) {
  const why =
    error?.code === 'ENOENT'
      ? "there is no node-gyp: install it ('npm install --global node-gyp'), or install leasehold with npm, which has one"
      : 'node-gyp failed, as it says above; it needs python3, make and a C++20 compiler (g++ 10, clang 12 or later)';
  console.error(`leasehold: the native addon could not be compiled for ${process.platform}-${process.arch}: ${why}.`);
  process.exitCode = 1;
}
