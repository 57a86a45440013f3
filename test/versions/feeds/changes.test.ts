import { describe, expect, test } from 'vitest';
import { type Commit, type Environment, type Feed, type Key, open, tuple, uint32, utf8 } from '../../../lib/index.ts';
import { openAt, openTemporary, rejection, temporaryFolder, thrown } from '../../support/fixture.ts';

const versioned = { key: uint32, value: utf8, versions: true } as const;

/** The next commits of a feed. */
async function take(feed: Feed<Commit>, count: number): Promise<Commit[]> {
  const commits: Commit[] = [];
  while (commits.length < count) commits.push((await feed.next()).value as Commit);
  return commits;
}

/** The changes of commits, without the properties that differ from run to run. */
const changesOf = (commits: readonly Commit[]) => commits.map(({ tid, changes }) => [tid, ...changes]);

function numbers(env: Environment) {
  return env.collection('numbers', versioned);
}

describe('env.changes()', () => {
  test('gives the commits after the call, in order, with the keys that they changed, and waits for the next one', async () => {
    const env = openTemporary();
    const items = numbers(env);
    items.put(1, 'before');
    const feed = env.changes();
    const next = feed.next();
    items.put(7, 'a');
    items.del(1);
    env.write(() => {
      items.put(9, 'b');
      items.put(3, 'c');
      items.put(9, 'd');
    });
    const { value } = await next;
    expect(value).toMatchObject({ tid: 2, ids: [], changes: [{ collection: 'numbers', keys: [7], dropped: false }] });
    expect((value as Commit).nonce).toMatch(/^[0-9a-f]{16}$/);
    expect(Math.abs(Date.now() - (value as Commit).time)).toBeLessThan(1e6);
    expect((await take(feed, 2)).map(({ tid, changes }) => [tid, changes[0]?.keys])).toEqual([
      [3, [1]],
      [4, [3, 9]],
    ]);
    expect(feed.tid).toBe(4);
  });

  test('tells a commit of the same thread in the job that makes it, with no turn of the event loop', async () => {
    const env = openTemporary();
    const items = numbers(env);
    const feed = env.changes();
    let told = false;
    const next = feed.next().then(() => {
      told = true;
    });
    for (let i = 0; i < 50; i++) await null;
    items.put(1, 'a');
    for (let i = 0; i < 50; i++) await null;
    expect(told).toBe(true);
    await next;
  });

  test('gives a range for what clear and drop have removed, and for a commit of many keys', async () => {
    const env = openTemporary();
    const items = numbers(env);
    env.write(() => {
      for (let i = 0; i < 10_001; i++) items.put(i * 2, 'x');
    });
    items.clear({ gt: 4, lte: 8 });
    items.clear();
    items.drop();
    const collection = 'numbers';
    expect(changesOf(await take(env.changes({ after: 0 }), 4))).toEqual([
      [1, { collection, keys: undefined, range: { gte: 0, lte: 20_000 }, dropped: false }],
      [2, { collection, keys: undefined, range: { gt: 4, lte: 8 }, dropped: false }],
      [3, { collection, keys: undefined, range: {}, dropped: false }],
      [4, { collection, keys: undefined, range: {}, dropped: true }],
    ]);
  });

  test('gives nothing of what was rolled back, and nothing of collections without versions', async () => {
    const env = openTemporary();
    const items = numbers(env);
    const plain = env.collection('plain', { key: uint32, value: utf8 });
    const feed = env.changes();
    plain.put(1, 'a');
    expect(() =>
      env.write(() => {
        items.put(1, 'a');
        throw new Error('rolled back');
      }),
    ).toThrow('rolled back');
    env.write(() => {
      items.put(2, 'b');
      expect(() =>
        env.write(() => {
          items.put(3, 'c');
          throw new Error('rolled back');
        }),
      ).toThrow('rolled back');
    });
    expect((await take(feed, 1)).map(({ tid, changes }) => [tid, changes.length, changes[0]?.keys])).toEqual([
      [1, 1, [2]],
    ]);
  });

  test('reads keys with the codec of the collection: also one that is not open here', async () => {
    const path = temporaryFolder();
    const first = open(path);
    first.collection('tuples', { key: tuple, value: utf8, versions: true }).put(['FR', 7], 'x');
    first.collection('texts', { key: utf8, value: utf8, versions: true }).put('é', 'x');
    first.close();
    const [one, other] = await take(openAt(path).changes({ after: 0 }), 2);
    expect((one as Commit).changes.flatMap(({ keys }) => (keys as Key[]).map((key) => key.toArray()))).toEqual([
      ['FR', 7],
    ]);
    expect(other?.changes[0]?.keys).toEqual(['é']);
  });

  test('of some collections passes over the other commits, and tells how far it has looked', async () => {
    const env = openTemporary();
    const items = numbers(env);
    const others = env.collection('others', versioned);
    for (let i = 0; i < 250; i++) others.put(i, 'x');
    env.write(() => {
      others.put(1, 'y');
      items.put(1, 'y');
    });
    const feed = env.changes({ after: 0, collections: [items, 'absent'] });
    expect(changesOf(await take(feed, 1))).toEqual([
      [251, { collection: 'numbers', keys: [1], range: undefined, dropped: false }],
    ]);
    expect(feed.tid).toBe(251);
  });

  test('goes on after a tid or a commit, and refuses one that the database does not have', async () => {
    const env = openTemporary();
    const items = numbers(env);
    for (let i = 1; i <= 5; i++) items.put(i, 'x');
    const [second] = await take(env.changes({ after: 1 }), 1);
    expect(second?.tid).toBe(2);
    expect((await take(env.changes({ after: second as Commit }), 3)).map(({ tid }) => tid)).toEqual([3, 4, 5]);
    const other = { tid: 2, nonce: '0123456789abcdef' };
    expect(await rejection(env.changes({ after: other }).next())).toMatchObject({ code: 'ERR_SNAPSHOT_LOST' });
    expect(await rejection(env.changes({ after: 6 }).next())).toMatchObject({ code: 'ERR_SNAPSHOT_LOST' });
    expect(await rejection(env.changes({ after: { tid: 6, nonce: other.nonce } }).next())).toMatchObject({
      code: 'ERR_SNAPSHOT_LOST',
    });
  });

  test('is ERR_TOO_OLD where the log was trimmed, also while the consumer was slow', async () => {
    const env = openTemporary({ changes: { count: 10 } });
    const items = numbers(env);
    items.put(0, 'x');
    const feed = env.changes();
    for (let i = 1; i <= 100; i++) items.put(i, 'x');
    const error = await rejection(feed.next());
    expect(error).toMatchObject({ code: 'ERR_TOO_OLD' });
    const { oldest } = error as unknown as { oldest: number };
    expect(oldest).toBeGreaterThan(2);
    expect(error.message).toContain(`begins with commit ${oldest} and does not reach back to commit 2`);
    expect(await feed.next()).toEqual({ done: true, value: undefined });
    expect((await take(env.changes({ after: oldest - 1 }), 1))[0]?.tid).toBe(oldest);
  });

  test('refuses wrong options', () => {
    const env = openTemporary();
    const code = (options: unknown) => thrown(() => env.changes(options as never)).code;
    expect(code(null)).toBe('ERR_INVALID_ARG_TYPE');
    expect(code({ since: 1 })).toBe('ERR_INVALID_ARG_VALUE');
    expect(code({ after: -1 })).toBe('ERR_OUT_OF_RANGE');
    expect(code({ after: '1' })).toBe('ERR_INVALID_ARG_TYPE');
    expect(code({ after: { tid: 1, nonce: 2 } })).toBe('ERR_INVALID_ARG_TYPE');
    expect(code({ signal: {} })).toBe('ERR_INVALID_ARG_TYPE');
    expect(code({ collections: 'numbers' })).toBe('ERR_INVALID_ARG_TYPE');
    expect(code({ collections: [7] })).toBe('ERR_INVALID_ARG_TYPE');
  });
});

