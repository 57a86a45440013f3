import { afterEach, describe, expect } from 'vitest';
import { bytes, type Environment, type ReadTransaction, Value } from '../../lib/index.ts';
import { LeaseSource } from '../../lib/lease/sources/lease-source.ts';
import { collectionOf, thrown } from '../support/fixture.ts';
import { lendingTest as test } from '../support/lending.ts';
import { callbackAddon } from './addons.ts';
import type { Policy } from './sources.ts';

const addon = await callbackAddon();

/** A sink that is collected cancels itself and is told nothing, so these are held until the tests have run. */
const held: object[] = [];

function borrow(value: unknown, invalidate: (first: number) => boolean): object {
  const sink = addon.borrow(value, invalidate);
  held.push(sink);
  return sink;
}
const A = 'a'.charCodeAt(0);

interface World {
  env: Environment;
  txn: ReadTransaction;
  /** A Value that the transaction lends. */
  value: Value;
  /** A Value of another transaction on the same snapshot. */
  other: Value;
}

const opened: Environment[] = [];
afterEach(() => {
  for (const env of opened.splice(0)) env.close();
});

function world(onEnd: Policy): World {
  const { env, items } = collectionOf({ key: bytes, value: bytes });
  opened.push(env);
  items.put(Buffer.from('key'), Buffer.from('abc'));
  const txn = env.read({ onEnd });
  const value = items.get(Buffer.from('key'), txn) as Value;
  const other = items.get(Buffer.from('key'), env.read()) as Value;
  return { env, txn, value, other };
}

/** What brings a source to an end, and whether the snapshot's memory is needed no more after it. */
const POLICIES: Policy[] = ['copy', 'invalidate'];

async function end({ txn }: World): Promise<void> {
  txn.end();
  await txn.drained;
}

describe.each(POLICIES)('the sink of another addon on a read transaction, %s:', (policy) => {
  test('is told once, while its bytes are there', async () => {
    const it = world(policy);
    const told: number[] = [];
    const sink = borrow(it.value, (first) => told.push(first) > 0);
    await end(it);
    expect(told).toEqual([A]);
    expect(addon.isListening(sink)).toBe(false);
    expect(it.txn.state).toBe('ended');
  });

  test('may cancel itself, its neighbours, and all others', async () => {
    const it = world(policy);
    const told: number[] = [];
    const sinks: object[] = [];
    for (let i = 0; i < 5; i++) {
      sinks.push(
        borrow(it.value, () => {
          told.push(i);
          for (const sink of sinks) addon.cancel(sink);
          return true;
        }),
      );
    }
    await end(it);
    expect(told).toEqual([0]);
    expect(it.txn.state).toBe('ended');
  });

  test('may listen to another source', async () => {
    const it = world(policy);
    let told = 0;
    const sink = borrow(it.value, () => {
      if (told++ === 0) addon.borrowAgain(sink, it.other);
      return true;
    });
    await end(it);
    expect([told, addon.isListening(sink), it.txn.state]).toEqual([1, true, 'ended']);
    it.env.close();
    expect([told, addon.isListening(sink)]).toEqual([2, false]);
  });

  test('cannot listen anew to the one that ends', async () => {
    const it = world(policy);
    let code: string | undefined;
    const sink = borrow(it.value, () => {
      code = thrown(() => addon.borrowAgain(sink, it.value)).code;
      return true;
    });
    await end(it);
    expect(code).toBe('ERR_LEASE_EXPIRED');
    expect([addon.isListening(sink), it.txn.state]).toEqual([false, 'ended']);
  });

  test('may end its source again, and the whole environment', async () => {
    const it = world(policy);
    const told: number[] = [];
    const held = it.value;
    for (let i = 0; i < 5; i++) {
      borrow(it.value, () => {
        told.push(i);
        it.txn.end();
        it.env.close();
        return true;
      });
    }
    await end(it);
    expect(told).toEqual([0, 1, 2, 3, 4]);
    expect([it.txn.state, it.env.isOpen]).toEqual(['ended', false]);
    if (policy === 'copy') expect([held.state, held.toBuffer().toString()]).toEqual(['copied', 'abc']);
    else expect(held.state).toBe('expired');
  });

  test('may throw', async () => {
    const it = world(policy);
    let told = 0;
    borrow(it.value, () => {
      if (told++ > 1) return true;
      throw new Error('no memory');
    });
    await end(it);
    expect(it.txn.state).toBe('ended');
    // Under `copy` the sink is asked again, since nothing may be lost.
    expect(told).toBe(policy === 'copy' ? 3 : 1);
  });
});

