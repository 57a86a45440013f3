import { describe, expect, test } from 'vitest';
import { bytes, hashJoin, json, mergeJoin, struct, t, tuple, uint32, utf8 } from '../../lib/index.ts';
import { codeOf, openTemporary, thrown } from '../support/fixture.ts';

const Record = struct({
  text: t.utf8,
  number: t.f64,
  when: t.date,
  flag: t.bool,
  blob: t.bytes,
  maybe: t.optional(t.u8),
});
const env = openTemporary();
const rows = env.collection('rows', { key: uint32, value: Record });
const tuples = env.collection('tuples', { key: tuple, value: json });
const texts = env.collection('texts', { key: utf8, value: utf8 });
const blobs = env.collection('blobs', { key: bytes, value: bytes });
const other = openTemporary().collection('other', { key: uint32, value: Record });

const good = { build: { range: rows.range(), on: 'key' }, probe: { range: rows.range(), on: 'key' } };

for (const [name, join] of Object.entries({ hashJoin, mergeJoin })) {
  const run = (options: unknown) => codeOf(() => join(options as never));
  /** The code of a join of two sides, `works` if there is none. */
  const pair = (build: unknown, probe: unknown) => {
    try {
      join({ build, probe } as never).toArray();
    } catch (error) {
      return (error as { code?: string }).code;
    }
    return 'works';
  };

  describe(`options of ${name}`, () => {
    test('have to be of the right types', () => {
      for (const bad of [undefined, null, 5, 'x']) expect(run(bad)).toBe('ERR_INVALID_ARG_TYPE');
      for (const side of ['build', 'probe']) {
        for (const bad of [undefined, null, 5]) expect(run({ ...good, [side]: bad })).toBe('ERR_INVALID_ARG_TYPE');
        for (const range of [undefined, [], {}, new Map(), rows.range().keys(), rows.range().values().take(1)]) {
          expect(run({ ...good, [side]: { range, on: 'key' } })).toBe('ERR_INVALID_ARG_TYPE');
        }
        for (const on of [undefined, null, 5, () => 'key', [['key']], { key: '0' }, { field: 5 }]) {
          expect(run({ ...good, [side]: { range: rows.range(), on } })).toBe('ERR_INVALID_ARG_TYPE');
        }
      }
      expect(run({ ...good, type: 5 })).toBe('ERR_INVALID_ARG_TYPE');
      expect(run({ ...good, maxTableBytes: '5' })).toBe('ERR_INVALID_ARG_TYPE');
    });

    test('have to have a meaning', () => {
      expect(run({ ...good, typ: 'left' })).toBe('ERR_INVALID_ARG_VALUE');
      expect(run({ ...good, type: 'outer' })).toBe('ERR_INVALID_ARG_VALUE');
      for (const bytes of [-1, 1.5, NaN, Infinity])
        expect(run({ ...good, maxTableBytes: bytes })).toBe('ERR_OUT_OF_RANGE');
      const on = (value: unknown) => run({ ...good, build: { range: rows.range(), on: value } });
      for (const bad of [
        [],
        'text',
        {},
        { key: 0, field: 'text' },
        { key: 0 },
        { field: 'absent' },
        { fields: 'text' },
      ]) {
        expect(on(bad)).toBe('ERR_INVALID_ARG_VALUE');
      }
      const tupleOn = (value: unknown) => run({ ...good, build: { range: tuples.range(), on: value } });
      for (const bad of [{ key: -1 }, { key: 0.5 }, { key: NaN }, { key: 1e9 }]) {
        expect(tupleOn(bad)).toBe('ERR_OUT_OF_RANGE');
      }
      expect(tupleOn({ field: 'text' })).toBe('ERR_INVALID_ARG_VALUE');
      expect(on({ key: 0, limit: 5 })).toBe('ERR_INVALID_ARG_VALUE');
      expect(
        thrown(() => join({ ...good, build: { range: rows.range(), on: 'text' as 'key' } } as never)).message,
      ).toContain("is { field: 'text' } meant?");
    });

    test('refuse pairs of types that can never be equal, and no others', () => {
      const sides = {
        number: [
          { range: rows.range(), on: 'key' },
          { range: rows.range(), on: { field: 'number' } },
          { range: rows.range(), on: { field: 'maybe' } },
        ],
        string: [
          { range: texts.range(), on: 'key' },
          { range: rows.range(), on: { field: 'text' } },
        ],
        bytes: [
          { range: blobs.range(), on: 'key' },
          { range: rows.range(), on: { field: 'blob' } },
        ],
        boolean: [{ range: rows.range(), on: { field: 'flag' } }],
        date: [{ range: rows.range(), on: { field: 'when' } }],
        element: [{ range: tuples.range(), on: { key: 0 } }],
        tuple: [{ range: tuples.range(), on: 'key' }],
      };
      for (const [first, builds] of Object.entries(sides)) {
        for (const [second, probes] of Object.entries(sides)) {
          const isElement = first === 'element' || second === 'element';
          const never = ['date', 'tuple'].some((kind) => kind === first || kind === second);
          const expected = first === second || (isElement && !never) ? 'works' : 'ERR_INVALID_ARG_VALUE';
          for (const build of builds) for (const probe of probes) expect(pair(build, probe)).toBe(expected);
        }
      }
      expect(pair({ range: rows.range(), on: ['key', { field: 'text' }] }, { range: rows.range(), on: 'key' })).toBe(
        'ERR_INVALID_ARG_VALUE',
      );
    });

    test('have to stand on one snapshot', () => {
      const [first, second] = [env.read(), env.read()];
      rows.put(99, { text: '', number: 0, when: new Date(0), flag: true, blob: Buffer.alloc(0) });
      const third = env.read();
      const side = (txn?: typeof first) => ({ range: rows.range({}, txn), on: 'key' });
      expect(pair(side(first), side(second))).toBe('works');
      expect(pair(side(first), side())).toBe('works');
      expect(pair(side(), side(first))).toBe('works');
      expect(pair(side(first), side(third))).toBe('ERR_INVALID_ARG_VALUE');
      expect(pair(side(), { range: other.range(), on: 'key' })).toBe('ERR_INVALID_ARG_VALUE');
      const sides = { build: side(first), probe: side(second) } as never;
      const pairs = join(sides);
      first.end();
      expect(codeOf(() => pairs.toArray())).toBe('ERR_TXN_ENDED');
      expect(codeOf(() => pairs.count())).toBe('ERR_TXN_ENDED');
      second.end();
      third.end();
      const policy = (onEnd: 'copy' | 'invalidate') => ({ range: rows.range({ onEnd }), on: 'key' });
      expect(pair(policy('copy'), policy('copy'))).toBe('works');
      expect(pair(policy('copy'), policy('invalidate'))).toBe('ERR_INVALID_ARG_VALUE');
    });

    test('refuse ranges of a write transaction, and say what to do', () => {
      env.write((txn) => {
        const error = thrown(() => join({ ...good, build: { range: rows.range({}, txn), on: 'key' } } as never));
        expect([error.code, error.message.includes('env.read()')]).toEqual(['ERR_INVALID_ARG_VALUE', true]);
      });
    });

    test('are read once, and what their getters do is survived', () => {
      const closed = openTemporary();
      const items = closed.collection('items', { key: uint32, value: Record });
      const options = {
        get build() {
          closed.close();
          return { range: items.range(), on: 'key' };
        },
        probe: { range: items.range(), on: 'key' },
      };
      expect(codeOf(() => join(options as never).toArray())).toBe('ERR_ENV_CLOSED');
    });
  });
}
