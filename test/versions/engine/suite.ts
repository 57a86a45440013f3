import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Change, Engine, Loaded, Tid } from '../../../lib/versions/engine/engine.ts';
import { rejection } from '../../support/fixture.ts';
import { randomNumbers, SEED } from '../random.ts';
import { all, commit, del, type EngineStore, keyOf, loadAll, put, rowsOf, shown, textOf } from './calls.ts';
import { checkHistory } from './history.ts';
import { checkTwoObjects, reach } from './two-objects.mjs';

/** The tests that every engine must pass. `make` makes an empty store. */
export function engineSuite(name: string, make: () => EngineStore): void {
  describe(name, () => {
    let store: EngineStore;
    let engine: Engine;
    beforeEach(async () => {
      store = make();
      await store.makeCollection('items');
      await store.makeCollection('others');
      engine = await store.open();
    });
    afterEach(() => store.close());

    commits(() => [store, engine]);
    reads(() => [store, engine]);
    conflicts(() => [store, engine]);
    randomHistory(() => [store, engine]);
    twoObjects(() => [store, engine]);
  });
}

type Given = () => [EngineStore, Engine];

/** A row that has a number: see docs/format.md. */
function numberRow(number: number): Uint8Array {
  const row = Buffer.alloc(13, 0);
  row[0] = 4;
  row.writeDoubleBE(number, 1);
  return Uint8Array.from(row);
}

