// Makes the prebuild for this platform in prebuilds/<platform>-<arch>/. It uses Node-API, so it works in every version of
// Node, and it is stripped. On Linux its name says for which C library it is. Arguments are passed on to prebuildify.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeHeaders } from './node-gyp.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const prebuildify = createRequire(import.meta.url).resolve('prebuildify/bin.js');
const headers = nodeHeaders();

const { status } = spawnSync(
  process.execPath,
  [
    prebuildify,
    '--napi',
    '--strip',
    `--target=${process.versions.node}`,
    ...(process.platform === 'linux' ? ['--tag-libc'] : []),
    ...process.argv.slice(2),
  ],
  {
    cwd: root,
    stdio: 'inherit',
    // prebuildify passes no arguments of ours to node-gyp, but node-gyp also reads them from the environment.
    env: { ...process.env, npm_config_jobs: 'max', ...(headers && { npm_config_nodedir: headers }) },
  },
);
process.exitCode = status ?? 1;
