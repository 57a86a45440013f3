import { createHook } from 'node:async_hooks';
import { afterEach, expect } from 'vitest';
import { bytes, type ReadTransaction, type Value } from '../../lib/index.ts';
import { callbackAddon } from '../lease/addons.ts';
import { collectionOf, thrown } from '../support/fixture.ts';
import { lendingTest as test } from '../support/lending.ts';

// User code that runs inside env.close() can begin nothing. Objects that it holds end as they do without such code.

const addon = await callbackAddon();
const A = Buffer.from('a');

function world() {
  const { env, items } = collectionOf({ key: bytes, value: bytes });
  items.put(A, Buffer.from('kept'));
  const txn = env.read();
  return { env, items, txn, kept: items.get(A, txn) as Value };
}

type World = ReturnType<typeof world>;

/** Every call that begins something, and the error code that it must fail with. */
function refusals({ env, items }: World, open: ReadTransaction): (string | undefined)[] {
  const begins = [
    () => env.read(),
    () => env.read(() => 0),
    () => env.write(() => 0),
    () => items.get(A),
    () => items.get(A, open),
    () => items.getMany([A]),
    () => items.getBuffer(A, open),
    () => items.range({}).toArray(),
    () => items.scan({}, () => false),
    () => items.count(),
    () => items.put(A, A),
    () => env.collection('other'),
    () => env.stat(),
  ];
  return begins.map((begin) => thrown(begin).code);
}

function expectClosed({ env, kept }: World, refused: (string | undefined)[]): void {
  expect([...new Set(refused)]).toEqual(['ERR_ENV_CLOSED']);
  expect(env.isOpen).toBe(false);
  expect([kept.state, kept.toBuffer().toString()]).toEqual(['copied', 'kept']);
}

const hooks: { disable(): void }[] = [];
afterEach(() => {
  for (const hook of hooks.splice(0)) hook.disable();
});

test('a hook on the resolution of promises can begin nothing while close() drains', () => {
  const it = world();
  const open = it.env.read();
  it.txn.drained.catch(() => {});
  let refused: (string | undefined)[] | undefined;
  const hook = createHook({
    promiseResolve() {
      if (refused !== undefined) return;
      refused = [];
      refused = refusals(it, open);
    },
  });
  hooks.push(hook.enable());
  it.env.close();
  hook.disable();
  expectClosed(it, refused ?? []);
  expect([it.txn.state, open.state]).toEqual(['ended', 'ended']);
});

test('the sink of another addon can begin nothing while close() drains, nor close it again', () => {
  const it = world();
  const open = it.env.read();
  let refused: (string | undefined)[] | undefined;
  const sink = addon.borrow(it.kept, () => {
    refused ??= refusals(it, open);
    it.env.close();
    return true;
  });
  it.env.close();
  expectClosed(it, refused ?? []);
  expect(addon.isListening(sink)).toBe(false);
});

test('an iterator that user code goes on with inside close() ends with it', () => {
  const it = world();
  it.env.write(() => {
    for (let i = 0; i < 2000; i++) it.items.put(Buffer.from(`b${i}`), Buffer.from(`value ${i}`));
  });
  const rows = it.items.range({}, it.env.read())[Symbol.iterator]();
  const first = rows.next().value;
  const found: unknown[] = [];
  const sink = addon.borrow(it.kept, () => {
    try {
      for (let next = rows.next(); !next.done; next = rows.next()) found.push(next.value.value.toBuffer().toString());
    } catch (error) {
      found.push((error as { code: string }).code);
    }
    return true;
  });
  it.env.close();
  expect(found).toEqual(['ERR_TXN_ENDED']);
  expect(first?.value.toBuffer().toString()).toBe('kept');
  expect(addon.isListening(sink)).toBe(false);
});
