import { afterEach, describe, expect, test } from 'vitest';
import { connect, type Store } from '../../lib/client/index.ts';
import { type Environment, json, type LeaseholdError, tuple, utf8 } from '../../lib/index.ts';
import { type ServeOptions, type Server, serve } from '../../lib/server/index.ts';
import { openTemporary, rejection, until } from '../support/fixture.ts';

const ADMIN = 'the token of the administrator';
const READER = 'the token of the reader';
const FRANCE = 'the token of the French branch';
const NOBODY = 'a token that nobody was given';

const tokens = [
  { token: ADMIN, name: 'admin', grants: [{ collection: '*', write: true }] },
  { token: READER, name: 'reader', grants: [{ collection: 'cities', read: true }] },
  {
    token: FRANCE,
    name: 'france',
    grants: [
      { collection: 'notes', prefix: 'FR', write: true },
      { collection: 'cities', read: true },
    ],
  },
] as const;

const stores: Store[] = [];
const servers: Server[] = [];
afterEach(async () => {
  for (const each of stores.splice(0)) await each.close();
  for (const each of servers.splice(0)) await each.close();
});

interface Served {
  readonly server: Server;
  readonly errors: LeaseholdError[];
  as(token?: string): Promise<Store>;
}

async function served(more: Partial<ServeOptions> = {}, env: Environment = openTemporary()): Promise<Served> {
  const errors: LeaseholdError[] = [];
  const onError = (error: Error): void => void errors.push(error as LeaseholdError);
  const server = await serve(env, { listen: 'tcp://127.0.0.1:0', tokens, onError, ...more });
  servers.push(server);
  const as = async (token?: string): Promise<Store> => {
    const store = await connect(server.addresses[0] as string, token === undefined ? {} : { token });
    stores.push(store);
    return store;
  };
  return { server, errors, as };
}

async function withEnvironment(): Promise<{ env: Environment; place: Served }> {
  const env = openTemporary();
  return { env, place: await withData(env) };
}

async function withData(env?: Environment): Promise<Served> {
  const place = await served({}, env);
  const admin = await place.as(ADMIN);
  await admin.collection('cities', { key: utf8, value: json }).put('Paris', 1);
  const notes = admin.collection('notes', { key: utf8, value: json });
  for (const key of ['DE 1', 'FR 1', 'FR 2', 'FS 1']) await notes.put(key, key);
  await admin.collection('secrets', { key: tuple, value: json }).put(['x'], 1);
  return place;
}

const refused = async (promise: Promise<unknown>): Promise<void> => {
  expect((await rejection(promise)).code).toBe('ERR_FORBIDDEN');
};

describe('tokens', () => {
  test('a client without one, or with one that is not known, is refused, and the server tells of it', async () => {
    const { as, errors, server } = await served();
    expect(await rejection(as())).toMatchObject({ code: 'ERR_FORBIDDEN', message: expect.stringContaining('token') });
    expect(await rejection(as(NOBODY))).toMatchObject({ code: 'ERR_FORBIDDEN' });
    expect(await rejection(as(ADMIN.slice(1)))).toMatchObject({ code: 'ERR_FORBIDDEN' });
    await until(() => errors.length === 3, 'the server tells of all');
    for (const error of errors) {
      expect(error).toMatchObject({ code: 'ERR_FORBIDDEN', message: expect.stringContaining('127.0.0.1') });
      expect(error.message).not.toContain(NOBODY);
    }
    expect(server.counters().refused).toBe(3);
    expect((await as(ADMIN)).state).toBe('connected');
  });

  test('that could be guessed, or that give nothing, are refused by the server', async () => {
    for (const bad of [
      [{ token: 'short', grants: [] }],
      [{ token: ADMIN, grants: [{ collection: 'cities' }] }],
      [{ token: ADMIN, grants: [{ collection: 'cities', read: 1 }] }],
      [{ token: ADMIN, grants: [{ collection: 7, read: true }] }],
      [{ token: ADMIN, grant: [] }],
      'token',
    ]) {
      expect((await rejection(served({ tokens: bad as never }))).code).toMatch(/^ERR_INVALID_ARG_/);
    }
  });
});

describe('a token with the right to read one collection', () => {
  test('reads it whole, and nothing else', async () => {
    const store = await (await withData()).as(READER);
    expect(await store.collections()).toEqual(['cities']);
    const cities = store.collection('cities');
    expect([await cities.get('Paris'), await cities.count()]).toEqual([1, 1]);
    for (const name of ['notes', 'secrets', 'absent']) {
      await refused(store.collection(name).get('x'));
      await refused(store.collection(name, { key: utf8, value: json }).count());
    }
  });

  test('writes nothing, however it tries', async () => {
    const store = await (await withData()).as(READER);
    const cities = store.collection('cities');
    await refused(cities.put('Rome', 1));
    await refused(cities.del('Paris'));
    await refused(store.transact((txn) => txn.collection('cities').put('Rome', 1)));
    await refused(store.batch([{ type: 'put', collection: 'cities', key: 'Rome', value: 1 }]));
    expect(await cities.count()).toBe(1);
  });
});

