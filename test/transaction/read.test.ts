import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { bytes, type ReadTransaction, utf8, type Value } from '../../lib/index.ts';
import { codeOf, collect, collectionOf, openTemporary, thrown, until } from '../support/fixture.ts';
import { expectedState, lendingTest } from '../support/lending.ts';

function world() {
  const made = collectionOf({ key: utf8, value: bytes });
  made.env.write(() => {
    for (const name of ['a', 'b', 'c']) made.items.put(name, Buffer.from(`value of ${name}`));
  });
  return made;
}

const text = (value: Value | undefined): string | undefined => value?.toBuffer().toString();

describe('env.read() as an object', () => {
  test.each<[string, (txn: ReadTransaction) => void]>([
    ['end()', (txn) => txn.end()],
    ['commit()', (txn) => txn.commit()],
    ['abort()', (txn) => txn.abort()],
    ['[Symbol.dispose]()', (txn) => txn[Symbol.dispose]()],
  ])('is ended by %s, once and for all', async (_, end) => {
    const { env, items } = world();
    const txn = env.read();
    expect(txn.state).toBe('open');
    const value = items.get('a', txn);
    end(txn);
    expect(txn.state).toBe(expectedState('draining'));
    end(txn);
    expect(codeOf(() => items.get('a', txn))).toBe('ERR_TXN_ENDED');
    expect(codeOf(() => txn.id)).toBe('ERR_TXN_ENDED');
    await txn.drained;
    end(txn);
    expect(txn.state).toBe('ended');
    expect([value?.state, text(value)]).toEqual([expectedState('copied'), 'value of a']);
    expect(inspect(txn)).toBe('ReadTransaction { ended }');
  });

  test('that lent nothing ends at once', async () => {
    const txn = openTemporary().read();
    const { drained } = txn;
    txn.end();
    expect(txn.state).toBe('ended');
    await drained;
    await txn.drained;
  });

  test('sees the moment at which it began, whatever is written later', () => {
    const { env, items } = world();
    using txn = env.read();
    items.put('a', Buffer.from('later'));
    items.put('d', Buffer.from('later'));
    items.del('b');
    expect(items.range({}, txn).keys().toArray()).toEqual(['a', 'b', 'c']);
    expect([text(items.get('a', txn)), text(items.get('a'))]).toEqual(['value of a', 'later']);
    expect([items.has('d', txn), items.has('d'), items.count({}, txn), items.count()]).toEqual([false, true, 3, 3]);
  });

  lendingTest('drained settles for one that is still open once that has been ended', async () => {
    const { env, items } = world();
    const txn = env.read();
    const value = items.get('a', txn);
    let settled = false;
    const waiting = txn.drained.then(() => {
      settled = true;
    });
    await collect();
    expect(settled).toBe(false);
    txn.end();
    await waiting;
    expect([txn.state, value?.state]).toEqual(['ended', expectedState('copied')]);
  });

  lendingTest('moves one of two transactions on a snapshot, though the other stands on it still', async () => {
    const { env, items } = world();
    const [one, two] = [env.read(), env.read()];
    const [first, second] = [items.get('a', one), items.get('a', two)];
    one.end();
    await one.drained;
    expect([first?.state, second?.state, two.state]).toEqual([
      expectedState('copied'),
      expectedState('shared'),
      'open',
    ]);
    two.end();
    await two.drained;
    expect([text(first), text(second)]).toEqual(['value of a', 'value of a']);
  });
});

