import { describe, expect, test } from 'vitest';
import type { PostgresEngine } from '../../lib/postgres/postgres-engine.ts';
import type { Loaded } from '../../lib/versions/engine/engine.ts';
import { hasPostgres } from '../support/postgres.ts';
import { commit, put } from '../versions/engine/calls.ts';
import { postgresStore } from './store.ts';

describe.skipIf(!hasPostgres)('keys of one collection that are asked for together', () => {
  test('have values of all sizes, and keys of all lengths, each in memory of its own', async () => {
    const store = postgresStore();
    try {
      const engine = (await store.open()) as PostgresEngine;
      await store.makeCollection('items');
      const sizes = [0, 1, 100, 8191, 8192, 8193, 100_000, 2 ** 20 + 1];
      const items = Array.from({ length: 600 }, (_, i) => {
        const size = sizes[i] ?? i % 7;
        return { key: 'k'.repeat(1 + (i % 40)) + i, bytes: new Uint8Array(size).fill(i) };
      });
      await commit(engine, ...items.map(({ key, bytes }) => ({ ...put(key, ''), bytes })));
      const found = new Map<string, Loaded>();
      const wanted = items.flatMap(({ key }) => [put(key, ''), put(`${key} absent`, '')]);
      await engine.load(
        wanted,
        engine.processed(),
        (state) => void found.set(Buffer.from(state.key).toString(), state),
      );
      expect(found.size).toBe(1200);
      for (const { key, bytes } of items) {
        const state = found.get(key);
        expect(Buffer.compare(state?.bytes ?? Buffer.from('absent'), bytes)).toBe(0);
        expect(state?.bytes?.buffer.byteLength).toBe(bytes.length);
        expect(found.get(`${key} absent`)?.bytes).toBeUndefined();
      }
    } finally {
      await store.close();
    }
  });
});
