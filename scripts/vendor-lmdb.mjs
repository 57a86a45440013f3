// Before packing: copies the stock LMDB source, with its licence, to where the tarball's build finds it. With --remove,
// after packing: takes it away again.
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lmdbSource } from './lmdb-source.mjs';

const vendor = fileURLToPath(new URL('../native/vendor', import.meta.url));

rmSync(vendor, { recursive: true, force: true });
if (!process.argv.includes('--remove')) {
  const source = lmdbSource();
  const target = join(vendor, 'lmdb');
  mkdirSync(target, { recursive: true });
  for (const name of ['mdb.c', 'midl.c', 'lmdb.h', 'midl.h', 'LICENSE', 'COPYRIGHT']) {
    copyFileSync(join(source, name), join(target, name));
  }
}
