import { join } from 'node:path';
import { beforeAll } from 'vitest';
import { FolderStore } from '../../../lib/cache/stores/folder-store.ts';
import { MemcachedStore } from '../../../lib/cache/stores/memcached-store.ts';
import { RedisStore } from '../../../lib/cache/stores/redis-store.ts';
import { engineSuite } from '../../versions/engine/suite.ts';
import { type CacheServer, hasMemcached, hasRedis, startMemcached, startRedis } from '../stores/servers.ts';
import { sharedStore } from './shared.ts';

const TIMEOUT = 10_000;

engineSuite('a server, with checkpoints in a folder', () =>
  sharedStore((path) => FolderStore.open(join(path, 'cache'), 2 ** 26)),
);

let memcached: CacheServer;
let redis: CacheServer;
beforeAll(async () => {
  if (hasMemcached) memcached = await startMemcached();
  if (hasRedis) redis = await startRedis();
});

if (hasMemcached) {
  engineSuite('a server, with checkpoints in memcached', () =>
    sharedStore(() => new MemcachedStore({ path: memcached.path }, TIMEOUT)),
  );
}
if (hasRedis) {
  engineSuite('a server, with checkpoints in Redis', () =>
    sharedStore(() => new RedisStore({ path: redis.path }, TIMEOUT)),
  );
}
