// Runs when the package is installed. Compiles the addon, unless the package has a prebuild that loads on this machine.
// In a checkout the addon is always compiled, since a prebuild there may be older than the sources. A checkout has lib/; the tarball does not.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

function prebuildLoads() {
  if (existsSync(`${root}/lib`)) return false;
  const require = createRequire(import.meta.url);
  try {
    require('node-gyp-build')(root);
    return true;
  } catch {
    return false;
  }
}

if (!prebuildLoads()) await import('./build-addon.mjs');
