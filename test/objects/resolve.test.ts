import { AsyncResource } from 'node:async_hooks';
import { describe, expect, test } from 'vitest';
import {
  openStore,
  PersistentMap,
  type PersistentOptions,
  persistent,
  ref,
  type Store,
  t,
} from '../../lib/objects/index.ts';
import { temporaryFolder } from '../support/fixture.ts';

interface Account {
  owner: string;
  balance: number;
  friend?: Account | undefined;
  tags: unknown[];
}

type Resolve = NonNullable<PersistentOptions['resolve']>;

/** What the class's `resolve` does, for each test another. */
let resolve: Resolve = () => undefined;
const asked: Parameters<Resolve>[] = [];

const Account = persistent(
  'resolve.Account',
  {
    owner: t.utf8,
    balance: t.f64,
    friend: ref((): (new () => Account) => Account as never).optional(),
    tags: t.json<unknown[]>(),
  },
  {
    defaults: { owner: 'nobody', tags: [] },
    resolve(base, committed, mine) {
      asked.push([base, committed, mine]);
      return resolve(base, committed, mine);
    },
  },
)(class Account {});
const Plain = persistent('resolve.Plain', { n: t.f64 })(class Plain {});

const adds: Resolve = (base, committed, mine) => ({
  ...committed,
  balance: (committed.balance as number) + (mine.balance as number) - (base.balance as number),
});

function account(balance: number, fields: object = {}): Account {
  return new Account({ balance, ...fields } as never) as unknown as Account;
}

function stored(): { store: Store; d: Store['root'] } {
  const store = openStore(temporaryFolder(), { durability: 'nosync' });
  store.root.a = account(100);
  asked.length = 0;
  return { store, d: store.root };
}

/** Runs `mine` in a transaction, the first run of which is overtaken by `theirs`. Returns how often it has run. */
async function overtaken(
  store: Store,
  mine: (root: Store['root'], run: number) => void,
  theirs: () => void,
): Promise<number> {
  let runs = 0;
  // What it calls does not belong to the transaction.
  const outside = AsyncResource.bind(theirs);
  await store.transact((txn) => {
    runs++;
    mine(txn.root, runs);
    if (runs === 1) outside();
  });
  return runs;
}

