// Real keys: the names of a million packages of the npm registry, from the development dependency all-the-package-names.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { rootFolder } from './paths.mjs';

/** Bytes of the value of a name. */
export const NAME_VALUE_BYTES = 16;

/** So many names, evenly spread over all there are, in the order of their bytes. */
export function npmNames(entries) {
  const require = createRequire(join(rootFolder, 'package.json'));
  const names = JSON.parse(
    readFileSync(join(dirname(require.resolve('all-the-package-names/package.json')), 'names.json'), 'utf8'),
  );
  if (names.length < entries) throw new Error(`there are ${names.length} package names, not ${entries}`);
  const step = names.length / entries;
  const chosen = Array.from({ length: entries }, (_, i) => names[Math.floor(i * step)]);
  // All of them are ASCII, whose code units are in the order of the bytes.
  return chosen.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Writes the value of the name at `index`. */
export function writeNameValue(target, index) {
  target.fill(index & 255);
  target.writeUInt32LE(index, 0);
}
