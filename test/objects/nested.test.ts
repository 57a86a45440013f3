import { AsyncResource } from 'node:async_hooks';
import { describe, expect, test } from 'vitest';
import { uint32 } from '../../lib/index.ts';
import { openStore, PersistentMap, persistent, ref, type Store, t } from '../../lib/objects/index.ts';
import { temporaryFolder } from '../support/fixture.ts';

interface Items {
  n: number;
  next?: Items | undefined;
  tags: unknown[];
}

const Item = persistent('nested.Item', {
  n: t.f64,
  next: ref((): (new () => Items) => Item as never).optional(),
  tags: t.json<unknown[]>(),
})(class Item {});

const item = (n: number, fields: object = {}): Items => new Item({ n, tags: [], ...fields } as never) as never;

type Root = Store['root'];

function stored(): { store: Store; d: Root; path: string } {
  const path = temporaryFolder();
  const store = openStore(path, { durability: 'nosync' });
  store.write(() => {
    store.root.a = item(1, { tags: ['first'] });
    store.root.m = new PersistentMap({ key: uint32 });
    store.root.m.set(1, { list: [1] });
  });
  return { store, d: store.root, path };
}

/** What nests: `run` calls a function that changes what `root` gives, inside of another one that goes on after it. */
interface Nesting {
  readonly name: string;
  /** Calls `before`, then `inside` in a nested call, whose error is caught, then `after`. */
  run(
    store: Store,
    before: (root: Root) => void,
    inside: (root: Root) => void,
    after: (root: Root) => void,
  ): Promise<unknown>;
}

const NESTINGS: Nesting[] = [
  {
    name: 'store.write',
    async run(store, before, inside, after) {
      let caught: unknown;
      store.write(() => {
        before(store.root);
        try {
          store.write(() => inside(store.root));
        } catch (error) {
          caught = error;
        }
        after(store.root);
      });
      return caught;
    },
  },
  {
    name: 'store.transact',
    async run(store, before, inside, after) {
      let caught: unknown;
      await store.transact(async ({ root }) => {
        before(root);
        await store
          .transact(async (inner) => {
            await null;
            expect(inner.root === root).toBe(true);
            inside(inner.root);
          })
          .catch((error) => {
            caught = error;
          });
        after(root);
      });
      return caught;
    },
  },
];

const no = new Error('no');

