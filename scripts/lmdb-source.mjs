// Prints the folder of LMDB's C source: inside the npm tarball, where `npm pack` put it, or else inside the
// npm package `lmdb`, a development dependency that carries the stock source unchanged.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

export function lmdbSource() {
  const vendored = join(root, 'native/vendor/lmdb');
  if (existsSync(join(vendored, 'mdb.c'))) return vendored;
  const entry = createRequire(import.meta.url).resolve('lmdb');
  const source = join(dirname(dirname(entry)), 'dependencies/lmdb-data-v1/libraries/liblmdb');
  if (!existsSync(join(source, 'mdb.c'))) throw new Error(`LMDB's source is not at ${source}: run npm ci`);
  return source;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(relative(root, lmdbSource()));
}