describe('resolve', () => {
  test('merges what two transactions have changed in one object, without running the function again', async () => {
    resolve = adds;
    const { store, d } = stored();
    const runs = await overtaken(
      store,
      (root) => {
        root.a.balance += 7;
      },
      () => {
        d.a.balance -= 30;
        d.a.owner = 'Ada';
      },
    );
    expect([runs, d.a.balance, d.a.owner]).toEqual([1, 77, 'Ada']);
    const [[base, committed, mine]] = asked as [Parameters<Resolve>];
    expect([base.balance, committed.balance, mine.balance]).toEqual([100, 70, 107]);
  });

  test('undefined is a conflict: the function runs again', async () => {
    resolve = () => undefined;
    const { store, d } = stored();
    const runs = await overtaken(
      store,
      (root) => {
        root.a.balance += 7;
      },
      () => {
        d.a.balance -= 30;
      },
    );
    expect([runs, d.a.balance, asked.length]).toEqual([2, 77, 1]);
  });

  test('a class without resolve is a conflict, also beside one that has it', async () => {
    resolve = adds;
    const { store, d } = stored();
    d.p = new Plain({ n: 1 });
    const runs = await overtaken(
      store,
      (root) => {
        root.a.balance += 7;
        root.p.n++;
      },
      () =>
        store.write(() => {
          d.a.balance -= 30;
          d.p.n += 10;
        }),
    );
    expect([runs, d.a.balance, d.p.n]).toEqual([2, 77, 12]);
  });

  test('an object that the transaction has only read is a conflict', async () => {
    resolve = adds;
    const { store, d } = stored();
    d.b = account(0);
    const runs = await overtaken(
      store,
      (root) => {
        root.b.balance = root.a.balance;
      },
      () => {
        d.a.balance = 5;
      },
    );
    expect([runs, d.b.balance]).toEqual([2, 5]);
  });

  test('a range that was read is a conflict', async () => {
    resolve = adds;
    const { store, d } = stored();
    const runs = await overtaken(
      store,
      (root) => {
        root.a.balance += Object.keys(root).length;
      },
      () =>
        store.write(() => {
          d.a.balance = 0;
          d.z = 1;
        }),
    );
    expect([runs, d.a.balance]).toEqual([2, 2]);
  });

  test('what was read and has changed since the first commit was tried is a conflict', async () => {
    const { store, d } = stored();
    d.b = account(1);
    resolve = (...given) => {
      // Another commit comes between the conflict and the next try.
      if (asked.length === 1) d.b.balance = 50;
      return adds(...given);
    };
    const runs = await overtaken(
      store,
      (root) => {
        root.a.balance += root.b.balance;
      },
      () => {
        d.a.balance = 0;
      },
    );
    expect([runs, d.a.balance]).toEqual([2, 50]);
  });

  test('a further conflict while it resolves one is resolved too', async () => {
    const { store, d } = stored();
    resolve = (...given) => {
      if (asked.length < 4) d.a.balance += 1000;
      return adds(...given);
    };
    const runs = await overtaken(
      store,
      (root) => {
        root.a.balance += 7;
      },
      () => {
        d.a.balance -= 30;
      },
    );
    expect([runs, d.a.balance, asked.length]).toEqual([1, 3077, 4]);
  });

  test('other changes of the transaction are committed with it, new objects too', async () => {
    resolve = adds;
    const { store, d } = stored();
    d.m = new PersistentMap();
    await overtaken(
      store,
      (root) => {
        root.a.balance += 7;
        root.b = account(3, { friend: root.a });
        root.m.set(['k'], { of: root.b });
      },
      () => {
        d.a.balance -= 30;
      },
    );
    expect([d.a.balance, d.b.friend === d.a, d.m.get(['k']).of === d.b]).toEqual([77, true, true]);
  });

  test('references are the same objects in all three, also one that the other transaction has stored', async () => {
    const { store, d } = stored();
    const friend = account(1, { owner: 'friend' });
    d.a.friend = friend;
    d.a.tags = [{ by: friend }];
    let seen: unknown[] = [];
    resolve = (base, committed, mine) => {
      seen = [
        base.friend === mine.friend,
        (base.tags as { by: unknown }[])[0]?.by === base.friend,
        (committed.friend as Account).owner,
      ];
      return { ...mine, friend: committed.friend };
    };
    const runs = await overtaken(
      store,
      (root) => {
        root.a.balance += 7;
      },
      () => {
        d.a.friend = account(2, { owner: 'new' });
      },
    );
    expect([runs, seen, d.a.friend.owner, d.a.balance, d.a.tags[0].by]).toEqual([
      1,
      [true, true, 'new'],
      'new',
      107,
      friend,
    ]);
  });

  test('plain values are merged, and a field that it leaves out stays as it was committed', async () => {
    const { store, d } = stored();
    resolve = (_base, committed, mine) => ({ tags: [...(committed.tags as []), ...(mine.tags as [])] });
    await overtaken(
      store,
      (root) => void root.a.tags.push('mine'),
      () => {
        d.a.tags = ['theirs'];
        d.a.balance = 1;
      },
    );
    expect([d.a.tags, d.a.balance]).toEqual([['theirs', 'mine'], 1]);
  });

  test('also if it gives what is committed', async () => {
    resolve = (_base, committed) => committed;
    const { store, d } = stored();
    const runs = await overtaken(
      store,
      (root) => {
        root.a.balance += 7;
      },
      () => {
        d.a.balance -= 30;
      },
    );
    expect([runs, d.a.balance]).toEqual([1, 70]);
  });

  test('what it throws, and what it must not return, is thrown: nothing is written', async () => {
    const cases: [Resolve, object][] = [
      [
        () => {
          throw new RangeError('below zero');
        },
        { message: 'below zero' },
      ],
      [() => ({ nothing: 1 }), { code: 'ERR_INVALID_ARG_VALUE' }],
      [() => 5 as never, { code: 'ERR_INVALID_ARG_TYPE' }],
      [() => ({ balance: 'x' }), { code: 'ERR_INVALID_ARG_TYPE' }],
      [(async () => ({})) as never, { code: 'ERR_ASYNC_CALLBACK' }],
      [(_base, committed) => Object.assign(committed, { balance: 1 }), { name: 'TypeError' }],
    ];
    for (const [each, error] of cases) {
      resolve = each;
      const { store, d } = stored();
      const done = overtaken(
        store,
        (root) => {
          root.a.balance += 7;
        },
        () => {
          d.a.balance -= 30;
        },
      );
      await expect(done).rejects.toMatchObject(error);
      expect(d.a.balance).toBe(70);
    }
  });

  test('a deleted object is a conflict', async () => {
    resolve = adds;
    const { store, d } = stored();
    const runs = overtaken(
      store,
      (root, run) => {
        if (run === 1) root.a.balance += 7;
      },
      () => void delete d.a,
    );
    // The row of the root was read, so it is a conflict of its own.
    expect([await runs, 'a' in d]).toEqual([2, false]);
  });

  test('many transactions that add to one object all count', async () => {
    resolve = adds;
    const { store, d } = stored();
    let runs = 0;
    await Promise.all(
      Array.from({ length: 20 }, () =>
        store.transact(
          async (txn) => {
            runs++;
            await null;
            txn.root.a.balance += 1;
          },
          { retries: 50 },
        ),
      ),
    );
    expect(d.a.balance).toBe(120);
    expect(runs).toBe(20);
  });
});
