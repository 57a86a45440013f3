import { AsyncResource } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { bytes, hashJoin, json, mergeJoin, type OptimisticTransaction, struct, t, utf8 } from '../../lib/index.ts';
import { askChild } from '../support/child.ts';
import { collectionOf, openTemporary, temporaryFolder, thrown } from '../support/fixture.ts';

const versioned = { key: utf8, value: json, versions: true } as const;

/** Calls `fn` outside of any transaction. */
const outside: <T>(fn: () => T) => T = AsyncResource.bind((fn) => fn());

/** Waits until `condition` returns true. Only the test's time limit ends it. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

test('calls in the function belong to the transaction, also after an await and without naming it', async () => {
  const { env, items } = collectionOf(versioned);
  items.put('a', 1);
  const result = await env.transact(async (txn) => {
    items.put('b', 2);
    await turn();
    items.put('c', 3, txn);
    items.in(txn).put('d', 4);
    await turn();
    expect(items.range().keys().toArray()).toEqual(['a', 'b', 'c', 'd']);
    expect(outside(() => items.count())).toBe(1);
    expect(env.read(() => items.count())).toBe(1);
    expect(items.del('a')).toBe(true);
    expect(items.putNew('b', 9)).toBe(false);
    expect(items.update('b', (value) => (value as number) + 1)).toBe(3);
    return 'done';
  });
  expect(result).toBe('done');
  expect(
    items
      .range()
      .toArray()
      .map(({ key, value }) => [key, value]),
  ).toEqual([
    ['b', 3],
    ['c', 3],
    ['d', 4],
  ]);
});

test('two transactions that take turns in one thread each see only their own writes', async () => {
  const { env, items } = collectionOf(versioned);
  const steps: string[] = [];
  const run = (name: string): Promise<void> =>
    env.transact(
      async () => {
        for (let n = 0; n < 3; n++) {
          steps.push(name);
          items.put(`${name}${n}`, n);
          await turn();
          expect(items.range().keys().toArray()).toEqual(Array.from({ length: n + 1 }, (_, i) => `${name}${i}`));
        }
      },
      { isolation: 'snapshot' },
    );
  await Promise.all([run('a'), run('b')]);
  expect(steps.join('')).toBe('ababab');
  expect(items.count()).toBe(6);
});

test('if the function throws, nothing is written and it is not called again', async () => {
  const { env, items } = collectionOf(versioned);
  let runs = 0;
  const failing = env.transact(async () => {
    runs++;
    items.put('a', 1);
    await turn();
    throw new RangeError('mine');
  });
  await expect(failing).rejects.toThrow(new RangeError('mine'));
  await expect(
    env.transact(() => {
      throw new RangeError('at once');
    }),
  ).rejects.toThrow('at once');
  expect([runs, items.count()]).toEqual([1, 0]);
});

test('after a conflict the function runs again on a new snapshot; after too many, the error names the keys', async () => {
  const { env, items } = collectionOf(versioned);
  items.put('a', 1);
  let runs = 0;
  await env.transact(async () => {
    const value = items.get('a') as number;
    if (runs++ < 3) outside(() => items.put('a', value + 10));
    items.put('a', value + 1);
  });
  expect([runs, items.get('a')]).toEqual([4, 32]);
  const conflicting = env.transact(
    async () => {
      runs++;
      const sum =
        items.range({ gte: 'x' }).toArray().length +
        (items.get('a') as number) +
        (items.get('b') === undefined ? 0 : 1);
      outside(() =>
        env.write(() => {
          items.put('a', runs);
          items.put('b', runs);
          items.put('y', runs);
        }),
      );
      items.put('z', sum);
    },
    { retries: 2 },
  );
  await expect(conflicting).rejects.toMatchObject({
    code: 'ERR_CONFLICT',
    path: env.path,
    message: expect.stringMatching(/run its function 3 times.*a range of 'items', 'a' in 'items'/),
    conflicts: [
      { collection: 'items', key: undefined },
      { collection: 'items', key: 'a' },
      { collection: 'items', key: 'b' },
    ],
  });
  expect([runs, items.has('z')]).toEqual([7, false]);
});

test('a transaction that only reads commits nothing and meets no conflict', async () => {
  const { env, items } = collectionOf(versioned);
  const before = env.info().lastTransaction;
  const count = await env.transact(async () => {
    const first = items.count();
    await turn();
    return first;
  });
  expect([count, env.info().lastTransaction]).toEqual([0, before]);
  await env.transact(async () => {
    items.get('a');
    outside(() => items.put('a', 1));
    expect(items.get('a')).toBe(undefined);
  });
});

test('64 transactions that add to one number at the same time all do', async () => {
  const { env, items } = collectionOf(versioned);
  items.put('n', 0);
  await Promise.all(
    Array.from({ length: 64 }, () => env.transact(async () => items.put('n', (items.get('n') as number) + 1))),
  );
  expect(items.get('n')).toBe(64);
});

test('64 transactions that do not meet share commits', async () => {
  const { env, items } = collectionOf(versioned);
  const before = env.info().lastTransaction;
  await Promise.all(Array.from({ length: 64 }, (_, i) => env.transact(async () => items.put(`k${i}`, i))));
  expect(items.count()).toBe(64);
  expect(env.info().lastTransaction - before).toBeLessThan(32);
});

test('a signal ends a transaction that waits, one that is about to begin, and one that waits to run again', async () => {
  const { env, items } = collectionOf(versioned);
  const abort = new AbortController();
  let txn: OptimisticTransaction | undefined;
  const waiting = env.transact(
    async (own) => {
      txn = own;
      items.put('a', 1);
      await new Promise(() => {});
    },
    { signal: abort.signal },
  );
  abort.abort(new Error('enough'));
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError', code: 'ABORT_ERR', cause: new Error('enough') });
  expect([txn?.state, items.count(), env.counters().snapshots]).toEqual(['ended', 0, 0]);
  const body = vi.fn();
  await expect(env.transact(body, { signal: abort.signal })).rejects.toMatchObject({ code: 'ABORT_ERR' });
  expect(body).not.toHaveBeenCalled();
  const later = new AbortController();
  let runs = 0;
  const retrying = env.transact(
    async () => {
      runs++;
      items.get('n');
      outside(() => items.put('n', runs));
      items.put('m', 1);
      if (runs === 5) later.abort();
    },
    { signal: later.signal },
  );
  await expect(retrying).rejects.toMatchObject({ code: 'ABORT_ERR' });
  expect([runs, items.has('m')]).toEqual([5, false]);
});

test('closing the environment rejects a transaction that is open', async () => {
  const { env, items } = collectionOf(versioned);
  let goOn = (): void => {};
  const seen: unknown[] = [];
  const waiting = env.transact(async () => {
    items.put('a', 1);
    await new Promise<void>((resolve) => {
      goOn = resolve;
    });
    seen.push(thrown(() => items.get('a')).code);
  });
  env.close();
  await expect(waiting).rejects.toMatchObject({ code: 'ERR_ENV_CLOSED' });
  goOn();
  await until(() => seen.length > 0);
  expect(seen).toEqual(['ERR_ENV_CLOSED']);
  await expect(env.transact(async () => {})).rejects.toMatchObject({ code: 'ERR_ENV_CLOSED' });
});

test('what the function left behind cannot use the transaction any more', async () => {
  const { env, items } = collectionOf(versioned);
  let txn: OptimisticTransaction | undefined;
  let left: Promise<string[]> | undefined;
  await env.transact(async (own) => {
    txn = own;
    items.put('a', 1);
    left = (async () => {
      await until(() => own.state === 'ended');
      return [thrown(() => items.get('a')), thrown(() => items.put('a', 2)), thrown(() => items.put('a', 2, own))].map(
        ({ code }) => code,
      );
    })();
  });
  expect(await left).toEqual(['ERR_TXN_ENDED', 'ERR_TXN_ENDED', 'ERR_TXN_ENDED']);
  expect(thrown(() => txn?.id).code).toBe('ERR_TXN_ENDED');
  expect(thrown(() => items.range({}, txn)).code).toBe('ERR_TXN_ENDED');
});

test('values that a transaction gave stay what they were after its end', async () => {
  const { env, items } = collectionOf({ key: utf8, value: bytes, versions: true });
  items.put('stored', Buffer.from('stored'));
  const held = await env.transact(async (txn) => {
    items.put('own', Buffer.from('own'));
    const found = [
      items.get('own'),
      items.get('stored'),
      ...items.range().values(),
      ...items.getMany(['own', 'stored']),
    ];
    items.put('own', Buffer.from('new'), txn);
    items.put('stored', Buffer.from('new'), txn);
    return found;
  });
  for (let n = 0; n < 50; n++) items.put('stored', Buffer.from(`${n}`));
  expect(held.map((value) => value?.toString())).toEqual(['own', 'stored', 'own', 'stored', 'own', 'stored']);
});

test('what cannot wait is refused with an error that says what to do', async () => {
  const { env, items } = collectionOf(versioned);
  const plain = env.collection('plain', { key: utf8, value: json });
  const several = env.collection('several', { key: utf8, value: utf8, dupSort: true });
  plain.put('a', 1);
  await env.transact(async (txn) => {
    for (const [call, code, message] of [
      [() => plain.get('a'), 'ERR_INVALID_ARG_VALUE', /this one was made without `versions: true`/],
      [() => plain.range().toArray(), 'ERR_INVALID_ARG_VALUE', /versions: true/],
      [() => plain.count(), 'ERR_INVALID_ARG_VALUE', /versions: true/],
      [() => plain.put('a', 2), 'ERR_INVALID_ARG_VALUE', /versions: true/],
      [() => several.get('a'), 'ERR_INVALID_ARG_VALUE', /dupSort/],
      [() => several.hasValue('a', 'b'), 'ERR_INVALID_ARG_VALUE', /dupSort/],
      [() => [...several.getAll('a')], 'ERR_INVALID_ARG_VALUE', /dupSort/],
      [() => items.append('z', 1), 'ERR_INVALID_ARG_VALUE', /use put\(\)/],
      [() => items.drop(), 'ERR_INVALID_ARG_VALUE', /use clear\(\)/],
      [() => items.put('', 1), 'ERR_KEY_SIZE', /511/],
      [() => items.drop(txn), 'ERR_INVALID_ARG_VALUE', /use clear\(\)/],
      [() => env.write(() => {}), 'ERR_BUSY', /put\(\)/],
    ] as const) {
      const error = thrown(call as () => unknown);
      expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
    }
    await expect(env.batch([])).rejects.toMatchObject({ code: 'ERR_BUSY' });
  });
  let inside: Promise<void> | undefined;
  env.write(() => {
    inside = env.transact(async () => {});
  });
  await expect(inside).rejects.toMatchObject({ code: 'ERR_BUSY' });
  for (const [options, code] of [
    [{ isolation: 'none' }, 'ERR_INVALID_ARG_VALUE'],
    [{ retries: -1 }, 'ERR_OUT_OF_RANGE'],
    [{ signal: 1 }, 'ERR_INVALID_ARG_TYPE'],
    [{ other: 1 }, 'ERR_INVALID_ARG_VALUE'],
    [1, 'ERR_INVALID_ARG_TYPE'],
  ] as const) {
    await expect(env.transact(async () => {}, options as never)).rejects.toMatchObject({ code });
  }
  await expect(env.transact(1 as never)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
});

test('a transaction inside another one is a part of it, and the outer one fails with it', async () => {
  const { env, items } = collectionOf(versioned);
  await env.transact(async () => {
    items.put('a', 1);
    await env.transact(async (inner) => {
      expect(items.get('a', inner)).toBe(1);
      items.put('b', 2);
    });
    expect(items.get('b')).toBe(2);
  });
  expect(items.count()).toBe(2);
  const failing = env.transact(async () => {
    items.put('c', 3);
    await env
      .transact(async () => {
        throw new Error('inner');
      })
      .catch(() => {});
  });
  await expect(failing).rejects.toThrow('inner');
  expect(items.count()).toBe(2);
});

test('versions: what the transaction has read has that of its commit, what it has written has none yet', async () => {
  const { env, items } = collectionOf(versioned);
  items.put('a', 1);
  const version = items.version('a');
  await env.transact(async (txn) => {
    expect(txn.tid).toBe(version);
    expect(items.version('a')).toBe(version);
    expect(
      items
        .range()
        .toArray()
        .map((entry) => entry.version),
    ).toEqual([version]);
    expect(items.putIf('a', 2, version + 1)).toBe(false);
    expect(items.putIf('a', 2, version)).toBe(true);
    expect(items.delIf('b', 0)).toBe(true);
    expect(items.version('a')).toBe(0);
    expect(
      items
        .range()
        .toArray()
        .map((entry) => entry.version),
    ).toEqual([0]);
  });
  expect([items.get('a'), items.version('a')]).toEqual([2, version + 1]);
});

test('joins and records read what the transaction has written', async () => {
  const env = openTemporary();
  const cities = env.collection('cities', {
    key: utf8,
    value: struct({ country: t.utf8, people: t.u32 }),
    versions: true,
  });
  const countries = env.collection('countries', { key: utf8, value: struct({ name: t.utf8 }), versions: true });
  countries.put('FR', { name: 'France' });
  cities.put('Paris', { country: 'FR', people: 1 });
  cities.put('Rome', { country: 'IT', people: 2 });
  cities.put('Nowhere', { country: 'XX', people: 0 });
  await env.transact(async (txn) => {
    countries.put('IT', { name: 'Italia' });
    cities.put('Lyon', { country: 'FR', people: 3 });
    cities.del('Nowhere');
    for (const join of [hashJoin, mergeJoin]) {
      const pairs = join({
        build: { range: countries.range({}, txn), on: 'key' },
        probe: { range: cities.range({}, txn), on: { field: 'country' } },
      });
      const names = [...pairs].map(({ build, probe }) => `${build.value.name} ${probe.key}`);
      expect(names).toEqual(['France Lyon', 'France Paris', 'Italia Rome']);
      expect(pairs.count()).toBe(3);
    }
    countries.put('IT', { name: 'Italy' });
    expect(countries.get('IT')?.name).toBe('Italy');
  });
});

test('a transaction whose promise nobody can settle any more is ended by the collector, with a warning', () => {
  const told = askChild(
    `
    process.removeAllListeners('warning');
    const warnings = [];
    process.on('warning', ({ code }) => warnings.push(code));
    const [{ default: v8 }, { default: vm }] = await Promise.all([import('node:v8'), import('node:vm')]);
    v8.setFlagsFromString('--expose-gc');
    const gc = vm.runInNewContext('gc');
    const env = open(args.path);
    const items = env.collection('items', { key: uint32, value: bytes, versions: true });
    (() => { env.transact(async (txn) => { items.get(1, txn); await new Promise(() => {}); }); })();
    for (let i = 0; i < 8; i++) { gc(); await new Promise((resolve) => setImmediate(resolve)); }
    tell([warnings, env.counters().snapshots]);`,
    { path: temporaryFolder() },
  );
  expect(told).toEqual([['LEASEHOLD_TXN_LEAK'], 0]);
});
