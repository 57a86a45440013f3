// Long keys whose labels are not in the order of the keys, as another program can store them.
import { beforeAll, expect, test } from 'vitest';
import { type Collection, type Environment, type Transaction, utf8 } from '../../lib/index.ts';
import { formatDump, parseDump } from '../interop/dump.ts';
import { compiledTools, run } from '../interop/tools.ts';
import { codeOf, openAt, temporaryFolder } from '../support/fixture.ts';

const COUNT = 40;
const keyOf = (i: number): string => 'k'.repeat(600) + String(i).padStart(2, '0');

let env: Environment;
let items: Collection<string, string>;

/** A collection in which each label has the key and the value of another one: in the reverse order. */
beforeAll(() => {
  const folder = temporaryFolder();
  const codecs = { key: utf8, value: utf8 };
  const made = openAt(folder);
  const before = made.collection('items', { ...codecs, keys: 'any', versions: true });
  made.write(() => {
    for (let i = 0; i < COUNT; i++) before.put(keyOf(i), `value ${i}`);
  });
  made.close();
  const { dump, load } = compiledTools();
  const stored = parseDump(run(dump, ['-s', 'items', folder])).get('items') ?? [];
  const reversed = stored.map(([key], i) => [key, stored[stored.length - 1 - i]?.[1]] as [Buffer, Buffer]);
  run(load, [folder], formatDump('items', reversed));
  env = openAt(folder);
  items = env.collection('items', codecs) as unknown as Collection<string, string>;
});

/** Goes over all entries, and gives the code of the error. Fails if there are more than were stored. */
function goOver(reverse: boolean, txn: Transaction): string | undefined {
  let count = 0;
  try {
    for (const _ of items.range({ reverse }, txn)) if (++count > COUNT) break;
  } catch (error) {
    return (error as { code?: string }).code;
  }
  expect(count).toBeLessThanOrEqual(COUNT);
  return undefined;
}

test.each([false, true])('a range ends in a transaction that writes (reverse: %s)', (reverse) => {
  env.write((txn) => {
    // In reverse, the first key is nowhere found again.
    expect(goOver(reverse, txn)).toBe(reverse ? undefined : 'MDB_CORRUPTED');
  });
});

test.each([false, true])(
  'a range ends in an optimistic transaction that has cleared a part of it (reverse: %s)',
  async (reverse) => {
    const undo = new Error('undo');
    const cleared = env.transact((txn) => {
      items.clear({ gte: keyOf(10), lt: keyOf(20) }, txn);
      expect(goOver(reverse, txn)).toBe('MDB_CORRUPTED');
      throw undo;
    });
    await expect(cleared).rejects.toBe(undo);
  },
);

test('a read transaction gives what is stored, in the order of the labels', () => {
  env.read((txn) => expect(goOver(false, txn)).toBe(undefined));
});

test('a stored key that is longer than a short one and shorter than a long one is damaged', () => {
  const folder = temporaryFolder();
  const made = openAt(folder);
  made.collection('items', { key: utf8, value: utf8, keys: 'any', versions: true }).put('a', 'value');
  made.close();
  const version = Buffer.from([0, 0, 0, 0, 0, 0, 0, 1]);
  run(compiledTools().load, [folder], formatDump('items', [[Buffer.alloc(505, 'k'), version]]));
  const items = openAt(folder).collection('items', { key: utf8, value: utf8 });
  const all = (): string[] => [...items.range().keys()].map(String);
  expect(codeOf(all)).toBe('MDB_CORRUPTED');
  expect(codeOf(() => items.range({ reverse: true, lt: 'z' }).toArray())).toBe('MDB_CORRUPTED');
  expect(items.get('a')).toBe('value');
});