describe('onEnd', () => {
  test.each([
    ['the environment', 'invalidate', undefined, expectedState('expired')],
    ['the transaction', 'copy', 'invalidate', expectedState('expired')],
    ['the transaction over the environment', 'invalidate', 'copy', expectedState('copied')],
    ['the default', undefined, undefined, expectedState('copied')],
  ] as const)('of %s decides', async (_, ofEnvironment, ofTransaction, state) => {
    const { env, items } = collectionOf(
      { key: utf8, value: bytes },
      ofEnvironment === undefined ? {} : { onEnd: ofEnvironment },
    );
    items.put('a', Buffer.from('1'));
    const options = ofTransaction === undefined ? {} : { onEnd: ofTransaction };
    const txn = env.read(options);
    const value = items.get('a', txn);
    const inCallback = env.read((inner) => items.get('a', inner), options);
    txn.end();
    await txn.drained;
    env.resize();
    expect([value?.state, inCallback?.state]).toEqual([state, state]);
  });

  lendingTest('invalidate leaves what was kept before', () => {
    const { env, items } = world();
    const txn = env.read({ onEnd: 'invalidate' });
    const [kept, lost] = [items.get('a', txn)?.keep(), items.get('a', txn)];
    txn.end();
    expect([text(kept), kept?.state, txn.state]).toEqual(['value of a', expectedState('copied'), 'ended']);
    expect(codeOf(() => lost?.keep())).toBe('ERR_LEASE_EXPIRED');
    expect(inspect(lost)).toBe('Value <expired>');
  });
});

describe('env.read(fn)', () => {
  test('gives what fn gives, and ends after it', () => {
    const { env, items } = world();
    let inside: ReadTransaction | undefined;
    const result = env.read((txn) => {
      inside = txn;
      expect(txn.state).toBe('open');
      return text(items.get('a', txn));
    });
    expect(result).toBe('value of a');
    expect(inside?.state).not.toBe('open');
  });

  test('ends when fn throws, and the error passes on', () => {
    const { env } = world();
    const error = new Error('mine');
    let inside: ReadTransaction | undefined;
    expect(() =>
      env.read((txn) => {
        inside = txn;
        throw error;
      }),
    ).toThrow(error);
    expect(inside?.state).toBe('ended');
    expect(env.counters().snapshots).toBe(0);
  });

  test('ends when the promise of an async fn settles, not before', async () => {
    const { env, items } = world();
    let inside: ReadTransaction | undefined;
    const promise = env.read(async (txn) => {
      inside = txn;
      await null;
      return text(items.get('b', txn));
    });
    expect(inside?.state).toBe('open');
    expect(await promise).toBe('value of b');
    expect(inside?.state).not.toBe('open');
    const failing = env.read(async (txn) => {
      inside = txn;
      await null;
      throw new Error('mine');
    });
    await expect(failing).rejects.toThrow('mine');
    expect(inside?.state).toBe('ended');
  });

  test('is where calls belong that name no transaction', () => {
    const { env, items } = world();
    env.read((txn) => {
      expect(items.get('a')?.state).toBe(expectedState('shared'));
      expect(items.getMany(['a', 'x']).map((value) => value?.state)).toEqual([expectedState('shared'), undefined]);
      expect([...items.range()].map(({ value }) => value.state)).toEqual([
        expectedState('shared'),
        expectedState('shared'),
        expectedState('shared'),
      ]);
      items.scan({ limit: 1 }, ({ value }) => expect(value.state).toBe(expectedState('shared')));
      expect(env.counters().snapshots).toBe(1);
      env.write(() => items.put('d', Buffer.from('later')));
      expect([items.has('d'), items.count(), items.stat().entries]).toEqual([false, 3, 3]);
      expect(items.has('d', txn)).toBe(false);
      // A nested env.read() has a newer snapshot. After it, reads use the outer transaction again.
      env.read(() => expect(items.has('d')).toBe(true));
      expect(items.has('d')).toBe(false);
      // The transaction ends early. Later reads fail; they must not read another snapshot instead.
      txn.end();
      expect(codeOf(() => items.has('a'))).toBe('ERR_TXN_ENDED');
      expect(codeOf(() => items.range().toArray())).toBe('ERR_TXN_ENDED');
    });
    expect(items.has('d')).toBe(true);
    expect(items.get('a')?.state).toBe('private');
  });

  test('is where calls belong after an await of an async fn too', async () => {
    const { env, items } = world();
    const states = await env.read(async (txn) => {
      const before = items.get('a')?.state;
      await null;
      return [before, items.get('a')?.state, items.get('a', txn)?.state];
    });
    expect(states).toEqual([expectedState('shared'), expectedState('shared'), expectedState('shared')]);
  });

  lendingTest('inside env.write sees what was there before it, and reads of it are lent', () => {
    const { env, items } = world();
    env.write((write) => {
      items.put('d', Buffer.from('new'));
      env.read((txn) => {
        expect([items.has('d'), items.has('d', write), items.has('d', txn)]).toEqual([false, true, false]);
        expect(items.get('a')?.state).toBe(expectedState('shared'));
        items.put('e', Buffer.from('new'));
        expect(items.has('e')).toBe(false);
      });
      expect(items.has('e')).toBe(true);
    });
    expect(items.count()).toBe(5);
  });
});

