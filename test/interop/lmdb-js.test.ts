import { join } from 'node:path';
import { open as openLmdbJs } from 'lmdb';
import { expect, test } from 'vitest';
import { open } from '../../lib/index.ts';
import { temporaryFolder } from '../support/fixture.ts';

// lmdb-js builds a development version of LMDB whose file format stock LMDB, and so leasehold, does not read.
test('a database of the npm package lmdb is refused with an error that names the file format', async () => {
  const path = join(temporaryFolder(), 'db');
  const env = openLmdbJs({ path, encoding: 'binary', keyEncoding: 'binary' });
  await env.put(Buffer.from('key'), Buffer.from('value'));
  await env.close();

  expect(() => open(path)).toThrow(
    expect.objectContaining({
      name: 'LeaseholdError',
      code: expect.stringMatching(/^MDB_(INVALID|VERSION_MISMATCH)$/),
      message: expect.stringContaining(path),
    }),
  );
});

test('a refused open leaves it as it was', async () => {
  const path = join(temporaryFolder(), 'db');
  const env = openLmdbJs({ path, encoding: 'binary', keyEncoding: 'binary' });
  await env.put(Buffer.from('key'), Buffer.from('value'));
  await env.close();
  expect(() => open(path)).toThrow();
  expect(() => open(path, { readOnly: true })).toThrow();

  const again = openLmdbJs({ path, encoding: 'binary', keyEncoding: 'binary' });
  expect(again.get(Buffer.from('key'))).toEqual(Buffer.from('value'));
  await again.close();
});
