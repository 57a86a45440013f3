import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { bytes } from '../../../lib/index.ts';
import { EnvironmentState } from '../../../lib/transaction/environment-state.ts';
import type { Loaded, RowBatch, StateKey } from '../../../lib/versions/engine/engine.ts';
import { EnvironmentEngine } from '../../../lib/versions/engine/environment-engine.ts';
import { WaitingChild } from '../../support/child.ts';
import { pass, shiftedNow } from '../../support/clock.ts';
import { codeOf, openTemporary, rejection, temporaryFolder, until } from '../../support/fixture.ts';
import { reach } from './two-objects.mjs';

/** Tests that apply only to the engine of an environment. Those for every engine are in test/versions/engine/suite.ts. */

const all = { lower: undefined, lowerOpen: false, upper: undefined, upperOpen: false };
const key = (number: number) => Buffer.from([number >> 8, number]);

function opened(
  options: { changes?: { count: number }; limits?: { held?: number; count?: number; age?: number } } = {},
) {
  const env = openTemporary({ changes: options.changes ?? {} });
  const items = env.collection('items', { key: bytes, value: bytes, versions: true });
  const state = new EnvironmentState(env.path, { durability: 'nosync', changes: options.changes ?? {} });
  const engine = new EnvironmentEngine(state, options.limits);
  const told = (tid: number) => reach(engine, tid);
  return { env, items, state, engine, told };
}

type Opened = ReturnType<typeof opened>['engine'];

function load(engine: Opened, at: number, ...keys: StateKey[]): Loaded[] {
  const loaded: Loaded[] = [];
  engine.load(keys, at, (state) => void loaded.push(state));
  return loaded;
}

async function batches(engine: Opened, collection: string, at: number): Promise<RowBatch[]> {
  const found: RowBatch[] = [];
  await engine.range(collection, all, at, 10, (batch) => void found.push(batch));
  return found;
}

const request = (base: number, more: object = {}) => ({
  commitId: randomBytes(16),
  base,
  reads: [],
  ranges: [],
  writes: [{ collection: 'items', key: key(1), bytes: Buffer.from('x') }],
  ...more,
});

test('snapshots that nobody holds go when there are too many, and what was changed since cannot be read as of them', async () => {
  const { items, engine, told, state } = opened({ limits: { count: 2 } });
  for (let tid = 1; tid <= 6; tid++) {
    items.put(key(1), Buffer.from(String(tid)));
    if (tid === 1) items.put(key(2), Buffer.from('stays'));
    await told(tid === 1 ? 2 : tid + 1);
  }
  const one = (number: number, at: number) => () => load(engine, at, { collection: 'items', key: key(number) });
  expect(codeOf(one(1, 3))).toBe('ERR_SNAPSHOT_LOST');
  expect((await rejection(batches(engine, 'items', 3))).code).toBe('ERR_SNAPSHOT_LOST');
  expect(codeOf(() => engine.hold(3))).toBe('ERR_SNAPSHOT_LOST');
  // No later commit has changed this key, so every snapshot has its state.
  expect(one(2, 3)()[0]).toMatchObject({ tid: 2, next: undefined });
  expect(one(3, 3)()[0]).toMatchObject({ next: undefined, bytes: undefined });
  expect(one(1, 6)()[0]).toMatchObject({ tid: 6, next: 7 });
  engine.close();
  state.close();
});

test('a snapshot that was not used for long goes with the next commit', async () => {
  const { items, engine, told, state } = opened({ limits: { age: 0 } });
  items.put(key(1), Buffer.from('1'));
  await told(1);
  items.put(key(1), Buffer.from('2'));
  await told(2);
  items.put(key(1), Buffer.from('3'));
  await told(3);
  expect(codeOf(() => load(engine, 1, { collection: 'items', key: key(1) }))).toBe('ERR_SNAPSHOT_LOST');
  engine.close();
  state.close();
});

