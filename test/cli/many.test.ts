import { expect, test } from 'vitest';
import { utf8 } from '../../lib/index.ts';
import { openTemporary } from '../support/fixture.ts';
import { leasehold, linesOf } from './command.ts';

/** The path of a database with so many collections. */
function databaseOf(count: number): string {
  const env = openTemporary({ maxCollections: count });
  env.write(() => {
    for (let i = 0; i < count; i++) env.collection(`c${i}`, { key: utf8, value: utf8 }).put('a', 'b');
  });
  env.close();
  return env.path;
}

test('databases of many collections are read, whole, by every command', async () => {
  const path = databaseOf(200);
  expect((await linesOf(['stat', path])).filter((line) => line.includes('c199'))).toHaveLength(1);
  expect((await leasehold(['verify', path])).status).toBe(0);
  expect((await leasehold(['repl', path], 'console.log(env.collections().length)\n')).stdout).toContain('200');
  expect(await linesOf(['get', path, 'c150', '"a"'])).toEqual(['"b"']);
});

test('databases of more collections than a program may use by default are read as well', {
  timeout: 120_000,
}, async () => {
  const count = 10_010;
  expect((await linesOf(['stat', databaseOf(count)])).filter((line) => line.includes(`c${count - 1}`))).toHaveLength(1);
});
