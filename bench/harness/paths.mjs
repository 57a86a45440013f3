import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const rootFolder = fileURLToPath(new URL('../..', import.meta.url));
export const benchFolder = join(rootFolder, 'bench');
export const cacheFolder = join(benchFolder, '.data');
export const resultsFolder = join(benchFolder, 'results');