describe('a sink of another addon that cannot copy', () => {
  test('keeps its transaction draining, and is asked again', async () => {
    const it = world('copy');
    let asked = 0;
    const sink = borrow(it.value, () => ++asked === 3);
    it.txn.end();
    const { drained } = it.txn;
    expect([it.txn.state, addon.isListening(sink)]).toEqual(['draining', true]);
    await drained;
    expect([asked, addon.isListening(sink), it.txn.state]).toEqual([3, false, 'ended']);
  });

  test.each([true, false])('makes env.close() fail, but not for ever (it can in the end: %s)', (can) => {
    const it = world('copy');
    let asked = 0;
    const sink = borrow(it.value, () => ++asked === 3 && can);
    for (let i = 0; i < 2; i++) {
      const error = thrown(() => it.env.close());
      expect(error.code).toBe('ENOMEM');
      expect(error.message).toContain('1 sinks of other addons');
      expect([it.env.isOpen, addon.isListening(sink)]).toEqual([true, true]);
    }
    it.env.close();
    expect([asked, it.env.isOpen, addon.isListening(sink)]).toEqual([3, false, false]);
  });

  test('makes a LeaseSource stay open', () => {
    const source = new LeaseSource(new Uint8Array([A, 1, 2]).buffer);
    const value = Value.from(source, 0, 3);
    let can = false;
    const sink = borrow(value, () => can);
    for (const ends of [() => source.revoke(), () => source.end()]) {
      expect(thrown(ends).code).toBe('ENOMEM');
      expect([source.state, addon.isListening(sink)]).toEqual(['open', true]);
    }
    expect(Value.from(source, 0, 3).state).toBe('shared');
    can = true;
    source.end();
    expect([source.state, addon.isListening(sink)]).toEqual(['ended', false]);
    expect(value.toBuffer()).toEqual(Buffer.of(A, 1, 2));
  });
});

/** Memory does not end by commit and abort alone. Each of these events must tell the sink before the memory goes. */
const EVENTS: [string, (world: World) => unknown][] = [
  ['end()', ({ txn }) => txn.end()],
  ['commit()', ({ txn }) => txn.commit()],
  ['abort()', ({ txn }) => txn.abort()],
  ['using', ({ txn }) => txn[Symbol.dispose]()],
  ['env.close()', ({ env }) => env.close()],
];

describe.each(POLICIES)('notifying on commit and abort, but not on what else ends memory, %s:', (policy) => {
  test.each(EVENTS)('%s tells', async (_, happens) => {
    const it = world(policy);
    let told = 0;
    borrow(it.value, (first) => {
      told += first;
      return true;
    });
    happens(it);
    await it.txn.drained;
    expect(told).toBe(A);
  });
});

describe.each(POLICIES)('a sink of another addon on a leased Buffer, %s:', (policy) => {
  test('is told when the memory goes, not when it moves in place', async () => {
    const { env, items } = collectionOf({ key: bytes, value: bytes });
    items.put(Buffer.from('key'), Buffer.alloc(100_000, 'a'));
    const txn = env.read({ onEnd: policy });
    const buffer = items.getBuffer(Buffer.from('key'), txn) as Buffer;
    let told = 0;
    const sink = borrow(buffer, (first) => {
      told += first;
      return true;
    });
    expect(addon.isListening(sink)).toBe(true);
    txn.end();
    await txn.drained;
    expect([told, addon.isListening(sink)]).toEqual(policy === 'copy' ? [0, true] : [A, false]);
    expect(buffer.length).toBe(policy === 'copy' ? 100_000 : 0);
    addon.cancel(sink);
  });
});
