// Runs when the package is installed. A bundled prebuild that loads here needs nothing; otherwise the addon is compiled.
// In a checkout (the tarball has no lib/) it always is: a prebuild that lies about there may be older than the sources.
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
