// The command on collections whose values expire.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writer } from '../../lib/base/writer.ts';
import { json, utf8 } from '../../lib/index.ts';
import { CHANGE_DELETE, CHANGE_PUT } from '../../lib/native/constants.ts';
import { native } from '../../lib/native/native.ts';
import { EnvironmentState } from '../../lib/transaction/environment-state.ts';
import { openAt, openTemporary, temporaryFolder } from '../support/fixture.ts';
import { asOnTerminal, leasehold, processOf } from './command.ts';

const HOUR = 3_600_000;
const LATER = Date.now() + HOUR;
const LONG = 'k'.repeat(600);

/** A database in which one value has expired, one will, one had an earlier time, and one stays. */
function made(): string {
  const env = openTemporary({ sweep: false });
  const items = env.collection('sessions', { key: utf8, value: json, versions: true, keys: 'any', expires: true });
  items.putUntil('gone', 1, Date.now() - 1);
  items.putUntil('later', 2, LATER);
  items.putUntil(LONG, 3, LATER);
  items.putUntil('renewed', 4, LATER);
  items.putUntil('renewed', 5, LATER + HOUR);
  items.putUntil('deleted', 6, LATER);
  items.putUntil('', 7, LATER);
  items.del('deleted');
  items.put('stays', 8);
  env.collection('plain', { key: utf8, value: json }).put('a', 1);
  env.close();
  return env.path;
}

const linesOf = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test('stat says which collections expire, and how much is due', async () => {
  const path = made();
  const [, plain, sessions] = linesOf((await leasehold(['stat', path])).stdout);
  expect(sessions).toMatchObject({ versions: true, anyKeys: true, expires: true, due: 1, entries: 6 });
  expect(plain).toMatchObject({ versions: false, anyKeys: false, expires: false, due: 0, entries: 1 });
  expect((await asOnTerminal(['stat', path])).shown).toMatch(
    /^sessions has keys of any length and values that expire \(1 due\)$/m,
  );
});

test('import --expires makes a collection to which an export brings its times', async () => {
  const path = made();
  const exported = await leasehold(['export', path, 'sessions']);
  const target = join(temporaryFolder(), 'db');
  const args = ['import', target, 'sessions', '-', '--format', 'ndjson', '--key-codec', 'utf8', '--any-keys'];
  const refused = await leasehold(args, exported.stdout);
  expect([refused.status, refused.stderr]).toEqual([3, expect.stringContaining('--expires')]);
  expect((await leasehold([...args, '--expires'], exported.stdout)).status).toBe(0);
  const env = openAt(target);
  const items = env.collection('sessions', { key: utf8, value: json, expires: true });
  expect(['gone', 'later', LONG, 'renewed', '', 'stays'].map((key) => items.expiresAt(key))).toEqual([
    undefined,
    LATER,
    LATER,
    LATER + HOUR,
    LATER,
    Number.POSITIVE_INFINITY,
  ]);
});

interface IndexChange {
  time: number;
  key: string;
  /** What is put there; undefined: the entry is deleted. */
  value?: string;
}

/** What verify finds after changes of the index by time. */
function verified(...changes: IndexChange[]): { status: number | null; found: string[] } {
  const path = made();
  const environment = new EnvironmentState(path, { durability: 'nosync' });
  const transaction = native.writeBegin(environment.native, 1000);
  const index = native.findCollection(transaction, '__leasehold_expiry:sessions');
  for (const { time, key, value } of changes) {
    const entry = Buffer.alloc(8 + Buffer.byteLength(key));
    entry.writeBigUInt64BE(BigInt(time));
    entry.write(key, 8);
    writer.bytes.set(entry);
    const stored = Buffer.from(value ?? '');
    const kind = value === undefined ? CHANGE_DELETE : CHANGE_PUT;
    native.change(transaction, index, 0, entry.length, stored, 0, stored.length, kind);
  }
  native.writeCommit(transaction);
  environment.close();
  const { status, stdout } = processOf(['verify', path]);
  return { status, found: linesOf(stdout).flatMap(({ found }) => found) };
}

test('verify compares times with the index: values that have expired, have a later time, or are gone are no fault', () => {
  expect(verified()).toEqual({ status: 0, found: [] });
});

test('verify finds records that the index does not have, and entries of the index that are none', () => {
  const { status, found } = verified(
    { time: LATER, key: 'later' },
    { time: LATER, key: LONG.slice(0, 503) },
    { time: LATER, key: 'renewed' },
    { time: LATER, key: '', value: 'x' },
    { time: 9e15, key: 'x', value: 'y' },
  );
  expect([status, found.sort()]).toEqual([
    1,
    [
      expect.stringContaining('an entry that is none'),
      expect.stringContaining('an entry that is none'),
      expect.stringMatching(/^the key "kkk.*no sweep will delete it$/),
      expect.stringMatching(/^the key "later" expires at .*no sweep will delete it$/),
      expect.stringContaining('the key "renewed" expires at'),
    ],
  ]);
});
