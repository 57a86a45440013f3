// Before packing: puts the patched LMDB source, with its licence, where the tarball's build finds it. With --remove,
// after packing: takes it away again.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { patchedLmdb } from './patch-lmdb.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const vendor = join(root, 'native/vendor');

rmSync(vendor, { recursive: true, force: true });
if (!process.argv.includes('--remove')) patchedLmdb(join(root, 'native/lmdb'), join(vendor, 'lmdb'));
