import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/fixture.ts';
import { jsonOf, leasehold, linesOf } from './command.ts';
import { makeDatabase } from './world.ts';

test('del --prefix, clear and drop remove what they name, and tell how much', async () => {
  const db = makeDatabase();
  const names = async () =>
    ((await jsonOf(['stat', db])) as { collection?: string }[]).map(({ collection }) => collection);
  expect(await jsonOf(['del', db, 'cities', '--prefix', '["FR"]'])).toEqual([{ removed: 2 }]);
  expect(await linesOf(['scan', db, 'cities', '--count'])).toEqual(['2']);
  const none = await leasehold(['del', db, 'cities', '--prefix', '["FR"]']);
  expect([none.status, none.stderr]).toEqual([1, expect.stringContaining('no key with the prefix ["FR"]')]);
  expect(await jsonOf(['clear', db, 'numbers'])).toEqual([{ removed: 250 }]);
  expect(await linesOf(['scan', db, 'numbers', '--count'])).toEqual(['0']);
  expect(await names()).toContain('numbers');
  // This collection has a codec that the command does not have.
  expect(await jsonOf(['drop', db, 'own'])).toEqual([{ removed: 1 }]);
  expect(await names()).not.toContain('own');
});

test.each([
  [2, 'give either a key or --prefix', 'del', 'cities'],
  [2, 'give either a key or --prefix', 'del', 'cities', '["FR"]', '--prefix', '["FR"]'],
  [2, 'prefix', 'del', 'numbers', '--prefix', '1'],
  [2, 'cannot be dropped', 'drop', ''],
  [3, 'ERR_NO_COLLECTION', 'drop', 'towns'],
  [3, 'ERR_NO_COLLECTION', 'clear', 'towns'],
] as [number, string, string, ...string[]][])('%s, and says %s: %s %s', async (status, told, command, ...args) => {
  const ran = await leasehold([command, makeDatabase(), ...args]);
  expect([ran.status, ran.stderr]).toEqual([status, expect.stringContaining(told)]);
});

test('a database in one file is named as such', async () => {
  const file = join(temporaryFolder(), 'one.mdb');
  copyFileSync(join(makeDatabase(), 'data.mdb'), file);
  for (const args of [
    ['stat', file],
    ['import', file, 'c', '-', '--key', 'id'],
  ]) {
    expect((await leasehold(args)).stderr).toContain('is a database in one file');
  }
});

test('--map-size bounds what an import may store', async () => {
  const input = Array.from({ length: 4000 }, (_, id) => `{"id":${id},"pad":"${'x'.repeat(200)}"}\n`).join('');
  const args = ['import', join(temporaryFolder(), 'db'), 'c', '-', '--key', 'id'];
  const { status, stderr } = await leasehold([...args, '--map-size', '256K'], input);
  expect([status, stderr]).toEqual([3, expect.stringContaining('MDB_MAP_FULL')]);
  expect(stderr).toContain('make it larger with leasehold import --map-size');
  expect((await leasehold([...args, '--map-size', '64M'], input)).status).toBe(0);
  expect((await leasehold([...args, '--map-size', 'much'], input)).status).toBe(2);
});
