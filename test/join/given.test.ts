import { describe, expect, test } from 'vitest';
import { hashJoin, json, mergeJoin, struct, t, tuple, uint32, utf8 } from '../../lib/index.ts';
import { codeOf, openTemporary, thrown } from '../support/fixture.ts';
import { type AnyEntry, type AnyOn, plainJoin } from './plain-join.ts';

const Row = struct({
  id: t.u32,
  text: t.utf8,
  big: t.optional(t.i64),
  number: t.f64,
  when: t.date,
  raw: t.bytes,
  flag: t.bool,
});

const WORDS = ['', 'a', 'b', 'é', 'long enough to be no short text'];

/** 60 rows whose values repeat, so that sides match several times, and not always. */
function world() {
  const env = openTemporary();
  const rows = env.collection('rows', { key: tuple, value: Row });
  env.write(() => {
    for (let i = 0; i < 60; i++) {
      rows.put([i % 5, i], {
        ...{ id: i % 11, text: WORDS[i % 5] as string, number: i % 13 === 0 ? Number.NaN : (i % 6) - 0.5 },
        ...{
          big: i % 4 === 0 ? undefined : BigInt(i % 9),
          when: new Date(i % 3),
          raw: Buffer.of(i % 8),
          flag: i % 2 === 0,
        },
      });
    }
  });
  return { env, rows, notes: env.collection('notes', { key: utf8, value: json }) };
}
type World = ReturnType<typeof world>;
type Side = (world: World) => Iterable<unknown>;

const isEven = ({ value }: { value: { id: number } }): boolean => value.id % 2 === 0;

/** Every kind of side except a plain range. */
const sides: Record<string, Side> = {
  'a collection': ({ rows }) => rows as never,
  'a range with take()': ({ rows }) => rows.range().take(17),
  'filter()': ({ rows }) => rows.range().filter(isEven),
  'filter() and take()': ({ rows }) => rows.range({ reverse: true }).filter(isEven).take(9),
  nothing: ({ rows }) => rows.range().filter(() => false),
  'map() to plain objects': ({ rows }) =>
    rows.range().map(({ key, value }) => ({ key: [...key], value: { ...value.toObject(), other: 5 } })),
  'map() to the same': ({ rows }) => rows.range().map((entry) => entry),
};

const ons: readonly (readonly AnyOn[])[] = [
  ...['key' as const, { key: 0 }].map((on) => [on]),
  ...['id', 'text', 'big', 'number', 'when', 'raw', 'flag'].map((field) => [{ field }]),
  [{ field: 'text' }, { key: 0 }, { field: 'id' }],
  [{ field: 'flag' }, { field: 'flag' }],
];

/** Identifies an entry in a comparison. */
function idOf(entry: unknown): string | undefined {
  if (entry === undefined) return undefined;
  return [...(entry as { key: Iterable<unknown> }).key].map(String).join();
}

describe('hashJoin', () => {
  for (const [made, side] of Object.entries(sides)) {
    test(`joins ${made} as the plain range of the same entries, on either side and both`, () => {
      const opened = world();
      const { env, rows } = opened;
      using txn = env.read();
      const all = [...rows.range({}, txn)];
      const chosen = new Set([...(made === 'a collection' ? rows.range() : side(opened))].map(idOf));
      const entries = all.filter((entry) => chosen.has(idOf(entry))) as AnyEntry[];
      if (made === 'filter() and take()') entries.reverse();
      for (const on of ons) {
        for (const type of ['inner', 'left', 'semi', 'anti'] as const) {
          const given = { range: side(opened), on };
          const plain = { range: rows, on };
          for (const [build, probe] of [
            [given, plain],
            [plain, given],
            [given, { ...given, range: side(opened) }],
          ] as const) {
            const a = build.range === rows ? (all as AnyEntry[]) : entries;
            const b = probe.range === rows ? (all as AnyEntry[]) : entries;
            const expected = plainJoin(a, on, b, on, type).map(([i, k]) => [
              i === undefined ? i : idOf(a[i]),
              idOf(b[k]),
            ]);
            const join = hashJoin({ build, probe, type } as never);
            const pairs = [...join] as { build?: unknown; probe: unknown }[];
            expect(pairs.map((pair) => [idOf(pair.build), idOf(pair.probe)])).toEqual(expected);
            expect(join.count()).toBe(expected.length);
          }
        }
      }
    });
  }
});