describe.each(NESTINGS)('$name inside of another one', ({ run }) => {
  test('commits with it', async () => {
    const { store, d, path } = stored();
    const caught = await run(
      store,
      (root) => {
        root.a.n = 2;
      },
      (root) => {
        expect(root.a.n).toBe(2);
        root.a.n = 3;
        root.b = item(10, { next: root.a });
        root.m.set(2, { of: root.b });
      },
      (root) => {
        expect([root.a.n, root.b.next === root.a, root.m.size]).toEqual([3, true, 2]);
        root.b.n++;
      },
    );
    expect(caught).toBeUndefined();
    expect([d.a.n, d.b.n, d.b.next === d.a, d.m.get(2).of === d.b]).toEqual([3, 11, true, true]);
    store.close();
    const { root } = openStore(path);
    expect([root.a.n, root.b.n, root.b.next === root.a, root.m.get(2).of === root.b]).toEqual([3, 11, true, true]);
  });

  test('that throws fails alone: fields, references, plain values and rows are what they were before it', async () => {
    const { store, d, path } = stored();
    const caught = await run(
      store,
      (root) => {
        root.a.n = 2;
        root.a.tags.push('before');
        root.m.get(1).list.push(2);
        root.m.set(5, 5);
      },
      (root) => {
        root.a.n = 3;
        root.a.next = root.a;
        root.a.tags.push('inside');
        root.m.get(1).list.push(3);
        root.m.delete(5);
        root.m.set(6, 6);
        root.m.clear();
        root.m.set(1, 'other');
        delete root.a;
        root.c = item(7);
        throw no;
      },
      (root) => {
        expect([root.a.n, root.a.next, root.a.tags, 'c' in root]).toEqual([2, undefined, ['first', 'before'], false]);
        expect([...root.m]).toEqual([
          [1, { list: [1, 2] }],
          [5, 5],
        ]);
        expect(root.m.size).toBe(2);
        root.a.tags.push('after');
        root.m.get(1).list.push(4);
      },
    );
    expect(caught).toBe(no);
    const now = (root: Root): unknown => [
      root.a.n,
      root.a.next,
      root.a.tags,
      [...root.m],
      Object.keys(root),
      root.m.size,
    ];
    const wanted = [
      2,
      undefined,
      ['first', 'before', 'after'],
      [
        [1, { list: [1, 2, 4] }],
        [5, 5],
      ],
      ['a', 'm'],
      2,
    ];
    expect(now(d)).toEqual(wanted);
    store.close();
    expect(now(openStore(path).root)).toEqual(wanted);
  });

  test('that throws leaves objects new that it has stored: they can be stored later, by the same or another one', async () => {
    const { store, d } = stored();
    const one = item(5);
    const two = item(6, { next: one });
    const map = new PersistentMap<number, unknown>({ key: uint32 });
    map.set(1, 'in it');
    await run(
      store,
      () => {},
      (root) => {
        root.two = two;
        root.map = map;
        map.set(2, 'lost');
        root.also = one;
        two.n = 60;
        one.tags.push('lost');
        throw no;
      },
      (root) => {
        expect([two.n, one.tags, 'two' in root, [...map.keys()], map.size]).toEqual([6, [], false, [1], 1]);
        root.one = one;
      },
    );
    expect([d.one.n, [...store.all(Item)].length]).toEqual([5, 2]);
    d.two = two;
    d.map = map;
    expect([d.two.next === d.one, [...d.map], d.two.n]).toEqual([true, [[1, 'in it']], 6]);
  });

  test('an object that the outer one has stored stays stored when the inner one fails', async () => {
    const { store, d } = stored();
    const mine = item(5, { tags: [1] });
    await run(
      store,
      (root) => {
        root.mine = mine;
        mine.n = 6;
      },
      () => {
        mine.n = 7;
        mine.tags.push(2);
        throw no;
      },
      (root) => {
        expect([root.mine === mine, mine.n, mine.tags]).toEqual([true, 6, [1]]);
        mine.next = root.a;
      },
    );
    expect([d.mine === mine, d.mine.n, d.mine.tags, d.mine.next === d.a]).toEqual([true, 6, [1], true]);
  });

  test('identity is kept: an object is the same before, inside and after, whether that fails or not', async () => {
    for (const fails of [true, false]) {
      const { store } = stored();
      const seen: unknown[] = [];
      const look = (root: Root): void => {
        root.a.n++;
        seen.push(root.a);
      };
      await run(
        store,
        look,
        (root) => {
          look(root);
          if (fails) throw no;
        },
        look,
      );
      expect(new Set(seen).size).toBe(1);
    }
  });

  test('the outer one that fails takes the inner one back, too', async () => {
    const { store, d } = stored();
    const mine = item(5);
    await expect(
      run(
        store,
        () => {},
        (root) => {
          root.mine = mine;
          root.a.n = 50;
        },
        () => {
          throw no;
        },
      ),
    ).rejects.toBe(no);
    expect([d.a.n, 'mine' in d]).toEqual([1, false]);
    d.later = mine;
    expect(d.later.n).toBe(5);
  });

  test('many levels: each that fails takes back its own changes', async () => {
    const { store, d } = stored();
    let chain = Promise.resolve<unknown>(undefined);
    for (const fails of [false, true, false, true]) {
      chain = chain.then(() =>
        run(
          store,
          (root) => {
            root.a.n += 1;
          },
          (root) => {
            root.a.n += 10;
            root.a.tags.push('x');
            if (fails) throw no;
          },
          (root) => {
            root.a.n += 100;
          },
        ),
      );
    }
    await chain;
    expect([d.a.n, d.a.tags]).toEqual([1 + 4 * 101 + 20, ['first', 'x', 'x']]);
  });
});

