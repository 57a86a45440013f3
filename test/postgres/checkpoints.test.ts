import { beforeAll, describe, expect, test } from 'vitest';
import type { CheckpointedEngine } from '../../lib/cache/checkpoints/checkpointed-engine.ts';
import { RedisStore } from '../../lib/cache/stores/redis-store.ts';
import { type CacheServer, hasRedis, startRedis } from '../cache/stores/servers.ts';
import { hasPostgres } from '../support/postgres.ts';
import { commit, loadAll, put, shown } from '../versions/engine/calls.ts';
import { engineSuite } from '../versions/engine/suite.ts';
import { reach } from '../versions/engine/two-objects.mjs';
import { checkpointedPostgresStore, type PostgresTestStore } from './store.ts';

describe.skipIf(!hasPostgres || !hasRedis)('with servers of their own', () => {
  let redis: CacheServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  const store = (): PostgresTestStore => checkpointedPostgresStore(() => new RedisStore({ path: redis.path }, 10_000));

  engineSuite('PostgreSQL, engines that share Redis', store);

  test('what an engine has written is in the cache of others, without a trip to PostgreSQL', async () => {
    const own = store();
    await own.makeCollection('items');
    const [first, second] = [(await own.open()) as CheckpointedEngine, (await own.open()) as CheckpointedEngine];
    const tid = await commit(first, put('a', 'one'), put('b', 'two'));
    await reach(second, tid);
    const loaded = await loadAll(second, ['a', 'b'], tid);
    expect(loaded.map(shown)).toEqual([
      [tid, undefined, 'one'],
      [tid, undefined, 'two'],
    ]);
    expect(second.counters()).toMatchObject({ hits: 2, misses: 0 });
    await own.close();
  });
});
