import { deepStrictEqual, strictEqual } from 'node:assert';
import { describe, expect } from 'vitest';
import type { Sink } from '../../lib/index.ts';
import { collect, thrown } from '../support/fixture.ts';
import { lendingTest as test } from '../support/lending.ts';
import { sinkAddon } from './addons.ts';
import { contentOf, KINDS, keyOf, LENT, type Policy } from './sources.ts';

const addon = await sinkAddon();
const ALL = Array.from({ length: LENT }, (_, i) => i);
const AFTER: Record<Policy, string> = { copy: 'copied', invalidate: 'expired' };

describe.each(KINDS)('%s, %s:', (_, policy, lend) => {
  test('lends bytes without a copy, and each sink reads its own', async () => {
    const lending = lend();
    for (const i of ALL) {
      strictEqual(lending.value(i).state, 'shared');
      deepStrictEqual(lending.value(i).toBuffer(), contentOf(i));
      strictEqual(lending.key(i).state, 'shared');
      deepStrictEqual(lending.key(i).toArray(), keyOf(i).toArray());
    }
    lending.end();
    await lending.drained();
  });

  test('what is held when it ends has moved, the same, or has expired', async () => {
    const lending = lend();
    const values = ALL.map((i) => lending.value(i));
    const keys = ALL.map((i) => lending.key(i));
    const hashes = [...values, ...keys].map((sink) => sink.hash());
    const part = keys[7]?.slice(1) as Sink;
    lending.end();
    await lending.drained();
    for (const sink of [...values, ...keys, part]) strictEqual(sink.state, AFTER[policy]);
    if (policy === 'invalidate') {
      for (const sink of [...values, ...keys, part]) {
        strictEqual(thrown(() => sink.byteAt(0)).code, 'ERR_LEASE_EXPIRED');
        strictEqual(thrown(() => sink.byteLength).code, 'ERR_LEASE_EXPIRED');
        strictEqual(thrown(() => addon.borrow(sink)).code, 'ERR_LEASE_EXPIRED');
      }
      return;
    }
    for (const i of ALL) deepStrictEqual(values[i]?.toBuffer(), contentOf(i));
    for (const i of ALL) deepStrictEqual(keys[i]?.toArray(), keyOf(i).toArray());
    deepStrictEqual(
      [...values, ...keys].map((sink) => sink.hash()),
      hashes,
    );
    expect(part.equals(keyOf(7).slice(1))).toBe(true);
  });

  test('ending twice does nothing', async () => {
    const lending = lend();
    const value = lending.value(5);
    lending.end();
    lending.end();
    await lending.drained();
    lending.end();
    expect(value.state).toBe(AFTER[policy]);
  });

  test('what was kept before the end is its own', async () => {
    const lending = lend();
    const value = lending.value(6).keep();
    const key = lending.key(6).keep();
    expect([value.state, key.state]).toEqual(['copied', 'copied']);
    lending.end();
    await lending.drained();
    deepStrictEqual(value.toBuffer(), contentOf(6));
    expect(key.equals(keyOf(6))).toBe(true);
  });

  test('a leased Buffer stays as it is, or is detached', async () => {
    const lending = lend();
    const buffers = ALL.map((i) => lending.value(i).asBuffer());
    for (const i of ALL) strictEqual(buffers[i]?.equals(contentOf(i)), true);
    buffers[5]?.fill('x');
    expect(lending.value(5).toBuffer().equals(contentOf(5))).toBe(true);
    lending.end();
    await lending.drained();
    for (const i of ALL) {
      if (policy === 'invalidate') strictEqual(buffers[i]?.length, 0);
      else strictEqual(buffers[i]?.equals(i === 5 ? Buffer.alloc(300, 'x') : contentOf(i)), true);
    }
  });

  test("another addon's sink counts where the bytes lie, and then in a copy of its own, or has expired", async () => {
    const lending = lend();
    const counters = ALL.map((i) => addon.borrow(lending.value(i)));
    const onKey = addon.borrow(lending.key(3));
    const digits = ALL.map((i) => contentOf(i).toString('latin1').split('<').length - 1);
    const count = (i: number): number => addon.count(counters[i] as object, 0x3c);
    for (const i of ALL) {
      strictEqual(addon.state(counters[i] as object), 'shared');
      strictEqual(count(i), digits[i]);
    }
    expect(addon.count(onKey, 'k'.charCodeAt(0))).toBe(1);
    lending.end();
    await lending.drained();
    for (const i of ALL) {
      strictEqual(addon.state(counters[i] as object), AFTER[policy]);
      if (policy === 'copy') strictEqual(count(i), digits[i]);
      else strictEqual(thrown(() => count(i)).code, 'ERR_LEASE_EXPIRED');
    }
  });

  test("another addon's sink that has been released, or collected, is not told", async () => {
    const lending = lend();
    const released = addon.borrow(lending.value(7));
    addon.release(released);
    for (let i = 0; i < 2000; i++) addon.borrow(lending.value(i % LENT));
    await collect();
    lending.end();
    await lending.drained();
    expect(addon.state(released)).toBe('expired');
  });

  test('after its end it lends no more', async () => {
    const lending = lend();
    const held = lending.value(5);
    lending.end();
    expect(thrown(() => lending.value(5)).code).toMatch(/^ERR_TXN_ENDED|ERR_LEASE_EXPIRED$/);
    // While it drains, what is shared still can be read, and nobody can count on that: the sink copies at once.
    if (policy === 'copy') {
      const late = addon.borrow(held);
      expect([addon.state(late), addon.count(late, 0x3c)]).toEqual(['copied', 100]);
    }
    await lending.drained();
  });
});
