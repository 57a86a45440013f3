import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { bytes, json, type Transaction, utf8, type WriteTransaction } from '../../lib/index.ts';
import { codeOf, collectionOf, thrown } from '../support/fixture.ts';

function world() {
  return collectionOf({ key: utf8, value: utf8 }, { mapSize: 2 ** 24 });
}
type Items = ReturnType<typeof world>['items'];

const keys = (items: Items): string => items.range().keys().toArray().join('');

function undone(fn: () => unknown): void {
  expect(fn).toThrow('undo');
}
function undo(): never {
  throw new Error('undo');
}

describe('env.write()', () => {
  test('gives what fn gives, after the commit', () => {
    const { env, items } = world();
    const result = env.write((txn) => {
      items.put('a', '1', txn);
      items.put('b', '2');
      expect(txn.state).toBe('open');
      expect(inspect(txn)).toBe('WriteTransaction { open }');
      expect(txn.id).toBe(env.info().lastTransaction + 1);
      expect(env.read(() => keys(items))).toBe('');
      return items.range().toArray().length;
    });
    expect([result, keys(items)]).toEqual([2, 'ab']);
  });

  test('rolls everything back when fn throws, and passes on what it threw', () => {
    const { env, items } = world();
    items.put('a', '1');
    const error = new Error('mine');
    expect(() =>
      env.write(() => {
        items.put('b', '2');
        items.del('a');
        throw error;
      }),
    ).toThrow(error);
    expect(keys(items)).toBe('a');
    const odd = { not: 'an error' };
    try {
      env.write(() => {
        items.clear();
        throw odd;
      });
    } catch (given) {
      expect(given).toBe(odd);
    }
    expect(keys(items)).toBe('a');
  });

  test('its transaction cannot be used after it', () => {
    const { env, items } = world();
    let leaked: WriteTransaction | undefined;
    env.write((txn) => {
      leaked = txn;
    });
    const txn = leaked as WriteTransaction;
    expect(txn.state).toBe('ended');
    for (const use of [
      () => items.put('a', '1', txn),
      () => items.get('a', txn),
      () => items.range({}, txn),
      () => items.del('a', txn),
      () => txn.id,
    ]) {
      expect(codeOf(use)).toBe('ERR_TXN_ENDED');
    }
  });

  test('commits with no writes in it leave the version as it is', () => {
    const { env } = world();
    const before = env.info().lastTransaction;
    env.write(() => {});
    expect(env.info().lastTransaction).toBe(before);
  });

  test.each<[string, () => unknown]>([
    ['an async function', async () => {}],
    ['one that gives a promise', () => Promise.resolve(1)],
    ['one that gives a promise that is rejected', () => Promise.reject(new Error('later'))],
    // biome-ignore lint/suspicious/noThenProperty: what the language takes for a promise
    ['one that gives a thenable', () => ({ then: () => {} })],
  ])('refuses %s, and rolls back', async (_, result) => {
    const { env, items } = world();
    const error = thrown(() =>
      env.write(() => {
        items.put('a', '1');
        return result();
      }),
    );
    expect([error.code, error.path]).toEqual(['ERR_ASYNC_CALLBACK', env.path]);
    expect(keys(items)).toBe('');
    // A rejection that nobody can handle must not end the process.
    await new Promise((resolve) => setImmediate(resolve));
    items.put('b', '2');
    expect(keys(items)).toBe('b');
  });
});

