import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { bytes, type Entry, json, Key, sinkOf, struct, t, tuple, uint32, utf8, type Value } from '../../lib/index.ts';
import { codeOf, collectionOf, openTemporary } from './fixture.ts';

const Row = struct({ id: t.u32, data: t.bytes, name: t.utf8 });

function world(count = 3000) {
  const env = openTemporary();
  const rows = env.collection('rows', { key: tuple, value: Row });
  const blobs = env.collection('blobs', { key: uint32, value: bytes });
  env.write(() => {
    for (let i = 0; i < count; i++) {
      rows.put(['row', i, Buffer.from(`bytes ${i}`)], { id: i, data: Buffer.from(`data ${i}`), name: `name ${i}` });
      blobs.append(i, Buffer.alloc(i % 500 === 499 ? 50_000 : 30, `blob ${i} `));
    }
  });
  return { env, rows, blobs };
}

const shared = world();

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
        'shared',
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

  test('takes one lease, whatever it passes', () => {
    const { env, rows } = world(2000);
    rows.scan({}, ({ value }) => void value.id);
    expect(env.counters()).toMatchObject({ leases: 1, bytesCopied: 0, rowsMoved: 0 });
  });
});

type RowEntry = Entry<Key, { id: number; name: string; data: Value; toObject(): object }>;

