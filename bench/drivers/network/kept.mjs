// Bare sockets whose client keeps a large value.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { clientOf, start as startRaw } from './raw.mjs';

export function start(folder, data) {
  const own = join(folder, 'kept');
  mkdirSync(own);
  return startRaw(own, data);
}

export const client = (path) => clientOf(path, true);