test('commits that are known only by a range count as changes of all its keys', async () => {
  const { items, engine, told, state } = opened();
  for (const number of [1, 2, 3]) items.put(key(number), Buffer.from('x'));
  await told(3);
  const release = engine.hold(3);
  items.clear({ gte: key(2), lte: key(3) });
  await told(4);
  const keys = [1, 2, 3].map((number) => ({ collection: 'items', key: key(number) }));
  expect(load(engine, 3, ...keys).map(({ tid, next }) => [tid, next])).toEqual([
    [1, undefined],
    [2, 4],
    [3, 4],
  ]);
  expect(load(engine, 4, ...keys).map(({ tid, bytes: found }) => [tid, found === undefined])).toEqual([
    [1, false],
    [4, true],
    [4, true],
  ]);
  release();
  engine.close();
  state.close();
});

test('an engine that the log of changes has outrun tells of the gap, and goes on behind it', async () => {
  const { items, engine, state, told } = opened({ changes: { count: 20 } });
  items.put(key(1), Buffer.from('first'));
  await told(1);
  const heard: (number | string)[] = [];
  engine.onChange(({ tid }) => void heard.push(tid));
  engine.onGap((tid, nonce) => {
    expect(engine.processed()).toBe(1);
    heard.push(`up to ${tid}`, nonce);
  });
  // The engine cannot run during this loop.
  for (let i = 0; i < 200; i++) items.put(key(i), Buffer.from('x'));
  await told(201);
  items.put(key(3), Buffer.from('y'));
  await told(202);
  expect(heard).toEqual(['up to 201', engine.nonceOf(201), 202]);
  const keys = [1, 3, 500].map((number) => ({ collection: 'items', key: key(number) }));
  const [one, three, absent] = load(engine, 202, ...keys);
  expect([one?.tid, three?.tid, absent?.bytes]).toEqual([3, 202, undefined]);
  expect(one?.next).toBeUndefined();
  // Of the commit before the gap, what has an end is told as early as it may have ended.
  expect(load(engine, 1, keys[0] as StateKey)[0]).toMatchObject({ tid: 1, next: 2 });
  expect(load(engine, 201, keys[1] as StateKey)[0]).toMatchObject({ tid: 5, next: 202 });
  expect((await rejection(batches(engine, 'items', 100))).code).toBe('ERR_SNAPSHOT_LOST');
  expect(await engine.commit(request(202))).toEqual({ tid: 203 });
  engine.close();
  state.close();
});

test('an engine that is asked to catch up tells at once what others have committed', () => {
  const { items, engine, state } = opened();
  const heard: number[] = [];
  engine.onChange(({ tid }) => void heard.push(tid));
  for (let i = 0; i < 3; i++) items.put(key(i), Buffer.from('x'));
  expect(engine.processed()).toBe(0);
  engine.catchUp();
  engine.catchUp();
  expect([engine.processed(), heard]).toEqual([3, [1, 2, 3]]);
  engine.close();
  state.close();
});

test('a commit whose base is beyond the log cannot be known to be new, and is refused', async () => {
  const { items, engine, told, state } = opened({ changes: { count: 20 } });
  items.put(key(1), Buffer.from('x'));
  await told(1);
  for (let i = 0; i < 200; i++) {
    items.put(key(2), Buffer.from('x'));
    await told(2 + i);
  }
  expect((await rejection(engine.commit(request(1)))).code).toBe('ERR_TOO_OLD');
  expect(await engine.commit(request(201))).toEqual({ tid: 202 });
  engine.close();
  state.close();
});

test('an engine ends with its environment, and needs a collection with versions', async () => {
  const env = openTemporary();
  const empty = new EnvironmentState(env.path, { durability: 'nosync' });
  expect(codeOf(() => new EnvironmentEngine(empty))).toBe('ERR_NO_COLLECTION');
  empty.close();
  const { engine, state } = opened();
  const ended: unknown[] = [];
  engine.onEnd((error) => void ended.push((error as { code?: string }).code));
  state.close();
  await until(() => ended.length > 0, 'the engine ends');
  expect(ended).toEqual(['ERR_ENV_CLOSED']);
  expect(codeOf(() => load(engine, 0))).toBe('ERR_ENV_CLOSED');
});

