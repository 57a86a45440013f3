import { expect, test } from 'vitest';
import { nextTurn } from '../../lib/base/clock.ts';
import { environmentParts } from '../../lib/environment/environment.ts';
import { TurnCommits } from '../../lib/server/commits/turn-commits.ts';
import type { CommitTurn } from '../../lib/versions/engine/commit.ts';
import type { CommitRequest } from '../../lib/versions/engine/engine.ts';
import type { EnvironmentEngine } from '../../lib/versions/engine/environment-engine.ts';
import { openTemporary } from '../support/fixture.ts';

const request = (name: string): CommitRequest => ({
  commitId: Buffer.from(name),
  base: 0,
  reads: [],
  ranges: [],
  writes: [],
});

test('what comes in one turn is committed together, and at once only if it is alone', async () => {
  const asked: [string, CommitTurn][] = [];
  const engine = {
    commit: async ({ commitId }: CommitRequest, turn: CommitTurn) => {
      asked.push([Buffer.from(commitId).toString(), turn]);
      if (asked.length === 2) throw new Error('the second one fails');
      return { tid: asked.length };
    },
  };
  const { state } = environmentParts(openTemporary());
  const commits = new TurnCommits(state, engine as unknown as EnvironmentEngine);
  const answers = ['a', 'b', 'c'].map((name) => commits.commit(request(name)));
  expect(asked).toEqual([]);
  expect((await Promise.allSettled(answers)).map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
  ]);
  expect(asked.map(([name]) => name)).toEqual(['a', 'b', 'c']);
  expect(new Set(asked.map(([, turn]) => turn)).size).toBe(1);
  expect(asked[0]?.[1].now).toBe(false);
  await nextTurn();
  expect(await commits.commit(request('d'))).toEqual({ tid: 4 });
  expect(asked[3]?.[1].now).toBe(true);
});