function commits(given: Given): void {
  test('engines on one store have one id, and a commit of one is told by all', async () => {
    const [store, engine] = given();
    const other = await store.open();
    expect(other.storeId).toBe(engine.storeId);
    const tid = await commit(engine, put('a', '1'));
    await reach(other, tid);
    expect((await loadAll(other, ['a'], tid)).map(({ bytes }) => textOf(bytes))).toEqual(['1']);
  });

  test('a commit that only deletes what is absent gives a commit that is told', async () => {
    const [, engine] = given();
    await commit(engine, put('a', '1'));
    await commit(engine, del('absent'));
    const answer = await engine.commit({
      commitId: randomBytes(16),
      base: engine.processed(),
      reads: [{ collection: 'items', key: keyOf('absent'), tid: 0 }],
      ranges: [],
      writes: [del('absent')],
    });
    expect((answer as { tid: Tid }).tid).toBeLessThanOrEqual(engine.processed());
  });

  test('processed() moves together with the calls of onChange, commit by commit, own ones and others', async () => {
    const [store, engine] = given();
    const other = await store.open();
    const told: Change[] = [];
    engine.onChange((change) => {
      expect(engine.processed()).toBe(change.tid - 1);
      told.push(change);
    });
    // A second listener is told the same commits, one by one.
    let seen = engine.processed();
    engine.onChange(({ tid }) => {
      expect(tid).toBe(seen + 1);
      seen = tid;
    });
    const start = engine.processed();
    await Promise.all([commit(engine, put('a', '1')), commit(other, put('b', '1')), commit(other, put('c', '1'))]);
    const last = await commit(other, del('b'), put('d', '2', 'others'));
    await reach(engine, last);
    expect(engine.processed()).toBe(last);
    expect(told.map(({ tid }) => tid)).toEqual(Array.from({ length: last - start }, (_, i) => start + 1 + i));
    expect(told.at(-1)?.changes).toMatchObject([{ collection: 'items' }, { collection: 'others' }]);
    expect(told.at(-1)?.changes.map(({ keys }) => keys?.map(textOf))).toEqual([['b'], ['d']]);
  });

  test('changes() gives every commit after one, in order, as onChange has told them', async () => {
    const [store, engine] = given();
    const told: Change[] = [];
    engine.onChange((change) => void told.push(change));
    const start = engine.processed();
    for (let i = 0; i < 5; i++) await commit(engine, put(`key ${i}`, 'x'));
    await store.clearCollection('items');
    await reach(engine, start + 6);
    expect(told).toHaveLength(6);
    const given_: Change[] = [];
    for await (const change of engine.changes(start)) {
      given_.push(change);
      if (given_.length === 6) break;
    }
    expect(given_).toEqual(told);
    for await (const change of engine.changes(start + 4)) {
      expect(change).toEqual(told[4]);
      break;
    }
  });

  test('what two commits add to one number is added, in either order, and once', async () => {
    const [store, engine] = given();
    if (store.adds === false) return;
    const other = await store.open();
    const base = engine.processed();
    const add = (from: Engine, number: number) => {
      const writes = [{ ...put('n', ''), bytes: numberRow(number), adds: true }];
      return { from, request: { commitId: randomBytes(16), base, reads: [], ranges: [], writes } };
    };
    const commits = [add(engine, 5), add(other, -2), add(engine, 0.5)];
    const answers = await Promise.all([...commits, ...commits].map(({ from, request }) => from.commit(request)));
    const newest = Math.max(...answers.map((answer) => (answer as { tid: Tid }).tid));
    expect(newest).toBe(base + new Set(answers.map((answer) => (answer as { tid: Tid }).tid)).size);
    await reach(engine, newest);
    expect(await loadAll(engine, ['n'], newest)).toMatchObject([{ tid: newest, bytes: numberRow(3.5) }]);
    await commit(engine, put('text', 'x'));
    const writes = [{ ...put('text', ''), bytes: numberRow(1), adds: true }];
    const wrong = { commitId: randomBytes(16), base: engine.processed(), reads: [], ranges: [], writes };
    expect((await rejection(engine.commit(wrong))).code).toBe('ERR_CODEC');
  });

  test('a commit is applied once: whoever asks again with the same id gets the same tid, also of another engine', async () => {
    const [store, engine] = given();
    const other = await store.open();
    const tid = await commit(engine, put('a', '1'));
    await reach(other, tid);
    const reads = [{ collection: 'items', key: keyOf('a'), tid }];
    const request = { commitId: randomBytes(16), base: tid, reads, ranges: [], writes: [put('a', '2'), put('b', '2')] };
    const answers = await Promise.all([engine, other, engine, other].map((asked) => asked.commit(request)));
    expect(new Set(answers.map((answer) => (answer as { tid: Tid }).tid))).toEqual(new Set([tid + 1]));
    // Without reads, only the commit id shows that the request is a repetition.
    const blind = { ...request, commitId: randomBytes(16), base: tid + 1, reads: [], writes: [put('b', '3')] };
    await reach(engine, tid + 1);
    await reach(other, tid + 1);
    const first = await engine.commit(blind);
    const second = await commit(engine, put('b', '4'));
    expect([first, second]).toEqual([{ tid: tid + 2 }, tid + 3]);
    expect([await engine.commit(blind), await other.commit(blind)]).toEqual([first, first]);
    expect((await loadAll(engine, ['a', 'b'], second)).map(({ bytes }) => textOf(bytes))).toEqual(['2', '4']);
  });

  test('ids of objects are given once, to whoever asks', async () => {
    const [store, engine] = given();
    const engines = [engine, await store.open(), await store.open()];
    const ranges = await Promise.all(Array.from({ length: 30 }, (_, i) => engines[i % 3]?.claimIds(1 + (i % 7))));
    const ids = ranges.flatMap((range, i) => {
      const [first, last] = range as [number, number];
      expect(last - first).toBe(i % 7);
      return Array.from({ length: last - first + 1 }, (_, n) => first + n);
    });
    expect(new Set(ids).size).toBe(ids.length);
    expect(Math.min(...ids)).toBeGreaterThan(0);
  });

  test('a closed engine says so, and tells it to whoever waits', async () => {
    const [store] = given();
    const other = await store.open();
    const ended: unknown[] = [];
    other.onEnd((error) => void ended.push(error));
    await other.close();
    await other.close();
    expect(ended).toEqual([undefined]);
    const tid = other.processed();
    const request = { commitId: randomBytes(16), base: tid, reads: [], ranges: [], writes: [put('a', '1')] };
    expect((await rejection(other.commit(request))).code).toBe('ERR_ENV_CLOSED');
    expect((await rejection(loadAll(other, ['a'], tid))).code).toBe('ERR_ENV_CLOSED');
    expect((await rejection(rowsOf(other, {}, tid, 100))).code).toBe('ERR_ENV_CLOSED');
    expect((await rejection(other.claimIds(1))).code).toBe('ERR_ENV_CLOSED');
  });
}