test('collections without versions are refused, absent ones are empty', async () => {
  const { env, items, engine, state, told } = opened();
  env.collection('plain', { key: bytes, value: bytes });
  items.put(key(1), Buffer.from('x'));
  await told(1);
  const plain = { collection: 'plain', key: key(1) };
  expect(codeOf(() => load(engine, 1, plain))).toBe('ERR_INVALID_ARG_VALUE');
  expect((await rejection(engine.commit(request(0, { writes: [{ ...plain, bytes: undefined }] })))).code).toBe(
    'ERR_INVALID_ARG_VALUE',
  );
  const absent = { collection: 'absent', key: key(1) };
  expect(load(engine, 0, absent)).toMatchObject([{ tid: 0, next: undefined, bytes: undefined }]);
  expect(await batches(engine, 'absent', 0)).toEqual([{ rows: [], complete: undefined }]);
  const commit = engine.commit(request(0, { writes: [{ ...absent, bytes: undefined }] }));
  expect((await rejection(commit)).code).toBe('ERR_NO_COLLECTION');
  engine.close();
  state.close();
});

test('requests that are malformed are refused, and nothing is written', async () => {
  const { engine, state } = opened();
  const wrong = [
    [{ commitId: 'id' }, 'ERR_INVALID_ARG_TYPE'],
    [{ commitId: Buffer.alloc(0) }, 'ERR_OUT_OF_RANGE'],
    [{ commitId: Buffer.alloc(256) }, 'ERR_OUT_OF_RANGE'],
    [{ base: -1 }, 'ERR_OUT_OF_RANGE'],
    [{ base: 1 }, 'ERR_SNAPSHOT_LOST'],
    [{ reads: [{ collection: 'items', key: key(1) }] }, 'ERR_INVALID_ARG_TYPE'],
    [{ writes: [{ collection: 'items', key: Buffer.alloc(0), bytes: Buffer.from('x') }] }, 'ERR_KEY_SIZE'],
    [{ writes: [{ collection: 'items', key: Buffer.alloc(512), bytes: undefined }] }, 'ERR_KEY_SIZE'],
    [{ writes: [{ collection: 'items', key: key(1), bytes: 'x' }] }, 'ERR_INVALID_ARG_TYPE'],
  ] as const;
  for (const [more, code] of wrong) {
    expect([more, (await rejection(engine.commit(request(0, more)))).code]).toEqual([more, code]);
  }
  expect((await rejection(engine.claimIds(0))).code).toBe('ERR_OUT_OF_RANGE');
  expect(engine.processed()).toBe(0);
  engine.close();
  state.close();
});

test('ids are given once, whatever is rolled back meanwhile, and go on in the next process', async () => {
  const { env, engine, state } = opened();
  expect(await engine.claimIds(10)).toEqual([1, 10]);
  let claimed: Promise<[number, number]> | undefined;
  const write = () =>
    env.write(() => {
      claimed = engine.claimIds(5);
      throw new Error('undo');
    });
  expect(write).toThrow(/^undo$/);
  expect(await claimed).toEqual([11, 15]);
  engine.close();
  state.close();
  env.close();
  const again = new EnvironmentState(env.path, { durability: 'nosync' });
  const other = new EnvironmentEngine(again);
  expect(await other.claimIds(1)).toEqual([16, 16]);
  other.close();
  again.close();
});

