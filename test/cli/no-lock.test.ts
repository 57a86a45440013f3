import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { leasehold } from './command.ts';
import { makeDatabase } from './world.ts';

test('--no-lock reads without lock.mdb, wherever it stands, and writes nothing', async () => {
  const path = makeDatabase();
  const lock = join(path, 'lock.mdb');
  rmSync(lock, { force: true });
  const reading = [
    ['stat', path],
    ['scan', path, 'texts'],
    ['get', path, 'numbers', '7'],
    ['export', path, 'numbers'],
    ['verify', path],
  ];
  for (const args of reading) {
    const without = await leasehold([...args, '--no-lock']);
    expect([args, without.status, without.stderr, existsSync(lock)]).toEqual([args, 0, '', false]);
    expect(await leasehold(['--no-lock', ...args])).toEqual(without);
  }
  const put = await leasehold(['put', path, 'numbers', '7', '1', '--no-lock']);
  expect([put.status, existsSync(lock)]).toEqual([3, false]);
  expect(put.stderr).toContain('--no-lock needs readOnly');
});