function reads(given: Given): void {
  test('a state has the commit that wrote it and the one that changed it next, whether it is there or absent', async () => {
    const [, engine] = given();
    const start = engine.processed();
    const written = await commit(engine, put('a', '1'));
    const releases = [engine.hold(written)];
    const changed = await commit(engine, put('a', '2'), put('b', '1'));
    releases.push(engine.hold(changed));
    const deleted = await commit(engine, del('a'));
    releases.push(engine.hold(deleted));
    const [a1, b1] = await loadAll(engine, ['a', 'b'], written);
    expect(shown(a1 as Loaded)).toEqual([written, changed, '1']);
    expect(b1).toMatchObject({ next: changed, bytes: undefined });
    expect(b1?.tid).toBeLessThanOrEqual(start);
    const later = await loadAll(engine, ['a', 'b'], changed);
    expect(later.map(shown)).toEqual([
      [changed, deleted, '2'],
      [changed, undefined, '1'],
    ]);
    expect((await loadAll(engine, ['a'], deleted)).map(shown)).toEqual([[deleted, undefined, undefined]]);
    for (const release of releases) release();
  });

  test('a range is read as of a commit, in both directions, in batches of the size that is asked for', async () => {
    const [, engine] = given();
    const letters = 'abcdefgh'.split('');
    const tid = await commit(engine, ...letters.map((key) => put(key, key.repeat(20))));
    const release = engine.hold(tid);
    await commit(engine, del('c'), put('d', 'new'), put('dd', 'new'));
    for (const credit of [1, 50, 10_000]) {
      const keys = (await rowsOf(engine, {}, tid, credit)).map(({ key }) => textOf(key));
      expect(keys).toEqual(letters);
      const bounds = { lower: keyOf('b'), upper: keyOf('f'), upperOpen: true, reverse: true };
      const rows = await rowsOf(engine, bounds, tid, credit);
      expect(rows.map(({ key, tid: wrote, bytes }) => [textOf(key), wrote, textOf(bytes)])).toEqual(
        ['e', 'd', 'c', 'b'].map((key) => [key, tid, key.repeat(20)]),
      );
      const now = (await rowsOf(engine, { lower: keyOf('b'), lowerOpen: true }, engine.processed(), credit)).map(
        ({ key }) => textOf(key),
      );
      expect(now).toEqual(['d', 'dd', 'e', 'f', 'g', 'h']);
    }
    release();
  });

  test('nobody reads as of a commit that the engine has not told', async () => {
    const [, engine] = given();
    const tid = engine.processed() + 1;
    for (const reading of [() => loadAll(engine, ['a'], tid), () => rowsOf(engine, {}, tid, 1)]) {
      expect((await rejection(reading())).code).toBe('ERR_SNAPSHOT_LOST');
    }
    expect((await rejection(Promise.resolve().then(() => engine.hold(tid)))).code).toBe('ERR_SNAPSHOT_LOST');
  });

  test('a snapshot that is held stays through any number of commits, and one that is not is lost at some time', async () => {
    const [, engine] = given();
    const tid = await commit(engine, put('a', '0'), put('b', '0'));
    const release = engine.hold(tid);
    for (let i = 1; i <= 100; i++) await commit(engine, put('a', String(i)), i % 2 === 0 ? put('b', 'x') : del('b'));
    expect((await loadAll(engine, ['a', 'b'], tid)).map(({ bytes }) => textOf(bytes))).toEqual(['0', '0']);
    release();
    release();
    expect((await loadAll(engine, ['a'], engine.processed())).map(({ bytes }) => textOf(bytes))).toEqual(['100']);
  });
}