test('values that expire are absent as of every commit from their time on, and a sweep is a commit like others', async () => {
  const { env, state, engine, told } = opened();
  const leases = env.collection('leases', { key: bytes, value: bytes, versions: true, expires: true });
  leases.put(key(1), Buffer.from('stays'));
  leases.putUntil(key(2), Buffer.from('expires'), shiftedNow() + 1000);
  await told(2);
  const both = [1, 2].map((number) => ({ collection: 'leases', key: key(number) }));
  const there = () => load(engine, 2, ...both).map(({ bytes: found }) => found !== undefined);
  expect(there()).toEqual([true, true]);
  pass(1000);
  expect(there()).toEqual([true, false]);
  expect((await batches(engine, 'leases', 2)).flatMap(({ rows }) => rows)).toHaveLength(1);
  // Who has read it before it expired is in conflict: it is absent now.
  const reads = [{ collection: 'leases', key: key(2), tid: 2 }];
  expect(await engine.commit(request(2, { reads }))).toEqual([{ collection: 'leases', key: key(2) }]);
  expect(await env.sweep()).toBe(1);
  await told(3);
  expect(load(engine, 3, ...both)).toMatchObject([
    { tid: 1, next: undefined },
    { tid: 3, next: undefined, bytes: undefined },
  ]);
  // What an engine writes stays, unless the program says otherwise.
  const writes = [{ collection: 'leases', key: key(2), bytes: Buffer.from('again') }];
  expect(await engine.commit(request(3, { writes }))).toEqual({ tid: 4 });
  expect(leases.expiresAt(key(2))).toBe(Number.POSITIVE_INFINITY);
  engine.close();
  state.close();
});

const WRITER = `
import { createInterface } from 'node:readline';
const env = open(args.path, { durability: 'nosync' });
const items = env.collection('items', { key: bytes, value: bytes, versions: true });
const write = () => items.put(Buffer.from([0, 1]), Buffer.from('x'));
write();
tell('written');
for await (const line of createInterface(process.stdin)) write();`;

test('an engine on an environment that is only read tells what others commit, and writes nothing', async () => {
  const path = temporaryFolder();
  const writer = new WaitingChild(WRITER, { path });
  await writer.next();
  const state = new EnvironmentState(path, { readOnly: true });
  const engine = new EnvironmentEngine(state);
  expect(engine.processed()).toBe(1);
  const release = engine.hold(1);
  writer.send('go on');
  await reach(engine, 2);
  const one = { collection: 'items', key: key(1) };
  expect([1, 2].map((at) => load(engine, at, one)[0])).toMatchObject([
    { tid: 1, next: 2 },
    { tid: 2, next: undefined },
  ]);
  expect((await batches(engine, 'items', 2)).flatMap(({ rows }) => rows)).toMatchObject([{ tid: 2 }]);
  expect((await rejection(engine.commit(request(2)))).code).toBe('ERR_READ_ONLY');
  expect((await rejection(engine.claimIds(1))).code).toBe('ERR_READ_ONLY');
  expect(await engine.commit(request(2, { writes: [] }))).toEqual({ tid: 2 });
  release();
  engine.close();
  state.close();
  await writer.end();
});

test('views of many commits leave reader slots to others: a snapshot too many is refused, and one that was released makes room', async () => {
  const { items, engine, told, state } = opened({ limits: { held: 3 } });
  const releases: (() => void)[] = [];
  for (let tid = 1; tid <= 4; tid++) {
    items.put(key(1), Buffer.from(String(tid)));
    await told(tid);
    if (tid <= 3) releases.push(engine.hold(tid), engine.hold(tid));
  }
  expect(codeOf(() => engine.hold(4))).toBe('ERR_BUSY');
  expect(engine.tryHold(4)).toBeUndefined();
  releases[0]?.();
  releases[0]?.();
  expect(codeOf(() => engine.hold(4))).toBe('ERR_BUSY');
  releases[1]?.();
  releases.push(engine.hold(4));
  expect(load(engine, 2, { collection: 'items', key: key(1) })[0]).toMatchObject({ tid: 2, next: 3 });
  engine.close();
  state.close();
});
