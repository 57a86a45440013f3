// The deletion of expired entries.
import { describe, expect, test } from 'vitest';
import { bytes, type Environment, utf8 } from '../../lib/index.ts';
import { native } from '../../lib/native/native.ts';
import { EnvironmentState } from '../../lib/transaction/environment-state.ts';
import { sweepNowAndThen } from '../../lib/versions/sweeper.ts';
import { pass, shiftedNow } from '../support/clock.ts';
import { indexed } from '../support/expiry-index.ts';
import { codeOf, openAt, openTemporary, rejection, temporaryFolder } from '../support/fixture.ts';

const MINUTE = 60_000;

function expiring(env: Environment, name = 'items', versions = true) {
  return env.collection(name, { key: utf8, value: bytes, versions, expires: true });
}

/** Puts entries that expire after one minute, two minutes, ... */
function fill(items: ReturnType<typeof expiring>, count: number, env: Environment): void {
  env.write(() => {
    for (let i = 0; i < count; i++) items.putUntil(`key ${i}`, Buffer.from([i]), shiftedNow() + (i + 1) * MINUTE);
  });
}

describe('env.sweep()', () => {
  test('deletes what has expired in all collections, and nothing else', async () => {
    const env = openTemporary({ sweep: false });
    const all = ['a', 'b', 'c'].map((name, i) => expiring(env, name, i > 0));
    for (const items of all) fill(items, 20, env);
    all[0]?.put('stays', Buffer.from('stays'));
    expect(await env.sweep()).toBe(0);
    pass(5 * MINUTE);
    expect(all.map((items) => items.stat().entries)).toEqual([21, 20, 20]);
    expect(await env.sweep()).toBe(15);
    expect(all.map((items) => items.stat().entries)).toEqual([16, 15, 15]);
    expect(all.map((items) => items.count())).toEqual([16, 15, 15]);
    expect(await env.sweep()).toBe(0);
    pass(100 * MINUTE);
    expect(await env.sweep()).toBe(45);
    expect([...(all[0]?.range() ?? [])].map(({ key }) => key)).toEqual(['stays']);
    expect(indexed(env.path, 'a')).toBe(0);
  });

  test('deletes up to a limit, the oldest first', async () => {
    const env = openTemporary({ sweep: false });
    const items = expiring(env);
    fill(items, 20, env);
    pass(10 * MINUTE);
    expect(await env.sweep({ limit: 3 })).toBe(3);
    pass(-10 * MINUTE);
    expect([...items.range({ limit: 3 })].map(({ key }) => key)).toEqual(['key 10', 'key 11', 'key 12']);
    expect(items.get('key 2')).toBeUndefined();
    expect(items.get('key 3')).toBeDefined();
  });

  test('takes several transactions for many entries, between which others can write', async () => {
    const env = openTemporary({ sweep: false });
    const items = expiring(env);
    fill(items, 3500, env);
    pass(4000 * MINUTE);
    const before = env.info().lastTransaction;
    const swept = env.sweep();
    const puts = Array.from({ length: 5 }, (_, i) =>
      env.batch([{ type: 'put', collection: items, key: `new ${i}`, value: Buffer.alloc(1) }]),
    );
    await Promise.all(puts);
    expect(await swept).toBe(3500);
    expect(env.info().lastTransaction).toBeGreaterThanOrEqual(before + 4);
    expect(items.stat().entries).toBe(5);
  });

  test('is a change like any other: it has a tid, and the log of changes has its keys', async () => {
    const env = openTemporary({ sweep: false });
    const items = expiring(env);
    fill(items, 5, env);
    const feed = env.changes();
    pass(2 * MINUTE);
    expect(items.version('key 0')).toBe(0);
    await env.sweep();
    const { value } = await feed.next();
    expect(value).toMatchObject({ tid: 2, changes: [{ collection: 'items', keys: ['key 0', 'key 1'] }] });
    await feed.return();
  });

  test('checks its options, and ends with its signal', async () => {
    const env = openTemporary({ sweep: false });
    const items = expiring(env);
    fill(items, 5, env);
    pass(9 * MINUTE);
    for (const options of [{ limit: 0 }, { limit: 1.5 }, { signal: 5 }, { all: true }, null, 5] as never[]) {
      expect((await rejection(env.sweep(options))).code).toMatch(/^ERR_(OUT_OF_RANGE|INVALID_ARG_(TYPE|VALUE))$/);
    }
    expect((await rejection(env.sweep({ signal: AbortSignal.abort() }))).code).toBe('ABORT_ERR');
    expect(items.stat().entries).toBe(5);
    const reader = openAt(env.path, { readOnly: true });
    expect((await rejection(reader.sweep())).code).toBe('ERR_READ_ONLY');
    env.close();
    reader.close();
    expect((await rejection(env.sweep())).code).toBe('ERR_ENV_CLOSED');
  });

  test('does not find what was dropped or cleared, nor the index of a collection of another life', async () => {
    const env = openTemporary({ sweep: false });
    const items = expiring(env);
    fill(items, 5, env);
    items.drop();
    expect(env.main.count()).toBe(2);
    const again = expiring(env);
    again.put('key 0', Buffer.alloc(1));
    pass(9 * MINUTE);
    expect(await env.sweep()).toBe(0);
    fill(again, 5, env);
    again.clear();
    expect(indexed(env.path, 'items')).toBe(0);
    pass(9 * MINUTE);
    expect(await env.sweep()).toBe(0);
  });
});