function conflicts(given: Given): void {
  test('a conflict names the keys and the ranges that have changed, and nothing is written', async () => {
    const [, engine] = given();
    const base = await commit(engine, put('a', '1'), put('b', '1'), put('c', '1'));
    await commit(engine, put('b', '2'), put('m', 'new'), del('c'));
    const range = { ...all, lower: keyOf('k'), upper: keyOf('p') };
    const untouched = { ...all, lower: keyOf('x') };
    const answer = await engine.commit({
      commitId: randomBytes(16),
      base,
      reads: ['a', 'b', 'c', 'm'].map((key) => ({ collection: 'items', key: keyOf(key), tid: key === 'm' ? 0 : base })),
      ranges: [
        { collection: 'items', range },
        { collection: 'items', range: untouched },
        { collection: 'others', range: all },
      ],
      writes: [put('a', 'lost'), put('z', 'lost', 'others')],
    });
    expect(answer).toEqual([
      ...['b', 'c', 'm'].map((key) => ({ collection: 'items', key: keyOf(key) })),
      { collection: 'items', range },
    ]);
    const tid = engine.processed();
    expect((await loadAll(engine, ['a'], tid)).map(({ bytes }) => textOf(bytes))).toEqual(['1']);
    expect((await loadAll(engine, ['z'], tid, 'others'))[0]?.bytes).toBeUndefined();
  });

  test('a key that somebody has added to a range that was read is a conflict, and one beside it is none', async () => {
    const [, engine] = given();
    const base = engine.processed();
    await commit(engine, put('m', 'new'));
    const request = (lower: string, upperOpen: boolean) => ({
      commitId: randomBytes(16),
      base,
      reads: [],
      ranges: [{ collection: 'items', range: { ...all, lower: keyOf(lower), upper: keyOf('m'), upperOpen } }],
      writes: [put('a', 'x')],
    });
    const meets = request('k', false);
    expect(await engine.commit(meets)).toEqual(meets.ranges);
    expect(await engine.commit(request('k', true))).toEqual({ tid: base + 2 });
  });

  test('a write is compared only if it was read', async () => {
    const [, engine] = given();
    const base = await commit(engine, put('a', '1'));
    const tid = await commit(engine, put('a', '2'));
    const blind = { commitId: randomBytes(16), base, reads: [], ranges: [], writes: [put('a', '3')] };
    expect(await engine.commit(blind)).toEqual({ tid: tid + 1 });
  });

  test('who has only read commits as of what was read', async () => {
    const [, engine] = given();
    const base = engine.processed();
    expect(await engine.commit({ commitId: randomBytes(16), base, reads: [], ranges: [], writes: [] })).toEqual({
      tid: base,
    });
  });
}

function randomHistory(given: Given): void {
  test(`whatever is read as of any commit is what was there, with an interval that is true (seed ${SEED})`, async () => {
    const [store, engine] = given();
    await checkHistory(store, [engine, await store.open()], 80, randomNumbers(SEED));
  });
}

function twoObjects(given: Given): void {
  for (const mode of ['equal', 'phase'] as const) {
    test(`eight workers with caches of their own see two objects change together: ${mode} (seed ${SEED})`, async () => {
      const [store] = given();
      await store.makeCollection('objects');
      const engines = [await store.open(), await store.open()];
      const randomOf = (worker: number) => randomNumbers(SEED + worker);
      expect(await checkTwoObjects(engines, { mode, transactions: 15, randomOf })).toBeGreaterThan(100);
    });
  }
}
