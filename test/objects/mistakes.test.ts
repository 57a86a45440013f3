import { describe, expect, test } from 'vitest';
import { open, utf8 } from '../../lib/index.ts';
import {
  idOf,
  isPersistent,
  openStore,
  PersistentMap,
  persistent,
  type Store,
  stateOf,
  t,
} from '../../lib/objects/index.ts';
import { temporaryFolder } from '../support/fixture.ts';

interface Towns {
  people: number;
  tags: unknown[];
}

const Town = persistent('mistakes.Town', { people: t.f64, tags: t.json<unknown[]>() })(class Town {});
const town = (people = 1): Towns => new Town({ people, tags: [] }) as never;

function stored(): { store: Store; d: Store['root'] } {
  const store = openStore(temporaryFolder(), { durability: 'nosync' });
  store.write(() => {
    store.root.a = town();
    store.root.m = new PersistentMap();
  });
  return { store, d: store.root };
}

const failing = (code: string, ...words: string[]): object =>
  expect.objectContaining({ code, message: expect.stringMatching(new RegExp(words.join('.*'), 's')) });

describe('a mistake is an error that says what to do, and changes nothing', () => {
  test('an object of store.root is read inside store.transact', async () => {
    const { store, d } = stored();
    const { a } = d;
    expect(a.people).toBe(1);
    const reads: (() => unknown)[] = [
      () => store.root,
      () => d.a,
      () => 'a' in d,
      () => a.people,
      () => d.m.size,
      () => [...d.m],
      () => [...store.all(Town)],
    ];
    const whole = store.transact(async (txn) => {
      for (const read of reads) expect(read).toThrow(failing('ERR_BUSY', 'cannot be read', 'txn.root', 'txn.get'));
      await null;
      for (const read of reads) expect(read).toThrow(failing('ERR_BUSY', 'cannot be read', 'txn.root', 'txn.get'));
      const snapshot = store.snapshot();
      expect([txn.root.a.people, txn.get(a).people, snapshot.root.a.people]).toEqual([1, 1, 1]);
      snapshot.end();
      txn.root.b = a;
      return setTimeout(() => {});
    });
    // What does not belong to the transaction reads as before, in one version.
    expect([a.people, d.a === a]).toEqual([1, true]);
    await whole;
    expect(d.b).toBe(a);
  });

  test('what the function of a transaction has started goes on after the end, and can read', async () => {
    const { store, d } = stored();
    let later: Promise<number> | undefined;
    await store.transact(async () => {
      later = (async () => {
        await new Promise((resolve) => setImmediate(resolve));
        return d.a.people;
      })();
    });
    expect(await later).toBe(1);
  });

  test('an object of store.root is changed inside store.transact', async () => {
    const { store, d } = stored();
    const { a } = d;
    await store.transact(async (txn) => {
      const changes: (() => unknown)[] = [
        () => {
          a.people = 5;
        },
        () => {
          d.b = 1;
        },
        () => delete d.a,
        () => store.write(() => {}),
      ];
      for (const change of changes)
        expect(change).toThrow(failing('ERR_BUSY', 'store.transact', 'txn.root', 'txn.get'));
      await null;
      for (const change of changes)
        expect(change).toThrow(failing('ERR_BUSY', 'store.transact', 'txn.root', 'txn.get'));
      txn.get(a).people = 7;
    });
    expect([d.a.people, 'b' in d, d.m.size]).toEqual([7, false, 0]);
  });

  test("store.transact is given isolation: 'snapshot', with which collect() could delete what it refers to", async () => {
    const { store } = stored();
    await expect(store.transact(() => undefined, { isolation: 'snapshot' })).rejects.toEqual(
      failing('ERR_INVALID_ARG_VALUE', 'serializable'),
    );
  });

  test('an object of one store is assigned into another', async () => {
    const { store, d } = stored();
    const other = stored();
    const wrong = failing('ERR_NOT_PERSISTENT', 'another store');
    expect(() => {
      d.x = other.d.a;
    }).toThrow(wrong);
    expect(() => {
      d.a.tags = [{ deep: other.d.a }];
    }).toThrow(wrong);
    expect(() => d.m.set(['k'], other.d.a)).toThrow(wrong);
    await expect(
      store.transact((txn) => {
        txn.root.x = other.d.a;
      }),
    ).rejects.toThrow(wrong);
    expect([Object.keys(d), d.a.tags, d.m.size]).toEqual([['a', 'm'], [], 0]);
  });

  test('an object of a transaction that has ended is read or changed', async () => {
    const { store, d } = stored();
    const gone = failing('ERR_TXN_ENDED', 'ended', 'store.get');
    let old: Store['root'] = {};
    let oldRoot: Store['root'] = {};
    const mine = town(5);
    await store.transact(({ root }) => {
      old = root.a;
      oldRoot = root;
      root.mine = mine;
    });
    expect(() => {
      old.people = 2;
    }).toThrow(gone);
    expect(() => oldRoot.a).toThrow(gone);
    expect(() => {
      oldRoot.b = 1;
    }).toThrow(gone);
    expect(store.get(old)).toBe(d.a);
    // What it has stored belongs to the store from now on.
    expect(d.mine).toBe(mine);
    mine.people++;
    expect(d.mine.people).toBe(6);
  });

  test('the function of store.write is async, or returns a promise', () => {
    const { store, d } = stored();
    let called = false;
    expect(() =>
      store.write(async () => {
        called = true;
      }),
    ).toThrow(failing('ERR_ASYNC_CALLBACK', 'store.write', 'not called', 'store.transact'));
    expect(called).toBe(false);
    expect(() =>
      store.write(() => {
        d.a.people = 9;
        return Promise.reject(new Error('nobody hears of it'));
      }),
    ).toThrow(failing('ERR_ASYNC_CALLBACK', 'store.write', 'taken back'));
    expect(d.a.people).toBe(1);
  });

  test('something of a snapshot is changed', () => {
    const { store, d } = stored();
    using view = store.snapshot();
    const wrong = failing('ERR_READ_ONLY_STATE', 'snapshot', 'store.write');
    expect(() => {
      view.root.a.people = 2;
    }).toThrow(wrong);
    expect(() => {
      view.root.b = 2;
    }).toThrow(wrong);
    expect(() => view.root.m.set(['k'], 1)).toThrow(wrong);
    expect(() => view.root.a.tags.push(1)).toThrow(TypeError);
    expect([d.a.people, d.a.tags]).toEqual([1, []]);
  });

  test('a store is used that was closed', async () => {
    const { store, d } = stored();
    const { a } = d;
    const view = store.snapshot();
    store.close();
    store.close();
    const closed = failing('ERR_ENV_CLOSED', 'closed');
    const uses: (() => unknown)[] = [
      () => store.root.a,
      () => a.people,
      () => {
        a.people = 5;
      },
      () => {
        d.x = 1;
      },
      () => store.write(() => {}),
      () => store.snapshot(),
      () => [...store.all(Town)],
    ];
    for (const use of uses) expect(use).toThrow(closed);
    expect(() => view.root.a).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/ERR_ENV_CLOSED|ERR_TXN_ENDED/) }),
    );
    await expect(store.transact(() => {})).rejects.toThrow(closed);
  });

  test('objects are changed inside env.write(): inside of store.write() it could fail without them, and else they are taken back with it', () => {
    const env = open(temporaryFolder(), { durability: 'nosync' });
    const notes = env.collection('notes', { key: utf8, value: utf8 });
    const store = openStore(env);
    const d = store.root;
    d.a = town();
    const wrong = failing('ERR_BUSY', 'env.write', 'store.write');
    const mine = town();
    expect(() =>
      env.write(() => {
        notes.put('a', 'note');
        d.a.people = 5;
        d.mine = mine;
        throw new Error('no');
      }),
    ).toThrow('no');
    expect([notes.get('a'), d.a.people, idOf(mine), mine.people]).toEqual([undefined, 1, undefined, 1]);
    store.write(() => {
      const { a } = d;
      env.write(() => {
        expect(() => {
          a.people = 5;
        }).toThrow(wrong);
        expect(() => {
          d.b = 5;
        }).toThrow(wrong);
      });
    });
    // The way it is meant: both are committed together, or not at all.
    expect(() =>
      store.write(() => {
        notes.put('a', 'note');
        d.a.people = 6;
        throw new Error('no');
      }),
    ).toThrow('no');
    expect([notes.get('a'), d.a.people]).toEqual([undefined, 1]);
    store.close();
    expect(d.a.people).toBe(1);
    env.close();
  });

  test('store.transact begins inside store.write or env.transact', async () => {
    const { store, d } = stored();
    let inner: Promise<unknown> = Promise.resolve();
    store.write(() => {
      inner = store.transact(() => {});
      inner.catch(() => {});
    });
    await expect(inner).rejects.toThrow(failing('ERR_BUSY', 'store.write', 'older'));
    await store.environment.transact(async () => {
      await expect(store.transact(() => {})).rejects.toThrow(
        failing('ERR_BUSY', 'env.transact', 'inside store.transact'),
      );
    });
    expect(d.a.people).toBe(1);
  });
});

