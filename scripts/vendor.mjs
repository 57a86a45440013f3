// Runs before packing. Copies LMDB's patched source and node-addon-api's headers, with their licences, into the package, since the addon is
// compiled from them. A checkout gets them from npm. With --remove, runs after packing and removes the copies.
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
