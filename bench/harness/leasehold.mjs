// The only place that names the library: the build of this checkout.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rootFolder } from './paths.mjs';

const entry = join(rootFolder, 'dist/index.js');
if (!existsSync(entry)) throw new Error('leasehold is not built: run `npm run build` first');

export const { open, bytes, hashJoin, KeyMap, struct, t, uint32, importRecords, utf8 } = await import(
  pathToFileURL(entry).href
);
