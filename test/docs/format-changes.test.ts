import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { json, utf8 } from '../../lib/index.ts';
import { parseDump } from '../interop/dump.ts';
import { compiledTools } from '../interop/tools.ts';
import { logEntries } from '../support/change-log.ts';
import { openTemporary } from '../support/fixture.ts';
import { example, hexOf } from './format-page.ts';
import { readCommit } from './format-reader.ts';

test('the log of changes has the bytes of the page, and mdb_dump shows them', () => {
  const env = openTemporary();
  const make = (name: string) => env.collection(name, { key: utf8, value: json, versions: true });
  const [old, towns, users] = [make('old'), make('towns'), make('users')];
  env.write(() => {
    towns.put('Paris', 1);
    users.put('ann', 1);
  });
  env.write(() => {
    towns.del('Paris');
    towns.put('Lyon', 1);
    users.clear({ gte: 'a', lt: 'b' });
    old.drop();
  });
  const [, , [tid, record] = []] = logEntries(env.path);
  expect(tid).toBe(2);
  const expected = example('changes');
  // Nonce and time are new each time.
  const written = Buffer.from(record as Buffer);
  expected.copy(written, 1, 1, 17);
  expect(hexOf(written)).toBe(hexOf(expected));
  const { changed, nonce, time, ids } = readCommit(expected);
  expect([nonce, new Date(time).toISOString(), ids]).toEqual(['5fa30c7719e2b4d8', '2025-11-24T18:10:16.256Z', []]);
  expect(changed.map(({ name }) => name)).toEqual(['old', 'towns', 'users']);
  expect(changed[0]).toMatchObject({ dropped: true, lower: undefined, upper: undefined });
  expect(changed[1]).toMatchObject({ keys: [Buffer.from('Lyon'), Buffer.from('Paris')] });
  expect(changed[2]).toMatchObject({ lower: Buffer.from('a'), upper: Buffer.from('b'), open: [false, true] });

  const dumped = execFileSync(compiledTools().dump, ['-s', '__leasehold_changes', env.path], { encoding: 'utf8' });
  const entries = parseDump(dumped).get('__leasehold_changes') ?? [];
  expect(entries.map(([key]) => hexOf(key))).toEqual(['0000000000000000', '0000000000000001', '0000000000000002']);
  expect(hexOf(entries[2]?.[1] as Buffer)).toBe(hexOf(record as Buffer));
  expect(hexOf(entries[0]?.[1] as Buffer)).toBe(`01${env.storeId}`);
});
