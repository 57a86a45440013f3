import { describe } from 'vitest';
import { hasPostgres } from '../support/postgres.ts';
import { engineSuite } from '../versions/engine/suite.ts';
import { cachedPostgresStore, postgresStore } from './store.ts';

describe.skipIf(!hasPostgres)('with a server of its own', () => {
  engineSuite('PostgreSQL', () => postgresStore());
  engineSuite('PostgreSQL, commits that share a wait for the disk', () => postgresStore({ flush: 'shared' }));
  engineSuite('PostgreSQL, engines that share a cache', () => cachedPostgresStore('one'));
  engineSuite('PostgreSQL, engines with a cache each', () => cachedPostgresStore('each'));
});
