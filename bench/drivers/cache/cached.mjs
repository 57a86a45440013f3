// A store in PostgreSQL behind a cache in a folder.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { clientOf } from './leasehold.mjs';

const { clearCache } = await import(process.env.BENCH_LIBRARY);

export async function client(places) {
  const cache = mkdtempSync(join(tmpdir(), 'leasehold-bench-cache-'));
  process.on('exit', () => rmSync(cache, { recursive: true, force: true }));
  return { ...(await clientOf(places, { cache, cacheSize: 2 ** 32 })), clear: () => clearCache(cache) };
}