describe('a transaction inside another', () => {
  test('is undone alone when it throws, to any depth', () => {
    const { env, items } = world();
    env.write(() => {
      items.put('a', '1');
      env.write(() => {
        items.put('b', '2');
        undone(() =>
          env.write(() => {
            items.put('c', '3');
            env.write(() => items.put('d', '4'));
            expect(keys(items)).toBe('abcd');
            items.del('a');
            undo();
          }),
        );
        expect(keys(items)).toBe('ab');
        env.write(() => items.put('e', '5'));
      });
      undone(() =>
        env.write(() => {
          items.clear();
          undo();
        }),
      );
      expect(keys(items)).toBe('abe');
    });
    expect(keys(items)).toBe('abe');
  });

  test('goes with the outer one when that throws', () => {
    const { env, items } = world();
    undone(() =>
      env.write(() => {
        env.write(() => env.write(() => items.put('a', '1')));
        undo();
      }),
    );
    expect(keys(items)).toBe('');
  });

  test('keeps the outer one busy while it is open', () => {
    const { env, items } = world();
    env.write((outer) => {
      env.write((inner) => {
        expect(codeOf(() => items.put('a', '1', outer))).toBe('ERR_BUSY');
        expect(codeOf(() => items.get('a', outer))).toBe('ERR_BUSY');
        items.put('b', '2', inner);
      });
      items.put('c', '3', outer);
    });
    expect(keys(items)).toBe('bc');
  });

  test('an async one is undone alone', () => {
    const { env, items } = world();
    env.write(() => {
      items.put('a', '1');
      expect(codeOf(() => env.write(async () => items.put('b', '2')))).toBe('ERR_ASYNC_CALLBACK');
    });
    expect(keys(items)).toBe('a');
  });
});

describe('reads in a write transaction', () => {
  test('see its own writes, whatever reads them', () => {
    const { env, items } = world();
    items.put('a', 'old');
    env.write((txn) => {
      items.put('a', 'new');
      items.put('b', 'more');
      const seen: unknown[] = [];
      for (const named of [txn, undefined] as (Transaction | undefined)[]) {
        items.scan({}, ({ key, value }) => seen.push(key, value), named);
        seen.push(items.get('a', named), items.getMany(['b', 'x', 'a'], named), items.has('b', named));
        seen.push(items.count({}, named), items.count({ gt: 'a' }, named), items.stat(named).entries);
        seen.push(items.range({ reverse: true }, named).keys().toArray());
      }
      const once = ['a', 'new', 'b', 'more', 'new', ['more', undefined, 'new'], true, 2, 1, 2, ['b', 'a']];
      expect(seen).toEqual([...once, ...once]);
      items.del('a');
      expect([items.get('a'), items.has('a')]).toEqual([undefined, false]);
    });
  });

  test('give what is private: later writes do not change it', () => {
    const { env, items } = collectionOf({ key: bytes, value: bytes });
    env.write(() => {
      for (let i = 0; i < 100; i++) items.put(Buffer.of(i), Buffer.alloc(i === 50 ? 100_000 : 100, i));
      const entries = items.range().toArray();
      const held = [
        ...entries.flatMap(({ key, value }) => [key, value]),
        ...items.getMany([Buffer.of(50), Buffer.of(7)]),
        items.get(Buffer.of(50)),
      ].map((sink) => sink as NonNullable<typeof sink>);
      expect(new Set(held.map((sink) => sink.state))).toEqual(new Set(['private']));
      const before = held.map((sink) => sink.toBuffer());
      for (let i = 0; i < 100; i++) items.put(Buffer.of(i), Buffer.alloc(100, 255 - i));
      items.clear();
      for (let i = 0; i < 300; i++) items.put(Buffer.of(i & 255, 1), Buffer.alloc(1000, i));
      expect(held.every((sink, i) => sink.equals(before[i] as Buffer))).toBe(true);
    });
  });
});

describe('user code that runs while a value is encoded', () => {
  test('may use the library, and its writes belong to the transaction', () => {
    const { env, items } = world();
    const documents = env.collection('documents', { key: utf8, value: json });
    items.put('seen', 'before');
    const value = {
      text: 'x'.repeat(50_000),
      nested: {
        toJSON(): unknown {
          items.put('from toJSON', 'y'.repeat(100_000));
          documents.put('inner', { a: 1 });
          return [items.get('seen'), items.range().keys().toArray()];
        },
      },
    };
    env.write(() => documents.put('outer', value));
    documents.put('alone', value);
    const expected = { text: value.text, nested: ['before', ['from toJSON', 'seen']] };
    expect([documents.get('outer'), documents.get('alone')]).toEqual([expected, expected]);
    expect([documents.get('inner'), items.get('from toJSON')?.length]).toEqual([{ a: 1 }, 100_000]);
  });

  test('may end the transaction: the write is refused', () => {
    const { env } = world();
    const documents = env.collection('documents', { key: utf8, value: json });
    const closing = {
      toJSON(): number {
        env.close();
        return 1;
      },
    };
    expect(codeOf(() => documents.put('a', closing))).toBe('ERR_ENV_CLOSED');
  });
});
