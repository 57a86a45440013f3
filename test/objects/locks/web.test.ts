import { describe, expect, test } from 'vitest';
import { Lock } from '../../../lib/objects/index.ts';
import { deferred, hold, lockManager, never, rejection } from './support.ts';

/** What the web platform's tests of locks describe, one test for each thing. */
describe('request()', () => {
  const { locks } = lockManager();
  let last = 0;
  const aName = () => `name ${++last}`;

  test('needs a name and a function', async () => {
    const request = locks.request.bind(locks) as (...args: unknown[]) => Promise<unknown>;
    expect(await rejection(request())).toBe('TypeError ERR_INVALID_ARG_TYPE');
    expect(await rejection(request(aName()))).toBe('TypeError ERR_INVALID_ARG_TYPE');
    expect(await rejection(request(7, () => {}))).toBe('TypeError ERR_INVALID_ARG_TYPE');
    for (const callback of [undefined, null, 123, 'abc', [], {}, Promise.resolve()]) {
      expect(await rejection(request(aName(), callback))).toBe('TypeError ERR_INVALID_ARG_TYPE');
      expect(await rejection(request(aName(), {}, callback))).toBe('TypeError ERR_INVALID_ARG_TYPE');
    }
  });

  test.each([
    [{ mode: 'foo' }, 'TypeError ERR_INVALID_ARG_TYPE'],
    [{ mode: null }, 'TypeError ERR_INVALID_ARG_TYPE'],
    [{ steal: 1 }, 'TypeError ERR_INVALID_ARG_TYPE'],
    [{ signal: 'string' }, 'TypeError ERR_INVALID_ARG_TYPE'],
    [{ signal: {} }, 'TypeError ERR_INVALID_ARG_TYPE'],
    [{ steal: true, ifAvailable: true }, 'NotSupportedError ERR_INVALID_ARG_VALUE'],
    [{ steal: true, mode: 'shared' }, 'NotSupportedError ERR_INVALID_ARG_VALUE'],
    [{ steal: true, signal: new AbortController().signal }, 'NotSupportedError ERR_INVALID_ARG_VALUE'],
    [{ ifAvailable: true, signal: new AbortController().signal }, 'NotSupportedError ERR_INVALID_ARG_VALUE'],
    [{ ifAvailabel: true }, 'LeaseholdError ERR_INVALID_ARG_VALUE'],
  ])('refuses %j', async (options, expected) => {
    const callback = () => expect.unreachable();
    expect(await rejection(locks.request(aName(), options as never, callback))).toBe(expected);
  });

  test("refuses names that begin with '-'", async () => {
    for (const name of ['-', '-foo']) {
      expect(await rejection(locks.request(name, () => {}))).toBe('NotSupportedError ERR_INVALID_ARG_VALUE');
    }
    expect(await locks.request('x-anything', ({ name }) => name)).toBe('x-anything');
  });

  test.each(['', 'abc\0def', '\ud800', '\udc00', 'a\ud800b', '\ufffd', '\ud83d\ude00', 'é', '\uffff', '__proto__'])(
    'takes the name %j, and no other name for it',
    async (name) => {
      await locks.request(name, async (lock) => {
        expect(lock.name).toBe(name);
        expect((await locks.query()).held.map((held) => held.name)).toEqual([name]);
        for (const other of ['', 'abc', '\ud800', '\udc00', '\ufffd', `${name}x`]) {
          const got = await locks.request(other, { ifAvailable: true }, (found) => found !== null);
          expect(got).toBe(other !== name);
        }
      });
    },
  );

  test('takes names of any length up to 4,096 code units, and refuses longer ones', async () => {
    for (const length of [39, 40, 41, 80, 500, 4096]) {
      const name = 'ä'.repeat(length);
      await locks.request(name, async () => expect((await locks.query()).held[0]?.name).toBe(name));
    }
    expect(await rejection(locks.request('a'.repeat(4097), () => {}))).toBe('LeaseholdError ERR_INVALID_ARG_VALUE');
    expect(await locks.query()).toEqual({ held: [], pending: [] });
  });

  test('gives what the function gives', async () => {
    expect(await locks.request(aName(), () => 123)).toBe(123);
    expect(await locks.request(aName(), async () => 'abc')).toBe('abc');
    expect(await locks.request(aName(), () => {})).toBe(undefined);
  });

  test('rejects with what the function throws, and releases the lock', async () => {
    const name = aName();
    const error = new Error('mine');
    await expect(
      locks.request(name, () => {
        throw error;
      }),
    ).rejects.toBe(error);
    await expect(locks.request(name, async () => Promise.reject(error))).rejects.toBe(error);
    await expect(locks.request(name, { ifAvailable: true }, () => Promise.reject(error))).rejects.toBe(error);
    const evil = {
      // biome-ignore lint/suspicious/noThenProperty: a program may return anything.
      get then(): never {
        throw error;
      },
    };
    await expect(locks.request(name, () => evil)).rejects.toBe(error);
    expect(await locks.request(name, { ifAvailable: true }, (lock) => lock?.name)).toBe(name);
  });

  test('calls the function once, later, with a Lock that cannot be changed', async () => {
    const name = aName();
    let calls = 0;
    const request = locks.request(name, { mode: 'shared' }, (lock) => {
      calls++;
      expect(lock).toBeInstanceOf(Lock);
      expect({ ...lock }).toEqual({ name, mode: 'shared' });
      expect(() => Object.assign(lock, { name: 'other' })).toThrow(TypeError);
    });
    expect(calls).toBe(0);
    await request;
    expect(calls).toBe(1);
    expect(await locks.request(name, ({ mode }) => mode)).toBe('exclusive');
  });

  test('has the lock until the promise of the function settles', async () => {
    const name = aName();
    const { request, release } = await hold(locks, name);
    let granted = false;
    const next = locks.request(name, () => {
      granted = true;
    });
    expect(await locks.request(name, { ifAvailable: true }, (lock) => lock)).toBe(null);
    expect(granted).toBe(false);
    release();
    await Promise.all([request, next]);
    expect(granted).toBe(true);
  });

  test('grants requests for one name in their order, and those for another name at once', async () => {
    const name = aName();
    const granted: number[] = [];
    const log = (n: number) => () => {
      granted.push(n);
    };
    await Promise.all([1, 2, 3].map((n) => locks.request(name, log(n))));
    expect(granted.splice(0)).toEqual([1, 2, 3]);
    let inner: Promise<unknown> = never;
    await locks.request(name, async () => {
      const other = locks.request(aName(), log(2));
      inner = locks.request(name, log(1));
      await other;
    });
    await inner;
    expect(granted).toEqual([2, 1]);
  });

  test('gives a shared lock to many, an exclusive one to nobody else, and lets no shared request overtake an exclusive one', async () => {
    const name = aName();
    const first = await hold(locks, name, 'shared');
    const second = await hold(locks, name, 'shared');
    const granted: string[] = [];
    const gate = deferred();
    const requests = [
      locks.request(name, () => {
        granted.push('exclusive');
        return gate.promise;
      }),
      ...['a', 'b'].map((n) =>
        locks.request(name, { mode: 'shared' }, async () => {
          granted.push(n);
          // Both have it at once.
          while (!granted.includes('a') || !granted.includes('b')) await new Promise(setImmediate);
        }),
      ),
    ];
    expect(await locks.request(name, { mode: 'shared', ifAvailable: true }, (lock) => lock)).toBe(null);
    first.release();
    await first.request;
    expect(granted).toEqual([]);
    second.release();
    await second.request;
    while (granted.length === 0) await new Promise(setImmediate);
    expect(granted).toEqual(['exclusive']);
    gate.resolve();
    await Promise.all(requests);
    expect(granted).toEqual(['exclusive', 'a', 'b']);
  });
});

