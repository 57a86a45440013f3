import { expect, test } from 'vitest';
import { struct, t, tuple, uint32, utf8 } from '../../lib/index.ts';
import { openTemporary, thrown } from '../support/fixture.ts';

test('a collection that is open with other codecs is told apart by the codecs that differ', () => {
  const env = openTemporary();
  env.collection('cities', { key: tuple, value: struct({ name: t.utf8 }) });
  const grown = thrown(() => env.collection('cities', { key: tuple, value: struct({ name: t.utf8, people: t.u32 }) }));
  expect(grown.code).toBe('ERR_INVALID_ARG_VALUE');
  expect(grown.message).toContain('values struct { name: utf8 } and not struct { name: utf8, people: u32 }');
  expect(thrown(() => env.collection('cities', { key: uint32, value: utf8 })).message).toContain(
    'keys tuple and not uint32, values struct { name: utf8 } and not utf8',
  );
  expect(thrown(() => env.collection('cities', { dupSort: true })).message).toContain('dupSort false');
});

test('nobody is told to make another unnamed database: dupSort is for a collection with a name', () => {
  const env = openTemporary();
  const refused = thrown(() => env.collection(null, { key: utf8, value: utf8, dupSort: true }));
  expect(refused.code).toBe('ERR_CODEC');
  expect(refused.message).toContain('give dupSort to a collection with a name');
  expect(refused.message).not.toContain('make another one');
});
