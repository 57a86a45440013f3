import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RemoteEngine } from '../../lib/client/remote/remote-engine.ts';
import { bytes } from '../../lib/index.ts';
import { type Server, serve } from '../../lib/server/index.ts';
import type { CommitAnswer, Tid } from '../../lib/versions/engine/engine.ts';
import { newTurn, type Turn } from '../../lib/versions/turn.ts';
import { openTemporary } from '../support/fixture.ts';
import { all, keyOf, put } from '../versions/engine/calls.ts';
import { reach } from '../versions/engine/two-objects.mjs';
import { connectEngine } from './remote.ts';

/** What a server does for a transaction that meets conflicts again and again. */

const LOSER = 'the token of one that reads only x';
const tokens = [
  { token: 'the token of all of them', grants: [{ collection: '*', write: true }] },
  {
    token: LOSER,
    grants: [
      { collection: 'items', prefix: 'x', read: true },
      { collection: 'items', prefix: 'y', write: true },
    ],
  },
];

let server: Server;
const engines: RemoteEngine[] = [];
const connect = async (token: string = 'the token of all of them'): Promise<RemoteEngine> => {
  const engine = await connectEngine(server.addresses[0] as string, { token });
  engines.push(engine);
  return engine;
};

beforeEach(async () => {
  const env = openTemporary();
  env.collection('items', { key: bytes, value: bytes, versions: true });
  server = await serve(env, { listen: 'tcp://127.0.0.1:0', tokens });
});
afterEach(async () => {
  for (const engine of engines.splice(0)) engine.close();
  await server.close();
});

/** Writes a key, without having read it. */
const blind = (engine: RemoteEngine, key: string): Promise<CommitAnswer> =>
  engine.commit({ commitId: randomBytes(16), base: engine.processed(), reads: [], ranges: [], writes: [put(key, '')] });

/** Reads a key, which `tid` has written, and writes one. */
const readAndWrite = (
  engine: RemoteEngine,
  tid: Tid,
  turn: Turn | undefined,
  read: string = 'x',
  write: string = read,
): Promise<CommitAnswer> => {
  const reads = [{ collection: 'items', key: keyOf(read), tid }];
  const writes = [put(write, '')];
  return engine.commit({ commitId: randomBytes(16), base: engine.processed(), reads, ranges: [], writes, turn });
};

const tidOf = async (answer: Promise<CommitAnswer>): Promise<Tid> => ((await answer) as { tid: Tid }).tid;

test('until the next commit of a turn, commits of others wait that write what it has read', async () => {
  const [loser, winner] = [await connect(), await connect()];
  const first = await tidOf(blind(winner, 'x'));
  expect(await readAndWrite(loser, 0, undefined)).toHaveLength(1);
  const turn = newTurn();
  expect(await readAndWrite(loser, 0, turn)).toHaveLength(1);
  expect(turn.isNext).toBe(true);
  // It was told what it is to read.
  expect(loser.processed()).toBe(first);
  const order: string[] = [];
  const waiting = blind(winner, 'x').then((answer) => {
    order.push('x');
    return answer;
  });
  expect(await tidOf(blind(winner, 'y'))).toBe(first + 1);
  expect(order).toEqual([]);
  expect(await tidOf(readAndWrite(loser, first, turn))).toBe(first + 2);
  expect(await tidOf(waiting)).toBe(first + 3);
  expect(await tidOf(blind(winner, 'x'))).toBe(first + 4);
});

test('a range that was read is kept too', async () => {
  const [loser, winner] = [await connect(), await connect()];
  const first = await tidOf(blind(winner, 'x'));
  const turn = newTurn();
  const request = { reads: [], ranges: [{ collection: 'items', range: all }], writes: [put('y', '')], turn };
  expect(await loser.commit({ commitId: randomBytes(16), base: first - 1, ...request })).toHaveLength(1);
  expect(turn.isNext).toBe(true);
  const waiting = blind(winner, 'z');
  expect(await tidOf(loser.commit({ commitId: randomBytes(16), base: loser.processed(), ...request }))).toBe(first + 1);
  expect(await tidOf(waiting)).toBe(first + 2);
});

