// Prints the folder of node-addon-api's headers, for binding.gyp. In the npm tarball `npm pack` has put them there. In a checkout
// they are those of the development dependency.
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const vendored = join(root, 'native/vendor/node-addon-api');

/** The files that a build needs, and their licence. */
const NAPI_FILES = ['napi.h', 'napi-inl.h', 'LICENSE.md'];

function installed() {
  return dirname(createRequire(import.meta.url).resolve('node-addon-api/package.json'));
}

/** Copies the headers to the folder where a build of the tarball looks for them. */
export function vendorNapiHeaders() {
  mkdirSync(vendored, { recursive: true });
  for (const name of NAPI_FILES) copyFileSync(join(installed(), name), join(vendored, name));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(relative(root, existsSync(join(vendored, 'napi.h')) ? vendored : installed()));
}
