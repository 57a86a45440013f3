import { afterEach, expect, test } from 'vitest';
import { environmentParts } from '../../../lib/environment/environment.ts';
import { json, open, utf8 } from '../../../lib/index.ts';
import { native } from '../../../lib/native/native.ts';
import { WaitingChild } from '../../support/child.ts';
import { openTemporary, temporaryFolder } from '../../support/fixture.ts';

/** Transactions of several processes that write one key without a pause. */

const children: WaitingChild[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) await child.kill();
});

function start(source: string, args: object): WaitingChild {
  const child = new WaitingChild(source, args);
  children.push(child);
  return child;
}

const COUNT = `
  const env = open(args.path, { durability: args.durability });
  const counts = env.collection('counts', { key: utf8, value: json, versions: true });
  tell('ready');
  process.stdin.once('data', async () => {
    try {
      for (let i = 0; i < args.times; i++) {
        await env.transact(async (txn) => {
          const count = (counts.get('n', txn) ?? 0) + 1;
          // Long enough for others to commit.
          await new Promise((resolve) => setImmediate(resolve));
          counts.put('n', count, txn);
        });
      }
      tell('done');
    } catch (error) {
      tell(error.code ?? String(error));
    }
    env.close();
    process.exit();
  });
`;

test.each([
  [2, 300, 'nosync'],
  [2, 100, 'sync'],
  [8, 40, 'nosync'],
])('%i processes that each count to %i, with %s', async (processes, times, durability) => {
  const path = temporaryFolder();
  const env = open(path);
  const counts = env.collection('counts', { key: utf8, value: json, versions: true });
  const started = Array.from({ length: processes }, () => start(COUNT, { path, times, durability }));
  for (const child of started) expect(await child.next()).toBe('ready');
  for (const child of started) child.send('go');
  for (const child of started) expect(await child.next()).toBe('done');
  expect(counts.get('n')).toBe(processes * times);
  env.close();
});

test('the turn of a database is of one environment; closing it gives it back', () => {
  const env = openTemporary();
  const { state } = environmentParts(env);
  const other = open(env.path);
  const { state: otherState } = environmentParts(other);
  expect(native.transactTurnIsTaken(state.handle)).toBe(false);
  expect(native.transactTurnTake(state.handle)).toBe(true);
  expect(native.transactTurnTake(otherState.handle)).toBe(false);
  expect(native.transactTurnIsTaken(otherState.handle)).toBe(true);
  native.transactTurnRelease(otherState.handle);
  expect(native.transactTurnIsTaken(otherState.handle)).toBe(true);
  env.close();
  expect(native.transactTurnTake(otherState.handle)).toBe(true);
  native.transactTurnRelease(otherState.handle);
  expect(native.transactTurnIsTaken(otherState.handle)).toBe(false);
  other.close();
});
