// Before packing: puts what the addon is compiled from and a checkout has from npm, each with its licence, where a build
// of the tarball finds it: LMDB's patched source and node-addon-api's headers. With --remove, after packing: takes both
// away again.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vendorNapiHeaders } from './napi-headers.mjs';
import { patchedLmdb } from './patch-lmdb.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const vendor = join(root, 'native/vendor');

rmSync(vendor, { recursive: true, force: true });
if (!process.argv.includes('--remove')) {
  patchedLmdb(join(root, 'native/lmdb'), join(vendor, 'lmdb'));
  vendorNapiHeaders();
}
