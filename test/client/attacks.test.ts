import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as client from '../../lib/client/index.ts';
import { connect, type Store } from '../../lib/client/index.ts';
import { bytes, type Environment, json, utf8 } from '../../lib/index.ts';
import { type Server, serve } from '../../lib/server/index.ts';
import { isTold } from '../../lib/wire/error-message.ts';
import { openTemporary, temporaryFolder } from '../support/fixture.ts';

/** What a program might pass in place of anything. */
const throwing = {
  get [Symbol.toPrimitive](): never {
    throw new TypeError('a getter');
  },
};
const detached = new Uint8Array(8);
structuredClone(detached, { transfer: [detached.buffer] });
const junk: readonly unknown[] = [
  undefined,
  null,
  0,
  -1,
  1.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  2 ** 60,
  1n,
  '',
  'x',
  '\ud800',
  new String('x'.repeat(5000)),
  true,
  Symbol('s'),
  {},
  [],
  [[]],
  () => {},
  new Date(Number.NaN),
  new Map(),
  detached,
  new Uint8Array(0),
  new Uint8Array(2000),
  Object.create(null),
  new Proxy({}, {}),
  Promise.resolve(),
  new AbortController().signal,
  throwing,
];

let env: Environment;
let server: Server;
let store: Store;
let other: Store;
let local: Store;
beforeAll(async () => {
  env = openTemporary();
  env.collection('items', { key: utf8, value: json, versions: true });
  env.collection('raw', { key: bytes, value: bytes, versions: true });
  for (let i = 0; i < 5; i++) env.collection('items').put(`k${i}`, i);
  server = await serve(env, { listen: 'tcp://127.0.0.1:0' });
  store = await connect(server.addresses[0] as string);
  other = await connect(server.addresses[0] as string);
  local = await connect(`file:${temporaryFolder()}`);
  await local.collection('items', { key: utf8, value: json }).put('a', 1);
});
afterAll(async () => {
  for (const each of [store, other, local]) await each.close();
  await server.close();
});

/** Awaits a call, an iterable too. An error must be typed, and tell of it in words. */
async function tried(call: () => unknown): Promise<void> {
  try {
    const result = await call();
    if (result === null || typeof result !== 'object' || !(Symbol.asyncIterator in result)) return;
    const iterator = (result as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    if (result.constructor.name.includes('Watch')) await iterator.return?.();
    else for (let i = 0; i < 3; i++) await iterator.next();
    await iterator.return?.();
  } catch (error) {
    if (
      error instanceof TypeError &&
      /a getter|detached ArrayBuffer|Receiver must be|private member|not an object|incompatible|undefined|null/.test(
        error.message,
      )
    )
      return;
    if (!isTold(error)) throw new Error('the error has no code', { cause: error });
    expect((error as Error).message.length).toBeGreaterThan(10);
  }
}

const methods = (object: object): string[] => {
  const names = new Set<string>();
  for (let at = object; at !== Object.prototype && at !== null; at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) {
      const { value } = Object.getOwnPropertyDescriptor(at, name) ?? {};
      if (typeof value === 'function' && name !== 'constructor' && name !== 'close') names.add(name);
    }
  }
  return [...names];
};

