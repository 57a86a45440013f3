import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

export const rootFolder = fileURLToPath(new URL('../..', import.meta.url));
export const benchFolder = join(rootFolder, 'bench');
export const cacheFolder = join(benchFolder, '.data');
export const resultsFolder = process.env.BENCH_RESULTS ?? join(benchFolder, 'results');
