import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const rootFolder = fileURLToPath(new URL('../..', import.meta.url));
/** Where the build of this checkout is. */
export const libraryUrl = pathToFileURL(join(rootFolder, 'dist/index.js')).href;
export const benchFolder = join(rootFolder, 'bench');
export const cacheFolder = join(benchFolder, '.data');
export const resultsFolder = process.env.BENCH_RESULTS ?? join(benchFolder, 'results');
