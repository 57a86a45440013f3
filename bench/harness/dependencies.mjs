import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { benchFolder } from './paths.mjs';

/**
 * Installs what bench/package-lock.json names, unless it is there. Its addons come compiled, so no script need run.
 */
export function ensureDependencies() {
  const installed = join(benchFolder, 'node_modules/.package-lock.json');
  const wanted = join(benchFolder, 'package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs) return;
  console.log('installing the dependencies of bench: npm ci --prefix bench');
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', benchFolder], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error('npm ci --prefix bench failed');
}
