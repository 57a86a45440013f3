import { expect, test } from 'vitest';
import { writer } from '../../lib/base/writer.ts';
import { json, utf8 } from '../../lib/index.ts';
import { CHANGE_DELETE, CHANGE_PUT } from '../../lib/native/constants.ts';
import { native } from '../../lib/native/native.ts';
import { EnvironmentState } from '../../lib/transaction/environment-state.ts';
import { openTemporary } from '../support/fixture.ts';
import { processOf } from './command.ts';

/** What `leasehold verify` says of the log of a database whose commits 1 to 4 were trimmed, after something was done to the record of commit 7. */
function verified(record?: Uint8Array | 'delete', tid = 7): [status: number | null, entries: number, found: string[]] {
  const env = openTemporary({ changes: { count: 6 } });
  const items = env.collection('items', { key: utf8, value: json, versions: true });
  for (let i = 0; i < 10; i++) items.put('key', i);
  env.close();
  const environment = new EnvironmentState(env.path, { durability: 'nosync' });
  const transaction = native.writeBegin(environment.native, 1000);
  const log = native.findCollection(transaction, '__leasehold_changes');
  writer.bytes.set([0, 0, 0, 0, 0, 0, 0, tid]);
  const given = record === 'delete' || record === undefined ? new Uint8Array(0) : record;
  if (record !== undefined) {
    native.change(transaction, log, 0, 8, given, 0, given.length, record === 'delete' ? CHANGE_DELETE : CHANGE_PUT);
  }
  native.writeCommit(transaction);
  environment.close();
  const { status, stdout } = processOf(['verify', env.path]);
  const lines = stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
  const all = lines.flatMap(({ found }) => found as string[]);
  return [status, lines.find(({ collection }) => collection === '__leasehold_changes').entries, all];
}

test('leasehold verify reads the log of changes, from where it begins', () => {
  expect(verified()).toEqual([0, 6, []]);
});

test('leasehold verify finds a damaged record, a missing one, and versions beyond the log', () => {
  const [status, , found] = verified(new Uint8Array(30));
  expect([status, found.length]).toEqual([1, 1]);
  expect(found[0]).toMatch('commit 7');
  expect(verified('delete').slice(0, 1)).toEqual([1]);
  const beyond = verified('delete', 10);
  expect(beyond).toEqual([1, 5, ['the key "key" has version 10, but the last commit is 9']]);
});
