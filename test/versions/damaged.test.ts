// Stored values that are shorter than the header that must stand before them, as another program can store them.
import { expect, test } from 'vitest';
import { hashJoin, utf8 } from '../../lib/index.ts';
import { formatDump } from '../interop/dump.ts';
import { compiledTools, run } from '../interop/tools.ts';
import { codeOf, openAt, temporaryFolder } from '../support/fixture.ts';

test.each([0, 1, 7])(
  'a stored value of %i bytes is MDB_CORRUPTED wherever it is read, and others are not',
  (length) => {
    const folder = temporaryFolder();
    const codecs = { key: utf8, value: utf8 };
    const made = openAt(folder);
    const before = made.collection('items', { ...codecs, versions: true });
    for (const key of ['a', 'b', 'c']) before.put(key, `value of ${key}`);
    made.close();
    run(compiledTools().load, [folder], formatDump('items', [[Buffer.from('b'), Buffer.alloc(length, 0xff)]]));

    const env = openAt(folder);
    const items = env.collection('items', codecs);
    const inside = (): void => {
      for (const call of [
        () => items.get('b'),
        () => items.getMany(['a', 'b']),
        () => items.version('b'),
        () => [...items.range()],
        () => [...items.range({ reverse: true })],
        () => [...items.range().values()],
        () => items.scan({}, () => {}),
      ]) {
        expect(codeOf(call), String(call)).toBe('MDB_CORRUPTED');
      }
      expect([...items.range().keys()].map(String)).toEqual(['a', 'b', 'c']);
      expect(items.count()).toBe(3);
      expect([...items.range({ gt: 'b' })].map(({ value }) => String(value))).toEqual(['value of c']);
      const first = items.range()[Symbol.iterator]();
      expect(String(first.next().value?.value)).toBe('value of a');
      expect(codeOf(() => first.next())).toBe('MDB_CORRUPTED');
    };
    inside();
    env.read(() => {
      inside();
      expect(codeOf(() => items.getBuffer('b'))).toBe('MDB_CORRUPTED');
      expect(
        codeOf(() => [...hashJoin({ build: { range: items, on: 'key' }, probe: { range: items.range(), on: 'key' } })]),
      ).toBe('MDB_CORRUPTED');
    });
    env.write(inside);
    items.put('b', 'whole again');
    expect(items.get('b')).toEqual('whole again');
  },
);
