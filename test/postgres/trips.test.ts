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
  let schema: string;
  /** Polls wait for this. */
  let polls: Promise<void> | undefined;
  let connected: () => Promise<PostgresEngine>;

  beforeEach(async () => {
    const { url, text, tls, ...parsed } = parsePostgresAddress(await newStore(), undefined);
    schema = parsed.schema;
    connected = () =>
      PostgresEngine.connect({
        addresses: [{ url, text, tls }],
        replicas: [],
        schema,
        connect: async (address) => counting(await connectPg(address)),
        timeout: 10_000,
        flush: 'inside',
        keptFor: { history: 1, log: 60 },
        onState: () => {},
      });
    engine = await connected();
    for (const name of ['items', 'others'])
      await engine.collections.make(name, { key: 'bytes', value: 'bytes', flags: 1 });
    await commit(engine, put('a', '1'), put('b', '2'), put('a', '3', 'others'));
    await engine.collections.numberOf('others');
    texts = [];
    polls = undefined;
  });
  afterEach(() => engine.close());

  function counting(connection: SqlConnection): SqlConnection {
    return {
      query: async (statement, values) => {
        texts?.push(statement.text);
        if (statement.text.includes('pg_is_in_recovery')) await polls;
        return connection.query(statement, values);
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