for (const [name, join] of Object.entries({ hashJoin, mergeJoin })) {
  describe(`${name} of what functions have made`, () => {
    test('gives the very objects that map() made, and entries that read where they lie', () => {
      const { rows } = world();
      const made: unknown[] = [];
      const range = rows.range().map(({ key, value }) => {
        const item = { key: key.toArray(), value: { text: value.text }, at: made.length };
        made.push(item);
        return item;
      });
      const pairs = [
        ...join({ build: { range, on: 'key' }, probe: { range: rows.range().filter(isEven), on: 'key' } }),
      ];
      expect(pairs.length).toBeGreaterThan(20);
      for (const { build, probe } of pairs) {
        expect(made[build.at]).toBe(build);
        expect([probe.key.toArray(), probe.value.text]).toEqual([build.key, build.value.text]);
      }
    });

    test('can join in order: entries out of order are an error of mergeJoin alone', () => {
      const { rows } = world();
      const backwards = { range: rows.range({ reverse: true }).filter(() => true), on: 'key' } as const;
      const run = () => join({ build: backwards, probe: { range: rows, on: 'key' } }).count();
      if (name === 'hashJoin') expect(run()).toBe(60);
      else expect(codeOf(run)).toBe('ERR_KEY_ORDER');
    });

    test('works for await, in a transaction that names the snapshot, and more than one batch of items', async () => {
      const env = openTemporary();
      const many = env.collection('many', { key: uint32, value: struct({ half: t.u32 }) });
      env.write(() => {
        for (let i = 0; i < 3000; i++) many.put(i, { half: i >> 1 });
      });
      const txn = env.read();
      many.clear();
      const build = {
        range: many
          .in(txn)
          .range()
          .filter(({ key }) => key % 2 === 0),
        on: 'key',
      } as const;
      const probe = { range: many.in(txn), on: { field: 'half' } } as const;
      let pairs = 0;
      for await (const pair of join({ build, probe })) {
        expect(pair.build.key).toBe(pair.probe.value.half);
        pairs++;
      }
      expect([pairs, join({ build, probe }).count()]).toEqual([1500, 1500]);
      txn.end();
      expect(codeOf(() => [...join({ build, probe })])).toBe('ERR_TXN_ENDED');
    });

    test('refuses items that are no entries, or have not what is joined on', () => {
      const { rows, notes } = world();
      const other = { range: rows, on: 'key' } as const;
      const run = (item: unknown, on: AnyOn = 'key') =>
        codeOf(() => [...join({ build: { range: rows.range().map(() => item), on }, probe: other } as never)]);
      for (const item of [
        undefined,
        null,
        5,
        'text',
        [1],
        {},
        { key: [1] },
        { value: 1 },
        Promise.resolve({ key: [1], value: 1 }),
      ]) {
        expect(run(item)).toBe('ERR_INVALID_ARG_TYPE');
      }
      expect(run({ key: 5, value: 1 })).toBe('ERR_INVALID_ARG_TYPE');
      expect(run({ key: ['x'.repeat(600)], value: 1 })).toBe('ERR_KEY_SIZE');
      expect(run({ key: [Symbol('s')], value: 1 })).toBe('ERR_INVALID_ARG_TYPE');
      const probe = { range: rows, on: { field: 'text' } } as const;
      const field = (value: unknown) =>
        codeOf(() => [
          ...join({
            build: { range: rows.range().map(({ key }) => ({ key, value })), on: { field: 'text' } },
            probe,
          } as never),
        ]);
      for (const value of [undefined, null, 5, {}, { text: 5 }, { txt: 'a' }])
        expect(field(value)).toBe('ERR_INVALID_ARG_TYPE');
      expect(
        thrown(() => [...join({ build: { range: rows.range().map(() => 5), on: 'key' }, probe: other } as never)])
          .message,
      ).toMatch(/an item of build\.range.*map\(\) must give \{ key, value \}/);
      expect(
        codeOf(() => join({ build: { range: notes.range().filter(() => true), on: { field: 'x' } }, probe } as never)),
      ).toBe('ERR_INVALID_ARG_VALUE');
    });

    test('bounds what it keeps by maxTableBytes', () => {
      const { rows } = world();
      const build = { range: rows.range().filter(() => true), on: 'key' } as const;
      const probe = { range: rows, on: 'key' } as const;
      expect(codeOf(() => join({ build, probe, maxTableBytes: 1000 }).count())).toBe('ERR_JOIN_MEMORY');
      expect(codeOf(() => join({ build: probe, probe: build, maxTableBytes: 1000 }).count())).toBe('ERR_JOIN_MEMORY');
    });

    test('is refused in a write transaction, as ranges are', () => {
      const { env, rows } = world();
      env.write((txn) => {
        const side = {
          range: rows
            .in(txn)
            .range()
            .filter(() => true),
          on: 'key',
        } as const;
        expect(codeOf(() => join({ build: side, probe: side }))).toBe('ERR_INVALID_ARG_VALUE');
      });
    });

    for (const where of ['build', 'probe'] as const) {
      test(`the functions of the ${where} side may do anything`, () => {
        const opened = world();
        const { env, rows } = opened;
        const run = (fn: (iterator: Iterator<unknown>) => unknown, txn = env.read()): string => {
          let iterator: Iterator<unknown> | undefined;
          const range = rows
            .in(txn)
            .range()
            .filter(({ value }) => {
              if (value.id === 3) fn(iterator as Iterator<unknown>);
              return true;
            });
          const plain = { range: rows.in(txn), on: 'key' } as const;
          const given = { range, on: 'key' } as const;
          const joined =
            where === 'build' ? join({ build: given, probe: plain }) : join({ build: plain, probe: given });
          iterator = joined[Symbol.iterator]();
          try {
            let count = 0;
            while (iterator.next().done !== true) count++;
            return String(count);
          } catch (error) {
            return (error as { code?: string; message: string }).code ?? (error as Error).message;
          } finally {
            txn.end();
          }
        };
        expect(run(() => {})).toBe('60');
        expect(
          run(() => {
            throw new Error('mine');
          }),
        ).toBe('mine');
        expect(run((iterator) => iterator.next())).toBe('ERR_BUSY');
        expect(run((iterator) => iterator.return?.())).toBe('ERR_BUSY');
        const ended = env.read();
        expect(run(() => ended.end(), ended)).toBe('ERR_TXN_ENDED');
        expect(run(() => env.write(() => rows.put([0, 0], rows.get([1, 1]) as never)))).toBe('60');
        expect(run(() => rows.clear())).toBe('60');
        expect(
          run(() => [
            ...join({ build: { range: rows, on: 'key' }, probe: { range: rows.range().filter(isEven), on: 'key' } }),
          ]),
        ).toBe('0');
        const again = world();
        const last = again.env.read();
        const range = again.rows
          .in(last)
          .range()
          .filter(() => {
            again.env.close();
            return true;
          });
        expect(codeOf(() => [...join({ build: { range, on: 'key' }, probe: { range, on: 'key' } })])).toBe(
          'ERR_TXN_ENDED',
        );
      });
    }
  });
}
