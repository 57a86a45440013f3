import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../support/fixture.ts';
import { isLong } from '../../support/long.ts';
import { hasPostgres, PostgresServer } from '../../support/postgres.ts';
import { SEED } from '../../versions/random.ts';
import { type CacheServer, hasMemcached, hasRedis, startMemcached, startRedis } from '../../cache/stores/servers.ts';
import { cacheDeleted, killed, restored, stopped, terminated } from './disturbances.ts';
import { type Disturbance, Torture } from './run.ts';

/** The server of a cache fails. */
function failing(cache: CacheServer): Disturbance[] {
  return [
    {
      name: 'the cache is killed, and comes back empty',
      run: async (torture) => {
        await cache.kill();
        await torture.progress();
        await cache.restart();
      },
    },
    {
      name: 'the cache stands still',
      run: async ({ random }) => {
        cache.stop();
        await sleep(100 + random.below(600));
        cache.continue();
      },
    },
  ];
}

/** Where a cache is, and what can happen to it. */
interface Place {
  readonly cache: string;
  readonly disturbances: readonly Disturbance[];
}

const PLACES: readonly [name: string, isThere: boolean, make: () => Promise<Place>][] = [
  [
    'Redis with 1 MB',
    hasRedis,
    async () => {
      const redis = await startRedis(['--maxmemory', '1mb', '--maxmemory-policy', 'allkeys-lru']);
      return { cache: `redis+unix:${redis.path}`, disturbances: failing(redis) };
    },
  ],
  [
    'memcached with 2 MB',
    hasMemcached,
    async () => {
      const memcached = await startMemcached(['-m', '2']);
      return { cache: `memcached+unix:${memcached.path}`, disturbances: failing(memcached) };
    },
  ],
  [
    'checkpoints in a folder',
    true,
    async () => {
      return { cache: `checkpoints:${join(temporaryFolder(), 'cache')}`, disturbances: [cacheDeleted] };
    },
  ],
];

/** How many rounds all three make in the long form, for each seed. */
const LONG = 20_000;

describe.skipIf(!hasPostgres).each(PLACES)('%s', (_, isThere, make) => {
  test.skipIf(!isThere).for(Array.from({ length: isLong ? 3 : 1 }, (_, i) => SEED + i))(
    'nothing that processes share there is stale, while it fails, and the server does (seed %i)',
    { timeout: 3_600_000 },
    async (seed) => {
      const server = await new PostgresServer(['wal_level=replica', 'max_wal_senders=4']).start();
      const { cache, disturbances } = await make();
      const torture = new Torture({ seed, server, options: { cache } });
      await torture.begin();
      await torture.disturb([...disturbances, terminated, restored, killed, stopped('kill')], isLong ? LONG : 400);
      const verdict = await torture.end();
      expect(verdict.lost).toBeGreaterThan(0);
      expect(verdict.acknowledged).toBeGreaterThan(30);
      await server.stop();
    },
  );
});