describe('the option ifAvailable', () => {
  const { locks } = lockManager();

  test('gives the lock if it is free, and null to a request that would have to wait', async () => {
    expect(await locks.request('a', { ifAvailable: true }, (lock) => lock?.mode)).toBe('exclusive');
    const { release, request } = await hold(locks, 'a');
    expect(await locks.request('a', { ifAvailable: true }, (lock) => (lock === null ? 123 : 0))).toBe(123);
    expect(await locks.request('a', { ifAvailable: true, mode: 'shared' }, (lock) => lock)).toBe(null);
    release();
    await request;
    expect(await locks.request('a', { ifAvailable: true }, (lock) => lock?.name)).toBe('a');
  });

  test('calls the function after request() has returned, also without a lock', async () => {
    const { release } = await hold(locks, 'b');
    let called = false;
    const request = locks.request('b', { ifAvailable: true }, () => {
      called = true;
    });
    expect(called).toBe(false);
    await request;
    expect(called).toBe(true);
    release();
  });

  test('gives null behind a request that waits, and shares what is shared', async () => {
    const shared = await hold(locks, 'c', 'shared');
    expect(await locks.request('c', { ifAvailable: true, mode: 'shared' }, (lock) => lock?.mode)).toBe('shared');
    const waits = locks.request('c', () => {});
    expect(await locks.request('c', { ifAvailable: true, mode: 'shared' }, (lock) => lock)).toBe(null);
    shared.release();
    await waits;
  });
});

