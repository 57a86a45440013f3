import { describe, expect, test } from 'vitest';
import type { Entry, Value } from '../../lib/index.ts';
import { codeOf } from '../support/fixture.ts';
import { lendingTest } from '../support/lending.ts';
import { scanWorld } from './scan-world.ts';

const shared = scanWorld();

describe('inside the function of a scan', () => {
  test('other scans, ranges and point reads of the same transaction do not disturb it', () => {
    const { env, rows, blobs } = shared;
    env.read((txn) => {
      let outer = 0;
      blobs.scan(
        {},
        ({ key, value }) => {
          if (key % 50 === 0) {
            let inner = key;
            rows.scan({ gte: ['row', key], limit: 120 }, (row) => {
              expect(row.value.id).toBe(inner++);
              if (inner % 40 === 0)
                blobs.scan({ gte: inner, limit: 20 }, (third) => expect(third.key).toBeLessThan(inner + 20));
            });
            expect(
              rows
                .range({ gte: ['row', key], limit: 9 }, txn)
                .values()
                .map((row) => row.id)
                .toArray()[0],
            ).toBe(key);
            expect(blobs.getMany([key, 7], txn)[1]?.toBuffer().toString()).toMatch(/^blob 7 /);
          }
          expect(key).toBe(outer++);
          expect(value.toBuffer().toString('utf8', 0, 8)).toBe(`blob ${key} blob`.slice(0, 8));
        },
        txn,
      );
      expect(outer).toBe(3000);
    });
  });

  lendingTest('the end of the transaction: no row follows, and what it showed has expired', () => {
    const { env, blobs } = shared;
    for (const onEnd of ['copy', 'invalidate'] as const) {
      const txn = env.read({ onEnd });
      const seen: number[] = [];
      const scan = (): void =>
        blobs.scan(
          {},
          ({ key, value }) => {
            seen.push(key);
            if (key < 20) return;
            txn.end();
            if (onEnd === 'invalidate') expect(codeOf(() => value.byteLength)).toBe('ERR_LEASE_EXPIRED');
            else expect(value.equals(Buffer.alloc(30, 'blob 20 '))).toBe(true);
          },
          txn,
        );
      expect(codeOf(scan)).toBe('ERR_TXN_ENDED');
      expect(seen.length).toBe(21);
    }
  });

  lendingTest('the close of the environment: no row follows, and nothing reads the file that is gone', () => {
    for (const onEnd of ['copy', 'invalidate'] as const) {
      const { env, blobs } = scanWorld(100);
      let late: Entry<number, Value> | undefined;
      let shown: string | undefined;
      const scan = (): void =>
        blobs.scan({ onEnd }, (entry) => {
          late = entry;
          env.close();
          if (onEnd === 'copy') shown = entry.value.toBuffer().toString();
          else expect(codeOf(() => entry.value.byteLength)).toBe('ERR_LEASE_EXPIRED');
        });
      expect(['ERR_TXN_ENDED', 'ERR_ENV_CLOSED']).toContain(codeOf(scan));
      if (onEnd === 'copy') expect(shown).toBe('blob 0 '.repeat(5).slice(0, 30));
      expect(codeOf(() => late?.value.byteLength)).toBe('ERR_LEASE_EXPIRED');
    }
  });

  lendingTest('a drain in its midst: the row that it shows stays right', () => {
    const { env, blobs } = scanWorld(100);
    const txn = env.read();
    const right: boolean[] = [];
    const scan = (): void =>
      blobs.scan(
        {},
        ({ key, value }) => {
          txn.end();
          // Newer snapshots force the drain of this transaction's snapshot. Then its pages are overwritten.
          for (let i = 0; i < 20; i++) {
            env.write(() => {
              for (let k = 0; k < 100; k++) blobs.put(k, Buffer.alloc(30, 'other'));
            });
            env.read(() => blobs.get(i));
          }
          right.push(value.equals(Buffer.alloc(30, `blob ${key} `)), key === 0, value.state === 'copied');
        },
        txn,
      );
    expect(codeOf(scan)).toBe('ERR_TXN_ENDED');
    expect(right).toEqual([true, true, true]);
  });

  test('writes: the scan goes on over the snapshot that it began with', () => {
    const { blobs } = scanWorld(1000);
    let seen = 0;
    blobs.scan({}, ({ key, value }) => {
      expect(key).toBe(seen++);
      if (key % 10 === 0) blobs.put(999, Buffer.from('later'));
      if (key === 999) expect(value.byteLength).toBe(50_000);
    });
    expect([seen, blobs.get(999)?.byteLength]).toEqual([1000, 5]);
  });
});
