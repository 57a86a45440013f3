import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { benchFolder } from './paths.mjs';

/**
 * Installs what bench/package-lock.json names, unless it is there. Its addons come compiled, so no script need run, but for
 * better-sqlite3: its script downloads a binary, or compiles one where it cannot.
 */
export function ensureDependencies() {
  const installed = join(benchFolder, 'node_modules/.package-lock.json');
  const wanted = join(benchFolder, 'package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs) return;
  console.log('installing the dependencies of bench: npm ci --prefix bench');
  npm('ci', '--ignore-scripts', '--no-audit', '--no-fund');
  npm('rebuild', 'better-sqlite3');
}

function npm(...args) {
  const { status } = spawnSync('npm', [...args, '--prefix', benchFolder], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} --prefix bench failed`);
}
