import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect, type Store } from '../../lib/client/index.ts';
import { json, tuple, utf8 } from '../../lib/index.ts';
import { type Grant, type Server, serve } from '../../lib/server/index.ts';
import { openTemporary, rejection } from '../support/fixture.ts';

/* Grants whose prefix is the first elements of tuples, as a JSON file of tokens has them. */

const ADMIN = 'the token of the administrator';
const FRANCE = 'the token of the French branch';

let server: Server;
let admin: Store;
let france: Store;
const env = openTemporary();

const withGrants = (grants: string) =>
  serve(env, {
    listen: 'tcp://127.0.0.1:0',
    tokens: [
      { token: ADMIN, grants: [{ collection: '*', write: true }] },
      { token: FRANCE, grants: JSON.parse(grants) as Grant[] },
    ],
  });

const as = (token: string) => connect(server.addresses[0] as string, { token });

beforeEach(async () => {
  const cities = env.collection('cities', { key: tuple, value: json, versions: true });
  for (const key of [
    ['DE', 'Ulm'],
    ['FR', 'Paris'],
    ['FR', 'Paris', 2],
    ['FR\0x', 'Paris'],
    ['FRA', 'Paris'],
  ])
    cities.put(key as [string], String(key));
  env.collection('names', { key: utf8, value: json, versions: true });
  server = await withGrants('[{ "collection": "cities", "prefix": ["FR"], "write": true }]');
  [admin, france] = [await as(ADMIN), await as(FRANCE)];
});
afterEach(async () => {
  await Promise.all([admin.close(), france.close()]);
  await server.close();
});

const refused = async (promise: Promise<unknown>): Promise<void> => {
  expect((await rejection(promise)).code).toBe('ERR_FORBIDDEN');
};

test('it reads and writes keys that begin with these elements, and ranges within them', async () => {
  const cities = france.collection('cities');
  expect(await cities.get(['FR', 'Paris'])).toBe('FR,Paris');
  await cities.put(['FR', 'Lyon'], 'new');
  expect(await cities.del(['FR', 'Lyon'])).toBe(true);
  const keys = (await cities.range({ prefix: ['FR'] }).toArray()).map(({ key }) => String(key));
  expect(keys).toEqual(['["FR","Paris"]', '["FR","Paris",2]']);
  expect(await cities.count({ prefix: ['FR', 'Paris'] })).toBe(2);
  expect(await cities.count({ gte: ['FR', 'A'], lt: ['FR', 'Z'] })).toBe(2);
});

test('it sees no other key, also none whose bytes begin so', async () => {
  const cities = france.collection('cities');
  for (const key of [['DE', 'Ulm'], ['FRA', 'Paris'], ['FR\0x', 'Paris'], ['F']]) {
    await refused(cities.get(key));
    await refused(cities.put(key, 1));
  }
  await refused(cities.count());
  await refused(cities.count({ prefix: ['FR\0x'] }));
  await refused(cities.count({ gte: ['FR'], lt: ['FR\0x', 'Q'] }));
  await refused(cities.count({ gte: ['DE'], lt: ['FR', 'Z'] }));
});

test('it is told only what it may see', async () => {
  await france.sync();
  const changes = france.collection('cities').watch();
  const first = changes.next();
  await france.collection('cities').get(['FR', 'Paris']);
  for (const key of [
    ['DE', 'Bonn'],
    ['FR\0x', 'Lyon'],
    ['FR', 'Nice'],
  ])
    await admin.collection('cities').put(key, 1);
  expect((await first).value?.keys?.map(String)).toEqual(['["FR","Nice"]']);
  await changes.return?.();
});

test('elements for a collection whose keys have none, and what cannot be an element, are refused', async () => {
  const error = await rejection(withGrants('[{ "collection": "names", "prefix": ["FR"], "read": true }]'));
  expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE', message: expect.stringContaining("'names'") });
  await rejection(withGrants('[{ "collection": "cities", "prefix": [{}], "read": true }]'));
  expect(await rejection(withGrants('[{ "collection": "cities", "prefix": 7, "read": true }]'))).toMatchObject({
    code: 'ERR_INVALID_ARG_TYPE',
  });
});
