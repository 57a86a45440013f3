import { describe, expect, test } from 'vitest';
import { json, type Key, sinkOf, utf8, type Value } from '../../lib/index.ts';
import { codeOf, collectionOf } from '../support/fixture.ts';
import { expectedState, lendingTest } from '../support/lending.ts';
import { scanWorld } from './scan-world.ts';

const shared = scanWorld();

describe('scan()', () => {
  test('shows one Entry, with one key and one value, aimed at each row in turn', () => {
    const { rows } = shared;
    const entries = new Set<unknown>();
    const keys = new Set<unknown>();
    const values = new Set<unknown>();
    let next = 0;
    rows.scan({}, (entry) => {
      const { key, value } = entry;
      entries.add(entry);
      keys.add(key);
      values.add(value);
      expect([key.at(1), value.id, value.name, value.data.toBuffer().toString(), sinkOf(value).state]).toEqual([
        next,
        next,
        `name ${next}`,
        `data ${next}`,
        expectedState('shared'),
      ]);
      next++;
    });
    expect([next, entries.size, keys.size, values.size]).toEqual([3000, 1, 1, 1]);
  });

  test('decodes what is no sink anew in each row', () => {
    const { env, items } = collectionOf({ key: utf8, value: json });
    env.write(() => {
      for (const name of ['a', 'b', 'c']) items.put(name, { name, list: [1] });
    });
    const seen: unknown[] = [];
    items.scan(undefined, ({ key, value }) => void seen.push([key, value]));
    expect(seen).toEqual(['a', 'b', 'c'].map((name) => [name, { name, list: [1] }]));
  });

  test('stops when its function gives false, and only then', () => {
    const { blobs } = shared;
    const answers = [true, undefined, null, 0, '', Number.NaN, false, true];
    let calls = 0;
    blobs.scan({}, () => answers[calls++]);
    expect(calls).toBe(7);
  });

  test('passes on what its function throws', () => {
    const { env, blobs } = shared;
    const error = new Error('mine');
    expect(() =>
      blobs.scan({ gte: 700 }, ({ key }) => {
        if (key === 2000) throw error;
      }),
    ).toThrow(error);
    env.resize();
    expect(env.counters().snapshots).toBe(0);
  });

  test('needs a function', () => {
    for (const fn of [undefined, null, {}, 'fn']) {
      expect(codeOf(() => shared.blobs.scan({}, fn as never))).toBe('ERR_INVALID_ARG_TYPE');
    }
  });

  test('of nothing calls nothing', () => {
    shared.blobs.scan({ gt: 2 ** 32 - 1 }, () => expect.unreachable());
    collectionOf({}).items.scan({}, () => expect.unreachable());
  });

  lendingTest('takes one lease, whatever it passes', () => {
    const { env, rows } = scanWorld(2000);
    rows.scan({}, ({ value }) => void value.id);
    expect(env.counters()).toMatchObject({ leases: 1, bytesCopied: 0, rowsMoved: 0 });
  });
});

test('keep() gives new private sinks, which stay when the scan goes on and ends', () => {
  const { env, rows, blobs } = shared;
  for (const write of [false, true]) {
    const kept: { key: Key; view: { id: number; name: string }; data: Value; slice: Key }[] = [];
    const large: Value[] = [];
    const run = (): void => {
      rows.scan({}, ({ key, value }) => {
        if (value.id % 100 === 7) {
          kept.push({
            key: key.keep(),
            view: sinkOf(value).keep(),
            data: value.data.keep(),
            slice: key.slice(1, 2).keep(),
          });
        }
      });
      blobs.scan({}, ({ key, value }) => {
        if (key % 250 === 249) large.push(value.keep());
      });
    };
    if (write) env.write(run);
    else run();
    expect(
      kept.map(({ key, view, data, slice }) => [
        key.at(1),
        view.id,
        view.name,
        data.toBuffer().toString(),
        slice.toArray(),
      ]),
    ).toEqual(Array.from({ length: 30 }, (_, i) => i * 100 + 7).map((i) => [i, i, `name ${i}`, `data ${i}`, [i]]));
    expect(new Set(kept.flatMap(({ key, data, slice }) => [key.state, data.state, slice.state]))).toEqual(
      new Set(['private']),
    );
    expect(large.map((value) => [value.byteLength, value.toBuffer().toString().slice(0, 9)])).toEqual(
      Array.from({ length: 12 }, (_, i) => i * 250 + 249).map((i) => [
        i % 500 === 499 ? 50_000 : 30,
        `blob ${i} `.repeat(2).slice(0, 9),
      ]),
    );
  }
});

describe('scan() with an async function', () => {
  test('is an error that says what to use, and reads no further', () => {
    const { env, items } = collectionOf({ key: utf8, value: json });
    items.put('a', 1);
    items.put('b', 2);
    const asynchronous = async (): Promise<void> => {
      seen++;
      throw new Error('of nobody');
    };
    let seen = 0;
    const scans = [
      () => items.scan({}, asynchronous),
      () => env.read((txn) => items.scan({}, asynchronous, txn)),
      () => env.write((txn) => items.scan({}, asynchronous, txn)),
    ];
    for (const scan of scans) expect(scan).toThrow(/must not be async.*for await/);
    for (const scan of scans) expect(codeOf(scan)).toBe('ERR_ASYNC_CALLBACK');
    expect(seen).toBe(6);
  });
});
