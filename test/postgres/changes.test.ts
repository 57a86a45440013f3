import { afterEach, describe, expect, test } from 'vitest';
import type { PostgresEngine } from '../../lib/postgres/postgres-engine.ts';
import { EngineListeners } from '../../lib/versions/engine/listeners.ts';
import { rejection } from '../support/fixture.ts';
import { hasPostgres } from '../support/postgres.ts';
import { commit, put } from '../versions/engine/calls.ts';
import { type PostgresTestStore, postgresStore } from './store.ts';

const { onChange, onGap, onEnd } = EngineListeners.prototype;

/** The commits of a store, as an iterable. */
describe.skipIf(!hasPostgres)('with a server', () => {
  let store: PostgresTestStore | undefined;
  afterEach(async () => {
    Object.assign(EngineListeners.prototype, { onChange, onGap, onEnd });
    await store?.close();
    store = undefined;
  });

  const open = async (): Promise<PostgresEngine> => {
    store = postgresStore();
    const engine = (await store.open()) as PostgresEngine;
    await store.makeCollection('items');
    return engine;
  };

  /** From now on, counts those who listen. */
  function counted(): () => number {
    let count = 0;
    const counting = (listen: (fn: never) => () => void) =>
      function (this: EngineListeners, fn: never): () => void {
        const stop = listen.call(this, fn);
        let isListening = true;
        count++;
        return () => {
          if (isListening) count--;
          isListening = false;
          stop();
        };
      };
    const patched = { onChange: counting(onChange), onGap: counting(onGap), onEnd: counting(onEnd) };
    Object.assign(EngineListeners.prototype, patched);
    return () => count;
  }

  test('those that are dropped leave nothing behind', async () => {
    const engine = await open();
    const start = engine.processed();
    await commit(engine, put('a', '1'), put('b', '1'));
    await commit(engine, put('a', '2'));
    const listening = counted();
    for (let i = 0; i < 50; i++) {
      engine.changes(start);
      const read = engine.changes(start);
      expect((await read.next()).value?.tid).toBe(start + 1);
    }
    expect(listening()).toBe(0);
  });

  test('one that waits gets what comes, and listens no longer than that', async () => {
    const engine = await open();
    const listening = counted();
    const changes = engine.changes(engine.processed());
    for (let i = 0; i < 3; i++) {
      const next = changes.next();
      await expect.poll(listening).toBe(3);
      const tid = await commit(engine, put('a', String(i)));
      expect((await next).value?.tid).toBe(tid);
      expect(listening()).toBe(0);
    }
    const last = changes.next();
    await expect.poll(listening).toBe(3);
    await changes.return();
    expect([await last, await changes.next()]).toEqual(Array(2).fill({ done: true, value: undefined }));
    expect(listening()).toBe(0);
  });

  test('the end of the store ends those that wait, and those that do not', async () => {
    const engine = await open();
    const listening = counted();
    const [waiting, idle] = [engine.changes(engine.processed()), engine.changes(engine.processed())];
    const next = rejection(waiting.next() as Promise<never>);
    await expect.poll(listening).toBe(3);
    await engine.close();
    expect((await next).code).toBe('ERR_ENV_CLOSED');
    expect((await rejection(idle.next() as Promise<never>)).code).toBe('ERR_ENV_CLOSED');
    expect(await waiting.next()).toEqual({ done: true, value: undefined });
  });
});
