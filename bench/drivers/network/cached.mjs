// A leasehold server, and a client with a cache that has been filled.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { clientOf } from './leasehold.mjs';

export { start } from './leasehold.mjs';

export async function client(address) {
  const cache = mkdtempSync(join(tmpdir(), 'leasehold-bench-cache-'));
  process.on('exit', () => rmSync(cache, { recursive: true, force: true }));
  return clientOf(address, { cache });
}