describe('whatever a program passes, it gets an error with a code, and the store goes on', () => {
  test.each(['a server', 'a folder'])('on %s: collections', async (where) => {
    const of = where === 'a server' ? store : local;
    for (const collection of [of.collection('items'), of.collection('raw', { key: bytes, value: bytes })]) {
      for (const name of methods(collection)) {
        const call = (...args: unknown[]) =>
          (collection as never as Record<string, (...given: unknown[]) => unknown>)[name]?.(...args);
        for (const each of junk) {
          await tried(() => call(each));
          await tried(() => call('k1', each));
          await tried(() => call('k1', 1, each));
        }
      }
    }
    expect(of.state).toBe('connected');
    expect(await of.collection('items', { key: utf8, value: json }).has('absent')).toBe(false);
  });

  test.each(['a server', 'a folder'])('on %s: stores, views and transactions', async (where) => {
    const of = where === 'a server' ? store : local;
    const view = await of.snapshot();
    await of
      .transact(async (txn) => {
        for (const object of [of, view, txn, txn.collection('items'), view.collection('items')]) {
          for (const name of methods(object)) {
            const call = (...args: unknown[]) =>
              (object as never as Record<string, (...given: unknown[]) => unknown>)[name]?.(...args);
            for (const each of junk) {
              await tried(() => call(each));
              await tried(() => call('items', each));
            }
          }
        }
      })
      .catch((error) => {
        if (!isTold(error)) throw error;
      });
    view.close();
    expect(of.state).toBe('connected');
  });

  test('batches and options', async () => {
    for (const each of junk) {
      await tried(() => store.batch([each as never]));
      for (const name of ['type', 'collection', 'key', 'value', 'ifVersion']) {
        await tried(() =>
          store.batch([{ type: 'put', collection: 'items', key: 'a', value: 1, [name]: each } as never]),
        );
      }
      for (const name of [
        'gt',
        'gte',
        'lt',
        'lte',
        'prefix',
        'reverse',
        'limit',
        'offset',
        'absent',
        'after',
        'signal',
      ]) {
        await tried(() => store.collection('items').range({ [name]: each }));
        await tried(() => store.collection('items').count({ [name]: each }));
        await tried(() => store.collection('items').watch({ [name]: each }));
      }
      for (const name of ['key', 'value', 'create'])
        await tried(() => store.collection('items', { [name]: each }).get('a'));
      for (const name of ['retries', 'isolation', 'signal'])
        await tried(() => store.transact(() => {}, { [name]: each }));
      for (const name of ['token', 'tls', 'timeout', 'maxValue', 'cache']) {
        // A text is a folder, which would be made.
        if (name === 'cache' && typeof each === 'string') continue;
        await tried(() => connect('unix:/absent/socket', { [name]: each }));
      }
      for (const name of ['listen', 'tls', 'tokens', 'readOnly', 'limits', 'onError'])
        await tried(async () => (await serve(env, { listen: [], [name]: each } as never)).close());
      await tried(() => connect(each as never));
      await tried(() => serve(each as never, { listen: 'tcp://127.0.0.1:0' }));
    }
    expect(store.state).toBe('connected');
  });

  test('methods called on other objects', async () => {
    const view = await store.snapshot();
    const objects = [
      store,
      view,
      store.collection('items'),
      store.collection('items').range(),
      store.collection('items').watch(),
      server,
    ];
    for (const object of objects) {
      for (const name of methods(object)) {
        const method = (object as never as Record<string, (...given: unknown[]) => unknown>)[name] as (
          ...given: unknown[]
        ) => unknown;
        for (const self of [undefined, {}, ...objects, Object.create(object)]) {
          if (self === object) continue;
          await tried(() => Reflect.apply(method, self, ['items', {}]));
        }
      }
    }
    view.close();
    expect(store.state).toBe('connected');
  });
});

describe('what is of another store, or has ended', () => {
  test('a view, a transaction of another store are refused', async () => {
    const items = store.collection('items', { key: utf8, value: json });
    await using view = await other.snapshot();
    await expect((async () => items.get('k1', view))()).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
    await other.transact(async (txn) => {
      await expect((async () => items.get('k1', txn))()).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
      await expect(items.put('k1', 2, txn)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
    });
  });

  test('callbacks that throw, and that close the store', async () => {
    const closing = await connect(server.addresses[0] as string);
    const items = closing.collection('items', { key: utf8, value: json });
    const fault = new Error('a fault of the program');
    await expect(
      items.scan({}, () => {
        throw fault;
      }),
    ).rejects.toBe(fault);
    await expect(
      closing.transact(() => {
        throw fault;
      }),
    ).rejects.toBe(fault);
    const nothing = items.scan({}, () => {
      // biome-ignore lint/style/useThrowOnlyError: programs do so.
      throw undefined;
    });
    expect(await nothing.then(() => 'read', String)).toBe('undefined');
    expect(await items.prefetch(null as never).catch(({ code }) => code)).toBe('ERR_INVALID_ARG_TYPE');
    const open = items.range();
    await open.next();
    const waiting = [
      items.scan({}, () => void closing.close()),
      closing.transact(async (txn) => {
        await closing.close();
        await txn.collection('items').put('a', 1);
      }),
      items.watch().next(),
      open.next().then(() => open.next()),
    ];
    await Promise.allSettled(waiting);
    for (const name of methods(items))
      await tried(() => (items as never as Record<string, (key: string) => unknown>)[name]?.('k1'));
    expect(closing.state).toBe('closed');
    await expect(items.get('k1')).rejects.toMatchObject({ code: 'ERR_ENV_CLOSED' });
  });
});

test('nothing inside is reached: the entry points have only what is documented', () => {
  const codecs = ['bytes', 'double', 'json', 'jsonOf', 'struct', 't', 'tuple', 'tupleOf', 'uint32', 'utf8'];
  const functions = ['connect', 'copyStore', 'installStore'];
  expect(Object.keys(client).sort()).toEqual(
    ['Key', 'LeaseholdError', 'Store', 'Value', ...codecs, ...functions].sort(),
  );
  for (const object of [store, store.collection('items'), server]) {
    expect(Reflect.ownKeys(object).filter((name) => !['name', 'codecs', 'reads'].includes(String(name)))).toEqual([]);
  }
});
