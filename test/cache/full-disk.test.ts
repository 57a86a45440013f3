import { execFile } from 'node:child_process';
import { platform } from 'node:os';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { cacheStat, verifyCache } from '../../lib/cache/stored-cache.ts';
import { json, utf8 } from '../../lib/index.ts';
import { serve } from '../../lib/server/index.ts';
import { childProgram } from '../support/child.ts';
import { openTemporary, temporaryFolder } from '../support/fixture.ts';

const KEYS = 400;

/** Reads everything twice, with a cache that may be larger than any file can get. */
const client = `
  const { connect } = await import(library + '/dist/client.js');
  const store = await connect(args.address, { cache: args.cache, cacheSize: 2 ** 28 });
  const items = store.collection('items');
  const wrong = [];
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < args.keys; i++) {
      const value = await items.get('k' + i);
      if (value?.n !== i || value.text.length !== 20000) wrong.push(i);
    }
    for await (const { key, value } of items.range({ gte: 'k1', lt: 'k2' })) if (key !== 'k' + value.n) wrong.push(key);
  }
  const { failure } = store.counters();
  tell({ wrong, failure: failure?.code ?? failure?.message, state: store.state });
  await store.close();
`;

/** A limit for the size of files, which the system keeps for a process: as if the disk were full. */
test.skipIf(platform() === 'win32')(
  'on a full disk the store goes on without its cache, and nothing wrong is in it',
  async () => {
    const env = openTemporary();
    const items = env.collection('items', { key: utf8, value: json, versions: true });
    env.write(() => {
      for (let n = 0; n < KEYS; n++) items.put(`k${n}`, { n, text: 'x'.repeat(20_000) });
    });
    const address = `unix:${temporaryFolder()}/socket`;
    const server = await serve(env, { listen: address });
    const cache = temporaryFolder();
    const args = JSON.stringify({ address, cache, keys: KEYS });
    // 2 MiB, in units of 512 bytes. The signal that tells of the limit is ignored: a full disk sends none.
    const limited = `trap '' XFSZ; ulimit -f 4096; exec "$@"`;
    const command = ['-c', limited, 'sh', process.execPath, childProgram(client), args];
    const { stdout } = await promisify(execFile)('sh', command);
    const told = JSON.parse(stdout) as { wrong: unknown[]; failure: string; state: string };
    expect(told.wrong).toEqual([]);
    expect(told.state).toBe('connected');
    expect(told.failure).toMatch(/^(EFBIG|ENOSPC|EIO|MDB_MAP_FULL)/);
    expect(verifyCache(cache, 10)).toEqual([]);
    expect(cacheStat(cache).states).toBeGreaterThan(10);
    await server.close();
  },
);