describe('savepoints of store.transact', () => {
  test('nest, and are taken back one by one', async () => {
    const { store, d } = stored();
    await store.transact(async ({ root }) => {
      await store.transact(async () => {
        root.a.n = 2;
        await store
          .transact(async () => {
            root.a.n = 3;
            root.m.clear();
            await store.transact(() => {
              root.a.n = 4;
              root.m.set(9, 9);
            });
            expect([root.a.n, [...root.m.keys()]]).toEqual([4, [9]]);
            throw no;
          })
          .catch(() => {});
        expect([root.a.n, [...root.m.keys()]]).toEqual([2, [1]]);
      });
    });
    expect([d.a.n, [...d.m.keys()]]).toEqual([2, [1]]);
  });

  test('what was read in one that failed is checked all the same', async () => {
    const { store, d } = stored();
    d.b = item(0);
    let runs = 0;
    const overtake = AsyncResource.bind(() => {
      d.b.n = 1;
    });
    await store.transact(async ({ root }) => {
      runs++;
      await store
        .transact(() => {
          if (root.b.n === 0) throw no;
        })
        .catch(() => {
          root.a.n = 99;
        });
      if (runs === 1) overtake();
    });
    expect([runs, d.a.n]).toEqual([2, 1]);
  });

  test('that overlap are an error of the whole transaction: nothing is committed', async () => {
    const { store, d } = stored();
    const slow = async (n: number): Promise<void> => {
      await store.transact(async ({ root }) => {
        root.a.n = n;
        for (let i = 0; i < n; i++) await null;
      });
    };
    const mine = item(3);
    await expect(
      store.transact(async ({ root }) => {
        root.mine = mine;
        await Promise.allSettled([slow(2), slow(9)]);
      }),
    ).rejects.toMatchObject({ code: 'ERR_BUSY', message: expect.stringContaining('overlap') });
    expect([d.a.n, 'mine' in d]).toEqual([1, false]);
    d.mine = mine;
    expect(d.mine.n).toBe(3);
    const left = store.transact(() => {
      void slow(50).catch(() => {});
    });
    await expect(left).rejects.toMatchObject({ code: 'ERR_BUSY' });
    expect(d.a.n).toBe(1);
  });
});

describe('drafts of plain values', () => {
  test('stay usable while the objects and rows of the write are listed', () => {
    const { store, d } = stored();
    store.write(() => {
      const { tags } = d.a;
      const { list } = d.m.get(1);
      tags.push('one');
      expect([...store.all(Item)]).toEqual([d.a]);
      for (const [key] of d.m) {
        tags.push(key);
        list.push('in');
      }
      expect([...store.all(Item)]).toEqual([d.a]);
      tags.push('two');
      expect(d.a.tags).toBe(tags);
    });
    expect([d.a.tags, d.m.get(1)]).toEqual([['first', 'one', 1, 'two'], { list: [1, 'in'] }]);
  });

  test('cannot be changed after the write, whether it was committed or not: nothing is lost in silence', () => {
    for (const fails of [true, false]) {
      const { store, d } = stored();
      let tags: unknown[] = [];
      let row: { list: unknown[] } = { list: [] };
      try {
        store.write(() => {
          tags = d.a.tags;
          row = d.m.get(1);
          tags.push('a');
          if (fails) throw no;
        });
      } catch {}
      expect(() => tags.push('b')).toThrow(TypeError);
      expect(() => row.list.push('b')).toThrow(TypeError);
    }
  });
});

test('an object that a write stores, an inner one changes and the outer one changes again is as before after a rollback', () => {
  const { store, d } = stored();
  const made = item(1, { tags: ['made'] });
  const inner = item(5);
  const failing = (): void =>
    store.write(() => {
      d.made = made;
      store.write(() => {
        made.n = 2;
        made.next = inner;
        made.tags.push('inner');
      });
      made.n = 3;
      made.tags.push('outer');
      expect([...store.all(Item)].map((each) => (each as Items).n)).toContain(3);
      made.tags.push('later');
      inner.n = 6;
      throw no;
    });
  expect(failing).toThrow(no);
  expect([made.n, made.next, made.tags, inner.n]).toEqual([1, undefined, ['made'], 5]);
  expect(d.made).toBeUndefined();
  // What it was is what is stored now.
  d.made = made;
  made.n = 4;
  expect([store.snapshot().root.made.n, store.snapshot().root.made.tags]).toEqual([4, ['made']]);
});
