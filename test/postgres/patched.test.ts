import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { connect } from '../../lib/client/index.ts';
import { bytes, json, utf8 } from '../../lib/index.ts';
import { checkPostgres } from '../../lib/postgres/connect-postgres.ts';
import { BREAKS, runBroken } from '../client/broken-program.ts';
import { EVERYDAY_ON_POSTGRES } from '../client/patched-program.ts';
import { SPY, SPY_ARGUMENTS } from '../client/spy.ts';
import { builtLibrary, runChild } from '../support/child.ts';
import { temporaryFolder } from '../support/fixture.ts';
import { hasPostgres, postgresOfFile } from '../support/postgres.ts';
import { newStore } from './store.ts';

/** Where a program of patched-program.ts has its store, and the true address of that. */
interface Place {
  readonly args: { readonly path: string; readonly cache: string; readonly socket: string; readonly address: string };
  readonly address: string;
}

async function newPlace(): Promise<Place> {
  const address = await newStore();
  const store = await connect(address);
  const items = store.collection('items', { key: utf8, value: json });
  await store.batch(
    Array.from({ length: 300 }, (_, i) => ({ type: 'put' as const, collection: items, key: `k${i}`, value: { i } })),
  );
  await store.collection('large', { key: utf8, value: bytes }).put('l', Buffer.alloc(300_000, 7));
  await store.close();
  const { folder } = await postgresOfFile();
  const path = temporaryFolder();
  const through = address.replace(encodeURIComponent(folder), encodeURIComponent(path));
  const socket = join(folder, '.s.PGSQL.5432');
  return { args: { path, cache: temporaryFolder(), socket, address: through }, address };
}

describe.skipIf(!hasPostgres)('with a server', () => {
  test('built-ins whose methods a program has replaced are not given what is behind a store', {
    timeout: 600_000,
  }, async () => {
    const { args } = await newPlace();
    const { told, stderr, status } = runChild(
      `${SPY}
      const patch = patchAll;
      const load = (name) => import(library + '/dist/' + name + '/index.js');
      ${EVERYDAY_ON_POSTGRES}
      tellFound();`,
      { ...args, ...SPY_ARGUMENTS(['postgres', 'postgres/connection', 'postgres/turns']) },
      { library: builtLibrary('files'), timeout: 500_000 },
    );
    expect({ told, stderr, status }).toEqual({ told: [[]], stderr: '', status: 0 });
  });

  test('a program that has broken built-ins does not crash, and the store stays whole', {
    timeout: 600_000,
  }, async () => {
    const places: Place[] = [];
    while (places.length < BREAKS.length) places.push(await newPlace());
    const args = places.map((place) => ({ ...place.args, timeout: 3000 }));
    // What the package `pg` throws may be caught by nobody, and what it does not send is waited for.
    runBroken(EVERYDAY_ON_POSTGRES, args, /^(not patched|ended)/);
    for (const { address } of places) {
      expect((await checkPostgres(address)).problems).toEqual([]);
      const store = await connect(address);
      expect(await store.collection('items').count()).toBeGreaterThanOrEqual(300);
      await store.close();
    }
  });
});