describe('a feed that waits', () => {
  test.each([
    ['return()', (feed: Feed<Commit>) => void feed.return()],
    ['using', (feed: Feed<Commit>) => feed[Symbol.dispose]()],
    ['await using', (feed: Feed<Commit>) => void feed[Symbol.asyncDispose]()],
  ])('is done by %s', async (_, end) => {
    const env = openTemporary();
    numbers(env);
    const feed = env.changes();
    const both = [feed.next(), feed.next()];
    await null;
    end(feed);
    expect(await Promise.all(both)).toEqual([
      { done: true, value: undefined },
      { done: true, value: undefined },
    ]);
  });

  test('rejects with ERR_ENV_CLOSED when the environment is closed, and later', async () => {
    const env = open(temporaryFolder());
    numbers(env);
    const [waits, idle] = [env.changes(), env.changes()];
    const next = rejection(waits.next());
    await null;
    env.close();
    expect(await next).toMatchObject({ code: 'ERR_ENV_CLOSED' });
    expect(await rejection(idle.next())).toMatchObject({ code: 'ERR_ENV_CLOSED' });
    expect(thrown(() => env.changes()).code).toBe('ERR_ENV_CLOSED');
  });

  test('rejects with ABORT_ERR, whose cause is the reason, and leaves no listener behind', async () => {
    const env = openTemporary();
    const items = numbers(env);
    const controller = new AbortController();
    const feed = env.changes({ signal: controller.signal });
    const first = feed.next();
    await null;
    items.put(1, 'x');
    await first;
    const next = rejection(feed.next());
    await null;
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await next).toMatchObject({ code: 'ABORT_ERR', name: 'AbortError', cause: reason });
    expect(await feed.next()).toEqual({ done: true, value: undefined });
    expect(await rejection(env.changes({ signal: AbortSignal.abort() }).next())).toMatchObject({ code: 'ABORT_ERR' });
  });

  test('does not disturb others of the same environment when it ends', async () => {
    const env = openTemporary();
    const items = numbers(env);
    const [one, other] = [env.changes(), env.changes()];
    const ended = one.next();
    const next = other.next();
    await null;
    await one.return();
    items.put(1, 'x');
    expect((await ended).done).toBe(true);
    expect((await next).value).toMatchObject({ tid: 1 });
  });
});