describe('the index by time', () => {
  test('does not grow when entries are put again with later times, or deleted', () => {
    const env = openTemporary({ sweep: false });
    const items = expiring(env);
    for (let round = 0; round < 10; round++) {
      fill(items, 20, env);
      pass(1000);
    }
    expect(indexed(env.path, 'items')).toBe(20);
    items.putUntil('key 0', Buffer.alloc(1), shiftedNow() + 1);
    expect(indexed(env.path, 'items')).toBe(21);
    fill(items, 20, env);
    for (let i = 10; i < 15; i++) items.putUntil(`new ${i}`, Buffer.alloc(1), shiftedNow() + MINUTE);
    expect(indexed(env.path, 'items')).toBe(26);
    items.clear({ prefix: 'new' });
    expect(indexed(env.path, 'items')).toBe(21);
  });

  test('finds entries whose times have become later, earlier, or none', async () => {
    const env = openTemporary({ sweep: false });
    const items = expiring(env);
    fill(items, 20, env);
    items.putUntil('key 1', Buffer.alloc(1), shiftedNow() + 500 * MINUTE);
    items.putUntil('key 15', Buffer.alloc(1), shiftedNow() + MINUTE);
    items.put('key 0', Buffer.alloc(1));
    pass(5 * MINUTE);
    expect(await env.sweep()).toBe(4);
    expect(['key 0', 'key 1', 'key 2', 'key 15'].map((key) => items.has(key))).toEqual([true, true, false, false]);
    pass(400 * MINUTE);
    expect(await env.sweep()).toBe(14);
    pass(400 * MINUTE);
    expect(await env.sweep()).toBe(1);
    expect([...items.range()].map(({ key }) => key)).toEqual(['key 0']);
    expect(indexed(env.path, 'items')).toBe(0);
  });

  test('finds keys that are longer than its own', async () => {
    const env = openTemporary({ sweep: false });
    const items = expiring(env);
    const prefix = 'k'.repeat(500);
    const keys = ['', 'aa', 'aaa', 'aaaa', 'aaab', 'aaabbbbbbbb', 'aab', 'b'].map((end) => prefix + end);
    for (const [i, key] of keys.entries()) items.putUntil(key, Buffer.alloc(1), shiftedNow() + ((i % 3) + 1) * MINUTE);
    items.putUntil(keys[3] as string, Buffer.alloc(1), shiftedNow() + 9 * MINUTE);
    for (const minutes of [1, 2, 3, 9]) {
      const left = keys.filter((_, i) => (i === 3 ? 9 : (i % 3) + 1) > minutes);
      pass(MINUTE * (minutes === 9 ? 6 : 1));
      await env.sweep();
      expect([...items.range()].map(({ key }) => key)).toEqual(left);
      expect(items.stat().entries).toBe(left.length);
    }
    expect(indexed(env.path, 'items')).toBe(0);
  });

  test('is made again if another program has dropped it', async () => {
    const env = openTemporary({ sweep: false });
    const items = expiring(env);
    fill(items, 3, env);
    const state = new EnvironmentState(env.path, {});
    const transaction = native.writeBegin(state.native, 0);
    const id = native.findCollection(transaction, '__leasehold_expiry:items');
    native.change(transaction, id, 0, 0, undefined, 0, 0, 6);
    native.writeCommit(transaction);
    state.close();
    fill(items, 5, env);
    pass(9 * MINUTE);
    expect(items.count()).toBe(0);
    expect(await env.sweep()).toBe(2);
  });
});

describe('by itself', () => {
  test('a handle that has opened such a collection deletes what has expired, unless it is told not to', async () => {
    const left = [undefined, false].map((sweep) => {
      const env = openTemporary(sweep === undefined ? {} : { sweep });
      const items = expiring(env);
      items.putUntil('a', Buffer.alloc(1), 1);
      return items;
    });
    await expect.poll(() => left[0]?.stat().entries, { timeout: 20_000 }).toBe(0);
    expect(left[1]?.stat().entries).toBe(1);
    expect(codeOf(() => openTemporary({ sweep: 5 as never }))).toBe('ERR_INVALID_ARG_TYPE');
  });

  test('goes on until nothing is due', async () => {
    const path = temporaryFolder();
    const env = openAt(path, { sweep: false });
    const items = expiring(env);
    fill(items, 2500, env);
    pass(3000 * MINUTE);
    const state = new EnvironmentState(path, {});
    sweepNowAndThen(state, 1);
    await expect.poll(() => items.stat().entries).toBe(0);
    state.close();
  });
});