describe('a read that names no transaction', () => {
  test('has one of its own, and gives what is private', () => {
    const { env, items } = world();
    const values = [items.get('a'), ...items.getMany(['a', 'b'])];
    expect(values.map((value) => value?.state)).toEqual(['private', 'private', 'private']);
    expect(env.counters()).toMatchObject({ leases: 0, snapshots: 0 });
    items.put('a', Buffer.from('later'));
    expect(values.map(text)).toEqual(['value of a', 'value of a', 'value of b']);
  });

  test('by range() or scan() lends while it goes on', () => {
    const { env, items } = world();
    expect(
      items
        .range()
        .values()
        .map((value) => value.state)
        .toArray(),
    ).toEqual([expectedState('shared'), expectedState('shared'), expectedState('shared')]);
    items.scan({}, ({ value }) => expect(value.state).toBe(expectedState('shared')));
    env.resize();
    expect(env.counters().snapshots).toBe(0);
  });
});

test('a transaction of another environment is refused', () => {
  const { items } = world();
  const other = openTemporary();
  using txn = other.read();
  const error = thrown(() => items.get('a', txn));
  expect(error.code).toBe('ERR_INVALID_ARG_VALUE');
  other.write((write) => expect(codeOf(() => items.put('a', Buffer.from(''), write))).toBe('ERR_INVALID_ARG_VALUE'));
});

lendingTest('a transaction that is forgotten is ended, with a warning that says where', async () => {
  const { env, items } = world();
  const warnings: (Error & { code?: string })[] = [];
  const listen = (warning: Error): void => {
    warnings.push(warning);
  };
  process.on('warning', listen);
  const value = ((): Value | undefined => items.get('a', env.read()))();
  items.put('a', Buffer.from('later'));
  await until(
    () => warnings.length > 0 && value?.state === expectedState('copied'),
    'the end of a forgotten transaction',
  );
  process.off('warning', listen);
  expect(warnings.map(({ code }) => code)).toEqual(['LEASEHOLD_TXN_LEAK']);
  expect(warnings[0]?.message).toContain(env.path);
  expect(text(value)).toBe('value of a');
});

test('a kept sink does not keep a forgotten transaction alive, nor the reverse', async () => {
  const { env, items } = world();
  let collected = 0;
  const registry = new FinalizationRegistry(() => {
    collected++;
  });
  const txn = env.read();
  ((): void => registry.register(items.get('a', txn) as Value, 0))();
  await until(() => collected === 1, 'the collection of a value that nobody holds');
  expect(txn.state).toBe('open');
  txn.end();
});

test('a function behind the options is refused, not left uncalled', () => {
  const { env } = world();
  const read = env.read.bind(env) as (options: object, fn: () => void) => unknown;
  expect(codeOf(() => read({ onEnd: 'invalidate' }, () => {}))).toBe('ERR_INVALID_ARG_TYPE');
  expect(env.counters().snapshots).toBe(0);
});
