// Prints the folder of the LMDB source from which the addon is compiled, for binding.gyp. In the npm tarball `npm pack` has put it
// there. In a checkout it is the stock source with the patches of native/lmdb/.
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

export async function lmdbSource() {
  const vendored = join(root, 'native/vendor/lmdb');
  if (existsSync(join(vendored, 'mdb.c'))) return vendored;
  const { patchedLmdb } = await import('./patch-lmdb.mjs');
  return patchedLmdb();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(relative(root, await lmdbSource()));
}