test('two that read the same take turns, two that do not have theirs at once', async () => {
  const [a, b, c] = [await connect(), await connect(), await connect()];
  const x = await tidOf(blind(a, 'x'));
  const y = await tidOf(blind(a, 'y'));
  const turns = [newTurn(), newTurn(), newTurn()] as const;
  expect(await readAndWrite(a, 0, turns[0])).toHaveLength(1);
  let isAnswered = false;
  const second = readAndWrite(b, 0, turns[1]).then(() => {
    isAnswered = true;
  });
  expect(await readAndWrite(c, 0, turns[2], 'y')).toHaveLength(1);
  expect([turns[0].isNext, isAnswered, turns[2].isNext]).toEqual([true, false, true]);
  expect(await tidOf(readAndWrite(c, y, turns[2], 'y'))).toBe(y + 1);
  const third = await tidOf(readAndWrite(a, x, turns[0]));
  await second;
  expect([turns[1].isNext, b.processed()]).toEqual([true, third]);
  expect(await tidOf(readAndWrite(b, third, turns[1]))).toBe(third + 1);
});

test.each([
  ['whose client is gone', (loser: RemoteEngine) => loser.close()],
  ['that nobody uses', () => {}],
])('a turn %s ends', async (_name, then) => {
  const [loser, winner] = [await connect(), await connect()];
  const first = await tidOf(blind(winner, 'x'));
  const turn = newTurn();
  await readAndWrite(loser, 0, turn);
  expect(turn.isNext).toBe(true);
  const waiting = blind(winner, 'x');
  then(loser);
  expect(await tidOf(waiting)).toBe(first + 1);
});

test('the one who waits is answered when the server stops', async () => {
  const [a, b] = [await connect(), await connect()];
  await blind(a, 'x');
  const turns = [newTurn(), newTurn()] as const;
  await readAndWrite(a, 0, turns[0]);
  const waiting = readAndWrite(b, 0, turns[1]);
  await reach(b, await tidOf(blind(b, 'y')));
  const closing = server.close();
  expect(await waiting).toHaveLength(1);
  expect(turns[1].isNext).toBe(false);
  await closing;
});

test('nobody keeps from others what he must not write', async () => {
  const [loser, winner] = [await connect(LOSER), await connect()];
  const first = await tidOf(blind(winner, 'x'));
  const turn = newTurn();
  expect(await readAndWrite(loser, 0, turn, 'x', 'y')).toHaveLength(1);
  expect(turn.isNext).toBe(true);
  expect(await tidOf(blind(winner, 'x'))).toBe(first + 1);
  expect(await readAndWrite(loser, first, turn, 'x', 'y')).toHaveLength(1);
});

test('clients that must not write what they have read take no places of others', async () => {
  const [a, b] = [await connect(), await connect()];
  await blind(a, 'x');
  const answers: Promise<CommitAnswer>[] = [];
  for (let i = 0; i < 4; i++) {
    const loser = await connect(LOSER);
    for (let j = 0; j < 64; j++) answers.push(readAndWrite(loser, 0, newTurn(), 'x', 'y'));
    await blind(loser, `y${i}`);
  }
  const turn = newTurn();
  expect(await readAndWrite(b, 0, turn)).toHaveLength(1);
  expect(turn.isNext).toBe(true);
  await Promise.all(answers);
});

test('a commit waits for every turn that keeps what it writes: what one client writes to a key stays in order', async () => {
  const [a, b, winner] = [await connect(), await connect(), await connect()];
  const x = await tidOf(blind(winner, 'x'));
  const y = await tidOf(blind(winner, 'y'));
  const turns = [newTurn(), newTurn()] as const;
  await readAndWrite(a, 0, turns[0]);
  await readAndWrite(b, 0, turns[1], 'y');
  expect(turns.map((turn) => turn.isNext)).toEqual([true, true]);
  const first = blind(winner, 'y');
  const both = winner.commit({
    commitId: randomBytes(16),
    base: winner.processed(),
    reads: [],
    ranges: [],
    writes: [put('x', ''), put('y', '')],
  });
  await blind(winner, 'z');
  // The turn of x ends.
  await readAndWrite(a, x, turns[0]);
  await blind(winner, 'z');
  const last = await tidOf(readAndWrite(b, y, turns[1], 'y'));
  const made = [await tidOf(first), await tidOf(both)] as const;
  expect(made[0]).toBeGreaterThan(last);
  // They may have been made together.
  expect(made[1]).toBeGreaterThanOrEqual(made[0]);
});
