import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { Key, sinkOf, type Value } from '../../lib/index.ts';
import { codeOf } from '../support/fixture.ts';
import { type RowEntry, scanWorld } from './scan-world.ts';

const shared = scanWorld();

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
