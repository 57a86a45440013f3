import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectPg } from '../../lib/postgres/connection/pg-client.ts';
import { parsePostgresAddress } from '../../lib/postgres/connection/postgres-address.ts';
import type { SqlConnection } from '../../lib/postgres/connection/sql-client.ts';
import { PostgresEngine } from '../../lib/postgres/postgres-engine.ts';
import type { Change, Loaded, StateKey } from '../../lib/versions/engine/engine.ts';
import { hasPostgres, postgresOfFile } from '../support/postgres.ts';
import { commit, keyOf, loadAll, put, textOf } from '../versions/engine/calls.ts';
import { newStore } from './store.ts';

/** What is asked of a server, and how often. */
describe.skipIf(!hasPostgres)('with a server that counts', () => {
  let engine: PostgresEngine;
  let texts: string[];
  /** The same, and on which connections. */
  let asks: { readonly connection: SqlConnection; readonly text: string }[];
  let schema: string;
  /** Polls wait for this. */
  let polls: Promise<void> | undefined;
  let connected: (flush?: 'inside' | 'shared') => Promise<PostgresEngine>;
  /** What waits for the answer to a commit. */
  let commits: Promise<void> | undefined;

  beforeEach(async () => {
    const { url, text, tls, ...parsed } = parsePostgresAddress(await newStore(), undefined);
    schema = parsed.schema;
    asks = [];
    connected = (flush = 'inside') =>
      PostgresEngine.connect({
        addresses: [{ url, text, tls }],
        replicas: [],
        schema,
        connect: async (address) => counting(await connectPg(address)),
        timeout: 10_000,
        flush,
        keptFor: { history: 1, log: 60 },
        onState: () => {},
      });
    engine = await connected();
    for (const name of ['items', 'others'])
      await engine.collections.make(name, { key: 'bytes', value: 'bytes', flags: 1 });
    await commit(engine, put('a', '1'), put('b', '2'), put('a', '3', 'others'));
    await engine.collections.numberOf('others');
    texts = [];
    asks = [];
    polls = undefined;
    commits = undefined;
  });
  afterEach(() => engine.close());

  function counting(connection: SqlConnection): SqlConnection {
    return {
      query: async (statement, values) => {
        texts?.push(statement.text);
        asks.push({ connection, text: statement.text });
        if (statement.text.includes('pg_is_in_recovery')) await polls;
        const rows = await connection.query(statement, values);
        if (statement.text.includes('commit(')) await commits;
        return rows;
      },
      run: (text) => connection.run(text),
      listen: (channel, fn) => connection.listen(channel, fn),
      onLost: (fn) => connection.onLost(fn),
      end: () => connection.end(),
    };
  }

  /** The statements that have a word, without the polls that are made every second. */
  const asked = (word = ''): string[] =>
    texts.filter((text) => text.includes(word) && (text.includes('pg_notify') || !text.includes('pg_is_in_recovery')));

  const hold = (at: number): Promise<() => void> =>
    new Promise((resolve, reject) => {
      const release = engine.hold(at, (error) => (error === undefined ? resolve(release) : reject(error)));
    });

  test('the first snapshot asks the server, the next ones do not, and what they see is kept', async () => {
    (await hold(engine.processed()))();
    expect(asked('session')).toHaveLength(1);
    const at = await commit(engine, put('a', 'held'));
    texts = [];
    const release = await hold(at);
    expect(asked('session')).toHaveLength(0);
    await commit(engine, put('a', 'later'));
    await commit(engine, put('a', 'last'));
    const server = await postgresOfFile();
    server.sql(
      `set search_path to "${schema}"; update change set time = time - interval '1 hour'; update head set trimmed = '-infinity'`,
    );
    await engine.trim();
    expect((await loadAll(engine, ['a'], at)).map(({ bytes }) => textOf(bytes))).toEqual(['held']);
    release();
  });

  test('an older snapshot than what the server was told is asked for', async () => {
    const old = engine.processed();
    const newer = await commit(engine, put('a', 'newer'));
    await hold(newer);
    texts = [];
    await hold(old);
    expect(asked('session')).toHaveLength(1);
  });

  test('a commit is one statement, and is told with its answer; others are given notice', async () => {
    const told: Change[] = [];
    engine.onChange((change) => void told.push(change));
    let answer = (): void => {};
    polls = new Promise((resolve) => {
      answer = resolve;
    });
    const tid = await commit(engine, put('a', 'again'), put('b', 'too'));
    expect([engine.processed(), asked('commit(').length]).toEqual([tid, 1]);
    answer();
    await expect.poll(() => asked('pg_notify')).toHaveLength(1);
    // What the log of changes says of it is the same.
    for await (const change of engine.changes(tid - 1)) {
      expect(told).toEqual([change]);
      break;
    }
  });

  test('commits in a row give notice together', async () => {
    for (let i = 0; i < 50; i++) await commit(engine, put('a', String(i)));
    await engine.close();
    expect(asked('commit(')).toHaveLength(50);
    expect(asked('pg_notify').length).toBeLessThan(50);
  });

  test('a commit behind one of another program is told behind that', async () => {
    const other = await connected();
    const told: number[] = [];
    engine.onChange(({ tid }) => void told.push(tid));
    const first = await commit(other, put('a', 'other'));
    const second = await commit(engine, put('b', 'own'));
    expect([first + 1, told]).toEqual([second, [first, second]]);
    await other.close();
  });

  test('who has met another program polls in the trip of the next commits, until it meets nobody', async () => {
    const other = await connected();
    await commit(engine, put('a', 'first'));
    const written = asks.find(({ text }) => text.includes('commit('))?.connection;
    const polledBehind = (): number =>
      asks.filter(({ connection, text }) => connection === written && text.includes('pg_is_in_recovery')).length;
    await commit(other, put('a', 'other'));
    await commit(engine, put('b', 'own'));
    expect(polledBehind()).toBe(0);
    let answer = (): void => {};
    commits = new Promise((resolve) => {
      answer = resolve;
    });
    const made = commit(engine, put('b', 'again'));
    // It is asked before the commit is answered.
    await expect.poll(polledBehind).toBe(1);
    answer();
    expect(await made).toBe(engine.processed());
    for (let i = 0; i < 5; i++) await commit(engine, put('b', String(i)));
    expect(polledBehind()).toBe(1);
    await other.close();
  });

  test('a commit that nobody waits behind waits for the disk in the same trip; those behind it share a wait', async () => {
    const shared = await connected('shared');
    let answer = (): void => {};
    commits = new Promise((resolve) => {
      answer = resolve;
    });
    const flushed = (): number => asked('pg_logical_emit_message').length;
    texts = [];
    const first = commit(shared, put('a', 'first'));
    await expect.poll(flushed).toBe(1);
    const rest = ['b', 'c', 'd'].map((key) => commit(shared, put(key, 'behind')));
    await expect.poll(() => asked('commit(')).toHaveLength(4);
    expect(flushed()).toBe(1);
    answer();
    const tids = await Promise.all([first, ...rest]);
    expect(new Set(tids).size).toBe(4);
    expect(flushed()).toBeLessThan(4);
    expect(shared.processed()).toBe(Math.max(...tids));
    await shared.close();
  });

  test.each<[string, number, StateKey[], string]>([
    ['one key', 1, [key('a')], '1'],
    ['one that is absent', 1, [key('x')], '-'],
    ['keys of one collection, some of them absent', 1, [key('x'), key('b'), key('a')], '- 1 2'],
    ['keys of one collection, one of them twice', 2, [key('b'), key('a'), key('b')], '1 2 2'],
    ['keys of one collection that are all absent', 1, [key('x'), key('y')], '- -'],
    ['keys of several collections', 1, [key('b'), key('a', 'others'), key('b', 'others')], '- 2 3'],
    ['keys with bytes of all kinds', 1, [key('\\"{},\0'), key('a')], '- 1'],
  ])('%s: statements for that: %i', async (_, count, keys, expected) => {
    const found: Loaded[] = [];
    await engine.load(keys, engine.processed(), (state) => void found.push(state));
    const values = found.map(({ bytes }) => textOf(bytes) ?? '-');
    expect(values.sort().join(' ')).toBe(expected);
    expect(found.every(({ next }) => next === undefined)).toBe(true);
    expect(asked()).toHaveLength(count);
  });
});

function key(text: string, collection = 'items'): StateKey {
  return { collection, key: keyOf(text) };
}