describe('the option steal', () => {
  const { locks } = lockManager();

  test('takes the lock, and rejects the request of those who had it', async () => {
    expect(await locks.request('free', { steal: true }, ({ name }: Lock) => name)).toBe('free');
    const shared = [await hold(locks, 'a', 'shared'), await hold(locks, 'a', 'shared')];
    expect(await locks.request('a', { steal: true }, (lock) => lock?.mode)).toBe('exclusive');
    for (const { request } of shared) expect(await rejection(request)).toBe('AbortError ABORT_ERR');
  });

  test('comes before those that wait, who get the lock later', async () => {
    await hold(locks, 'b');
    let granted = false;
    const waits = locks.request('b', () => {
      granted = true;
    });
    await locks.request('b', { steal: true }, () => expect(granted).toBe(false));
    await waits;
    expect(granted).toBe(true);
  });

  test('lets the last one win', async () => {
    await hold(locks, 'c');
    const first = locks.request('c', { steal: true }, () => never);
    const second = rejection(first);
    await locks.request('c', { steal: true }, () => {});
    expect(await second).toBe('AbortError ABORT_ERR');
  });

  test('leaves the lock to the thief when the one who was robbed is done', async () => {
    const robbed = await hold(locks, 'd');
    const thief = deferred();
    const request = locks.request('d', { steal: true }, () => thief.promise);
    expect(await rejection(robbed.request)).toBe('AbortError ABORT_ERR');
    robbed.release();
    await new Promise(setImmediate);
    expect(await locks.request('d', { ifAvailable: true }, (lock) => lock)).toBe(null);
    thief.resolve();
    await request;
  });
});

describe('the option signal', () => {
  const { locks } = lockManager();

  test('rejects at once if it has been aborted, with the reason as the cause', async () => {
    const reason = new Error('mine');
    const request = locks.request('a', { signal: AbortSignal.abort(reason) }, () => expect.unreachable());
    await expect(request).rejects.toMatchObject({ name: 'AbortError', code: 'ABORT_ERR', cause: reason });
  });

  test('ends a wait, so that the next one has its turn', async () => {
    const { release } = await hold(locks, 'b', 'shared');
    const controller = new AbortController();
    const waits = locks.request('b', { signal: controller.signal }, () => expect.unreachable());
    const behind = locks.request('b', { mode: 'shared' }, () => 'behind');
    expect((await locks.query()).pending.map(({ mode }) => mode)).toEqual(['exclusive', 'shared']);
    controller.abort();
    expect(await rejection(waits)).toBe('AbortError ABORT_ERR');
    expect(await behind).toBe('behind');
    release();
  });

  test('that is aborted in the same turn as the request ends it, though the lock was free', async () => {
    const controller = new AbortController();
    const request = locks.request('c', { signal: controller.signal }, () => expect.unreachable());
    controller.abort();
    expect(await rejection(request)).toBe('AbortError ABORT_ERR');
    expect(await locks.request('c', { ifAvailable: true }, (lock) => lock?.name)).toBe('c');
  });

  test('ends all requests to which it was given, and no other', async () => {
    const { release } = await hold(locks, 'e');
    const controller = new AbortController();
    const { signal } = controller;
    const waiting = [1, 2].map(() => locks.request('e', { signal }, () => expect.unreachable()));
    const other = locks.request('e', { signal: new AbortController().signal }, () => 'other');
    controller.abort();
    for (const request of waiting) expect(await rejection(request)).toBe('AbortError ABORT_ERR');
    release();
    expect(await other).toBe('other');
  });

  test('does nothing after the lock was released', async () => {
    const controller = new AbortController();
    expect(await locks.request('f', { signal: controller.signal }, () => 1)).toBe(1);
    controller.abort();
    expect(await locks.request('f', { ifAvailable: true }, (lock) => lock?.name)).toBe('f');
  });

  test('does nothing once the function was called', async () => {
    const controller = new AbortController();
    const gate = deferred<string>();
    const called = deferred();
    const request = locks.request('d', { signal: controller.signal }, () => {
      called.resolve();
      return gate.promise;
    });
    await called.promise;
    controller.abort();
    gate.resolve('done');
    expect(await request).toBe('done');
  });
});

describe('query()', () => {
  test('gives what is held and what waits, in order, with mode and client', async () => {
    const { locks } = lockManager();
    expect(await locks.query()).toEqual({ held: [], pending: [] });
    const clientId = `${process.pid}:0`;
    const first = await hold(locks, 'a', 'shared');
    const second = await hold(locks, 'b');
    const waiting = [
      locks.request('b', () => 1),
      locks.request('a', () => 2),
      locks.request('b', { mode: 'shared' }, () => 3),
    ];
    expect(await locks.query()).toEqual({
      held: [
        { name: 'a', mode: 'shared', clientId },
        { name: 'b', mode: 'exclusive', clientId },
      ],
      pending: [
        { name: 'b', mode: 'exclusive', clientId },
        { name: 'a', mode: 'exclusive', clientId },
        { name: 'b', mode: 'shared', clientId },
      ],
    });
    first.release();
    second.release();
    expect(await Promise.all(waiting)).toEqual([1, 2, 3]);
    expect(await locks.query()).toEqual({ held: [], pending: [] });
  });
});
