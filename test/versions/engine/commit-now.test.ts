import { afterEach, expect, test } from 'vitest';
import { environmentParts } from '../../../lib/environment/environment.ts';
import { bytes, type Environment, utf8 } from '../../../lib/index.ts';
import { CommitTurn } from '../../../lib/versions/engine/commit.ts';
import type { CommitAnswer, CommitRequest } from '../../../lib/versions/engine/engine.ts';
import { EnvironmentEngine } from '../../../lib/versions/engine/environment-engine.ts';
import { openTemporary } from '../../support/fixture.ts';

const engines: EnvironmentEngine[] = [];
afterEach(() => {
  for (const engine of engines.splice(0)) engine.close();
});

/** An environment, and commits through its engine that are made at once where they need not wait. */
function opened(durability: 'nosync' | 'sync') {
  const env = openTemporary({ durability });
  const items = env.collection('items', { key: utf8, value: bytes, versions: true });
  const { state } = environmentParts(env);
  const engine = new EnvironmentEngine(state);
  engines.push(engine);
  const commit = (key: string, value: string, rest: Partial<CommitRequest> = {}, now = true): Promise<CommitAnswer> => {
    const writes = [{ collection: 'items', key: Buffer.from(key), bytes: Buffer.from(value) }];
    const request = {
      commitId: Buffer.from(`${key} ${value}`),
      base: engine.processed(),
      reads: [],
      ranges: [],
      writes,
      ...rest,
    };
    return engine.commit(request, new CommitTurn(state, now));
  };
  return { env, engine, commit, read: (key: string) => items.get(key)?.toBuffer().toString() };
}

const transactions = (env: Environment): number => env.info().lastTransaction;

test('a commit that waits for nothing is made before the call returns', async () => {
  const { env, commit, read } = opened('nosync');
  const before = transactions(env);
  const answer = commit('a', '1');
  expect(read('a')).toBe('1');
  expect(transactions(env)).toBe(before + 1);
  expect(await answer).toEqual({ tid: 1 });
});

test('one that would wait for the disk is made by the other thread, with the same answer', async () => {
  const { commit, read } = opened('sync');
  expect(await commit('a', '1')).toEqual({ tid: 1 });
  expect(read('a')).toBe('1');
});

test('it is told, has its conflicts, and is made once', async () => {
  const { engine, commit, read } = opened('nosync');
  const told: number[] = [];
  engine.onChange(({ tid }) => void told.push(tid));
  expect(await commit('a', '1')).toEqual({ tid: 1 });
  expect(await commit('a', '2', { base: 0, reads: [{ collection: 'items', key: Buffer.from('a'), tid: 0 }] })).toEqual([
    { collection: 'items', key: Buffer.from('a') },
  ]);
  expect(await commit('a', '1', { base: 0 })).toEqual({ tid: 1 });
  expect(await commit('a', '3')).toEqual({ tid: 2 });
  expect(read('a')).toBe('3');
  expect(told).toEqual([1, 2]);
  await expect(commit('x'.repeat(600), '1', { commitId: Buffer.from('id') })).rejects.toMatchObject({
    code: 'ERR_KEY_SIZE',
  });
});

test('it comes behind those that were added before', async () => {
  const { commit, read } = opened('nosync');
  for (let round = 0; round < 50; round++) {
    const added = Array.from({ length: 20 }, (_, i) => commit('a', `${round} ${i}`, {}, false));
    const last = commit('a', `${round} last`);
    await Promise.all([...added, last]);
    expect(read('a')).toBe(`${round} last`);
  }
});

test('inside a write transaction it does not belong to that: it stays when that is rolled back', async () => {
  const { env, commit, read } = opened('nosync');
  let answer: Promise<CommitAnswer> | undefined;
  expect(() =>
    env.write(() => {
      answer = commit('a', '1');
      throw new Error('rolled back');
    }),
  ).toThrow('rolled back');
  expect(await answer).toEqual({ tid: 1 });
  expect(read('a')).toBe('1');
});