test('one assignment is one commit', () => {
  const { store, d } = stored();
  const tid = (): number => {
    using view = store.snapshot();
    return view.tid;
  };
  const commits = (fn: () => void): number => {
    const before = tid();
    fn();
    return tid() - before;
  };
  expect(
    commits(() => {
      d.a.people = 2;
    }),
  ).toBe(1);
  expect(
    commits(() => {
      d.x = town();
    }),
  ).toBe(1);
  expect(commits(() => d.m.set(['a'], { of: town() }))).toBe(1);
  expect(commits(() => d.m.delete(['a']))).toBe(1);
  expect(
    commits(() => {
      delete d.x;
    }),
  ).toBe(1);
  expect(
    commits(() => {
      d.a.people += d.a.people;
      store.write(() => {});
    }),
  ).toBe(1);
});

describe('identity and counters', () => {
  test('objects of all views share one state for each version', async () => {
    const { store, d } = stored();
    using first = store.snapshot();
    const before = stateOf(d.a);
    expect(stateOf(first.root.a)).toBe(before);
    expect(first.root.a).not.toBe(d.a);
    await store.transact((txn) => {
      expect(stateOf(txn.root.a)).toBe(before);
      txn.root.a.people = 2;
      expect(stateOf(txn.root.a)).toBe(before);
    });
    using second = store.snapshot();
    expect(stateOf(second.root.a)).toBe(stateOf(d.a));
    expect(stateOf(d.a)).not.toBe(before);
    expect(stateOf(first.root.a)).toBe(before);
    expect(stateOf(d.a)).toEqual({ id: idOf(d.a), tid: second.tid });
    d.b = 1;
    using third = store.snapshot();
    expect(stateOf(third.root.a)).toBe(stateOf(second.root.a));
  });

  test('tell what is stored', () => {
    const { d } = stored();
    const mine = town();
    expect([isPersistent(mine), idOf(mine), stateOf(mine)]).toEqual([true, undefined, undefined]);
    d.mine = mine;
    expect([typeof idOf(mine), isPersistent(d), idOf(d)]).toEqual(['number', true, 1]);
    for (const wrong of [undefined, null, 5, {}, [], new Proxy(mine, {})]) {
      expect(isPersistent(wrong)).toBe(false);
      expect(() => idOf(wrong as object)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }));
      expect(() => stateOf(wrong as object)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }));
    }
  });

  test('counters: a hundred snapshots of one version decode each object once', () => {
    const { store, d } = stored();
    for (let i = 0; i < 50; i++) d[`t${i}`] = town(i);
    const sum = (root: Store['root']): number => {
      let total = 0;
      for (let i = 0; i < 50; i++) total += root[`t${i}`].people;
      return total;
    };
    const before = store.counters();
    const views = Array.from({ length: 100 }, () => store.snapshot());
    for (const { root } of views) expect(sum(root)).toBe(1225);
    const { decodes, states, handles, views: versions, snapshots } = store.counters();
    expect([versions, snapshots]).toEqual([1, 100]);
    expect(decodes - before.decodes).toBeLessThanOrEqual(51);
    expect(states).toBeGreaterThanOrEqual(51);
    expect(handles - before.handles).toBe(51);
    d.t0.people = 0;
    const newer = store.snapshot();
    expect([sum(newer.root), store.counters().views]).toEqual([1225, 2]);
    expect(store.counters().shared).toBeGreaterThanOrEqual(49);
    for (const view of views) view.end();
    newer.end();
    expect(store.counters()).toMatchObject({ views: 0, snapshots: 0 });
  });
});
