import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { SharedStore } from '../../lib/cache/stores/shared-store.ts';
import { type BehindCache, connectCached, connectCheckpointed } from '../../lib/client/remote/connect-cached.ts';
import { COLLECTION_VERSIONS } from '../../lib/native/constants.ts';
import { connectPostgres, installPostgres, type PostgresStoreOptions } from '../../lib/postgres/connect-postgres.ts';
import type { PostgresEngine } from '../../lib/postgres/postgres-engine.ts';
import type { Engine } from '../../lib/versions/engine/engine.ts';
import { reached } from '../../lib/versions/engine/reached.ts';
import { temporaryFolder } from '../support/fixture.ts';
import { postgresOfFile } from '../support/postgres.ts';
import { all, commit, type EngineStore, put } from '../versions/engine/calls.ts';

/** The address of a store that is there, in a schema of its own. */
export async function newStore(): Promise<string> {
  const server = await postgresOfFile();
  const address = `${server.address()}&schema=store_${randomBytes(6).toString('hex')}`;
  await installPostgres(address, undefined);
  return address;
}

export interface PostgresTestStore extends EngineStore {
  /** Known once an engine was opened. */
  readonly path: string;
  /** The engines on the server, behind their caches if they have some. */
  readonly engines: readonly PostgresEngine[];
}

/** An empty store, whose engines have no cache. */
export function postgresStore(options: PostgresStoreOptions = {}): PostgresTestStore {
  return storeWith(options, (connect) => connect({}));
}

/** The same, with engines that have caches: one together, or each its own. */
export function cachedPostgresStore(caches: 'one' | 'each', options: PostgresStoreOptions = {}): PostgresTestStore {
  const shared = join(temporaryFolder(), 'cache');
  return storeWith(options, async (connect) => {
    const path = caches === 'one' ? shared : temporaryFolder();
    return (await connectCached({ path, size: 2 ** 26 }, connect)).cached;
  });
}

/** The same, with one cache together that promises nothing. `cache` opens it for each engine. */
export function checkpointedPostgresStore(cache: () => SharedStore): PostgresTestStore {
  return storeWith({}, async (connect) => (await connectCheckpointed(cache(), connect)).cached);
}

function storeWith(
  options: PostgresStoreOptions,
  wrap: (connect: (behind: Partial<BehindCache>) => Promise<PostgresEngine>) => Promise<Engine>,
): PostgresTestStore {
  let address = '';
  const engines: PostgresEngine[] = [];
  const opened: Engine[] = [];
  const open = async (): Promise<Engine> => {
    if (address === '') address = await newStore();
    const engine = await wrap(async (behind) => {
      const given = { tls: undefined, timeout: 10_000, onState: () => {}, ...behind };
      const inner = await connectPostgres([address], options, given);
      engines.push(inner);
      return inner;
    });
    opened.push(engine);
    return engine;
  };
  const first = async (): Promise<Engine> => opened[0] ?? (await open());
  return {
    get path() {
      return address;
    },
    engines,
    open,
    makeCollection: async (name) => {
      await first();
      await engines[0]?.collections.make(name, { key: 'bytes', value: 'bytes', flags: COLLECTION_VERSIONS });
    },
    clearCollection: async (name) => {
      const engine = await first();
      // Others may have committed what this one was not told yet.
      await reached(engine, (await engines[0]?.sync()) ?? 0);
      const rows: { key: Uint8Array }[] = [];
      await engine.range(name, all, engine.processed(), 10_000, (batch) => void rows.push(...batch.rows));
      await commit(engine, ...rows.map(({ key }) => ({ collection: name, key, bytes: undefined })));
    },
    putApart: async (keys, value) => {
      for (const key of keys) await commit(await first(), put(key, value));
    },
    close: async () => {
      for (const engine of opened) await engine.close();
    },
  };
}