describe('what scan() showed, after its function has returned', () => {
  const uses: [string, (entry: RowEntry) => () => unknown][] = [
    ['the entry’s key', (entry) => () => entry.key.toArray()],
    ['the entry’s value', (entry) => () => entry.value.id],
    [
      'the key',
      ({ key }) =>
        () =>
          key.at(0),
    ],
    [
      'the key’s bytes',
      ({ key }) =>
        () =>
          key.hash(),
    ],
    [
      'a slice of the key',
      ({ key }) =>
        (
          (part) => () =>
            part.toHex()
        )(key.slice(1)),
    ],
    [
      'an element of the key',
      ({ key }) =>
        (
          (part) => () =>
            part.toBuffer()
        )(key.at(2) as Value),
    ],
    [
      'an iterator of the key',
      ({ key }) =>
        (
          (iterator) => () =>
            iterator.next()
        )(key[Symbol.iterator]()),
    ],
    [
      'the view',
      ({ value }) =>
        () =>
          value.name,
    ],
    [
      'the view as an object',
      ({ value }) =>
        () =>
          value.toObject(),
    ],
    [
      'the sink of the view',
      ({ value }) =>
        (
          (sink) => () =>
            sink.byteLength
        )(sinkOf(value)),
    ],
    [
      'a field that is a sink',
      ({ value }) =>
        (
          (data) => () =>
            data.byteAt(0)
        )(value.data),
    ],
    [
      'keep() of it',
      ({ value }) =>
        (
          (data) => () =>
            data.keep()
        )(value.data),
    ],
    [
      'keep() of the key',
      ({ key }) =>
        () =>
          key.keep(),
    ],
    [
      'asBuffer()',
      ({ value }) =>
        (
          (data) => () =>
            data.asBuffer()
        )(value.data),
    ],
    [
      'a comparison with it',
      ({ key }) =>
        () =>
          Key.of('row').compare(key),
    ],
    [
      'a write of it',
      ({ key }) =>
        () =>
          shared.rows.get(key),
    ],
  ];

  test.each(uses)('%s throws ERR_LEASE_EXPIRED', (_, use) => {
    for (const scope of ['own', 'read', 'write'] as const) {
      const { env, rows } = shared;
      let late: (() => unknown) | undefined;
      const run = (): void =>
        rows.scan({ limit: 2 }, (entry) => {
          late = late ?? use(entry as RowEntry);
        });
      if (scope === 'own') run();
      else if (scope === 'read') env.read(run);
      else env.write(run);
      expect([scope, codeOf(late as () => unknown)]).toEqual([scope, 'ERR_LEASE_EXPIRED']);
    }
  });

  test('a part of an earlier row throws in a later one, where the key and the value have gone on', () => {
    const parts: Value[] = [];
    const keyParts: Key[] = [];
    shared.rows.scan({ limit: 20 }, ({ key, value }) => {
      for (const part of [...parts, ...keyParts]) expect(codeOf(() => part.byteLength)).toBe('ERR_LEASE_EXPIRED');
      parts.push(value.data);
      keyParts.push(key.slice(0, 2));
    });
    expect(parts.map(({ state }) => state)).toEqual(new Array(20).fill('expired'));
  });

  test('prints, instead of throwing', () => {
    let late: RowEntry | undefined;
    shared.rows.scan({ limit: 1 }, (entry) => {
      late = entry as RowEntry;
      expect(inspect(entry)).toContain('name 0');
    });
    const { key, value } = late as RowEntry;
    for (const thing of [late, key, value, value]) expect(inspect(thing)).toMatch(/expired/i);
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

describe('inside the function of a scan', () => {
  test('other scans, ranges and point reads of the same transaction do not disturb it', () => {
    const { env, rows, blobs } = shared;
    env.read((txn) => {
      let outer = 0;
      blobs.scan(
        {},
        ({ key, value }) => {
          if (key % 50 === 0) {
            let inner = key;
            rows.scan({ gte: ['row', key], limit: 120 }, (row) => {
              expect(row.value.id).toBe(inner++);
              if (inner % 40 === 0)
                blobs.scan({ gte: inner, limit: 20 }, (third) => expect(third.key).toBeLessThan(inner + 20));
            });
            expect(
              rows
                .range({ gte: ['row', key], limit: 9 }, txn)
                .values()
                .map((row) => row.id)
                .toArray()[0],
            ).toBe(key);
            expect(blobs.getMany([key, 7], txn)[1]?.toBuffer().toString()).toMatch(/^blob 7 /);
          }
          expect(key).toBe(outer++);
          expect(value.toBuffer().toString('utf8', 0, 8)).toBe(`blob ${key} blob`.slice(0, 8));
        },
        txn,
      );
      expect(outer).toBe(3000);
    });
  });

  test('the end of the transaction: no row follows, and what it showed has expired', () => {
    const { env, blobs } = shared;
    for (const onEnd of ['copy', 'invalidate'] as const) {
      const txn = env.read({ onEnd });
      const seen: number[] = [];
      const scan = (): void =>
        blobs.scan(
          {},
          ({ key, value }) => {
            seen.push(key);
            if (key < 20) return;
            txn.end();
            if (onEnd === 'invalidate') expect(codeOf(() => value.byteLength)).toBe('ERR_LEASE_EXPIRED');
            else expect(value.equals(Buffer.alloc(30, 'blob 20 '))).toBe(true);
          },
          txn,
        );
      expect(codeOf(scan)).toBe('ERR_TXN_ENDED');
      expect(seen.length).toBe(21);
    }
  });

  test('the close of the environment: no row follows, and nothing reads the file that is gone', () => {
    for (const onEnd of ['copy', 'invalidate'] as const) {
      const { env, blobs } = world(100);
      let late: Entry<number, Value> | undefined;
      let shown: string | undefined;
      const scan = (): void =>
        blobs.scan({ onEnd }, (entry) => {
          late = entry;
          env.close();
          if (onEnd === 'copy') shown = entry.value.toBuffer().toString();
          else expect(codeOf(() => entry.value.byteLength)).toBe('ERR_LEASE_EXPIRED');
        });
      expect(['ERR_TXN_ENDED', 'ERR_ENV_CLOSED']).toContain(codeOf(scan));
      if (onEnd === 'copy') expect(shown).toBe('blob 0 '.repeat(5).slice(0, 30));
      expect(codeOf(() => late?.value.byteLength)).toBe('ERR_LEASE_EXPIRED');
    }
  });

  test('a drain in its midst: the row that it shows stays right', () => {
    const { env, blobs } = world(100);
    const txn = env.read();
    const right: boolean[] = [];
    const scan = (): void =>
      blobs.scan(
        {},
        ({ key, value }) => {
          txn.end();
          // Newer snapshots force the drain of the one that this stands on; then its pages are written over.
          for (let i = 0; i < 20; i++) {
            env.write(() => {
              for (let k = 0; k < 100; k++) blobs.put(k, Buffer.alloc(30, 'other'));
            });
            env.read(() => blobs.get(i));
          }
          right.push(value.equals(Buffer.alloc(30, `blob ${key} `)), key === 0, value.state === 'copied');
        },
        txn,
      );
    expect(codeOf(scan)).toBe('ERR_TXN_ENDED');
    expect(right).toEqual([true, true, true]);
  });

  test('writes: the scan goes on over the snapshot that it began with', () => {
    const { blobs } = world(1000);
    let seen = 0;
    blobs.scan({}, ({ key, value }) => {
      expect(key).toBe(seen++);
      if (key % 10 === 0) blobs.put(999, Buffer.from('later'));
      if (key === 999) expect(value.byteLength).toBe(50_000);
    });
    expect([seen, blobs.get(999)?.byteLength]).toEqual([1000, 5]);
  });
});