describe('a token with the right to write what begins with a prefix', () => {
  test('reads and writes there', async () => {
    const notes = (await (await withData()).as(FRANCE)).collection('notes');
    await notes.put('FR 3', 'new');
    expect([await notes.get('FR 1'), await notes.get('FR 3')]).toEqual(['FR 1', 'new']);
    expect(await notes.getMany(['FR 1', 'FR 9'])).toEqual(['FR 1', undefined]);
    const keys: string[] = [];
    for await (const { key } of notes.range({ prefix: 'FR' })) keys.push(String(key));
    expect(keys).toEqual(['FR 1', 'FR 2', 'FR 3']);
    expect(await notes.count({ gte: 'FR 1', lte: 'FR 2' })).toBe(2);
    expect(await notes.del('FR 3')).toBe(true);
  });

  test('is refused outside of it: keys, ranges that reach out, commits that touch one key too many', async () => {
    const place = await withData();
    const store = await place.as(FRANCE);
    const notes = store.collection('notes');
    for (const key of ['DE 1', 'FS 1', 'F', '']) {
      await refused(notes.get(key || 'E'));
      await refused(notes.getMany(['FR 1', key || 'E']));
    }
    for (const range of [
      undefined,
      { gte: 'FR' },
      { lte: 'FR 9' },
      { gte: 'F', lte: 'FR 9' },
      { gte: 'FR', lte: 'FS' },
    ])
      await refused(notes.count(range));
    expect((await rejection(notes.count())).message).toContain(
      "may not read this range of 'notes': keep to the prefix",
    );
    expect((await rejection(store.collection('absent').get('x'))).message).toContain(
      "may not read anything in 'absent'",
    );
    await refused(notes.scan({ gte: 'FR' }, () => {}));
    await refused(notes.put('DE 1', 'mine'));
    await refused(
      store.batch([
        { type: 'put', collection: 'notes', key: 'FR 1', value: 'mine' },
        { type: 'del', collection: 'notes', key: 'DE 1' },
      ]),
    );
    const admin = (await place.as(ADMIN)).collection('notes');
    expect(await admin.getMany(['DE 1', 'FR 1'])).toEqual(['DE 1', 'FR 1']);
  });

  test('is told only of the changes that it may see, in each way to be told', async () => {
    const place = await withData();
    const store = await place.as(FRANCE);
    const admin = await place.as(ADMIN);
    const told: unknown[] = [];
    const watching = (async () => {
      for await (const { keys } of store.collection('notes').watch()) {
        told.push(...(keys ?? ['a range']).map(String));
        if (told.length === 2) break;
      }
    })();
    await store.sync();
    for (const key of ['DE 2', 'FR 7', 'ZZ', 'FR 8']) await admin.collection('notes').put(key, 1);
    await admin.collection('secrets').put(['y'], 1);
    await watching;
    expect(told).toEqual(['FR 7', 'FR 8']);
    // All commits are told by their number: a client that misses one would take old states for new.
    await store.sync();
    expect(store.tid).toBe(admin.tid);
  });
});

test('a range that was changed is told as the part that may be seen, without bounds that may not', async () => {
  const { env, place } = await withEnvironment();
  const store = await place.as(FRANCE);
  const notes = store.collection('notes');
  await notes.get('FR 1');
  const told: unknown[] = [];
  const watching = (async () => {
    for await (const change of notes.watch()) {
      told.push(change);
      break;
    }
  })();
  await store.sync();
  env.collection('notes', { key: utf8, value: json }).clear({ gte: 'DE 1', lt: 'FZ' });
  await watching;
  expect(JSON.stringify(told)).not.toContain('DE 1');
  expect(await notes.count({ prefix: 'FR' })).toBe(0);
});

test('a server for reading only refuses commits and new collections', async () => {
  const env = openTemporary();
  env.collection('cities', { key: utf8, value: json, versions: true }).put('Paris', 1);
  const server = await serve(env, { listen: 'tcp://127.0.0.1:0', readOnly: true });
  servers.push(server);
  const store = await connect(server.addresses[0] as string);
  stores.push(store);
  expect(await store.collection('cities').get('Paris')).toBe(1);
  expect((await rejection(store.collection('cities').put('Rome', 1))).code).toBe('ERR_READ_ONLY');
  expect((await rejection(store.collection('towns', { key: utf8, value: json }).put('x', 1))).code).toBe(
    'ERR_READ_ONLY',
  );
});
