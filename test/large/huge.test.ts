import { describe, expect, test } from 'vitest';
import { bytes, uint32, type Value } from '../../lib/index.ts';
import { codeOf, openAt, temporaryFolder } from '../support/fixture.ts';
import { lends } from '../support/lending.ts';
import { isLong } from '../support/long.ts';

const GIB = 2 ** 30;

/** Values of more than a window, and one of as much as LMDB can write. */
const LENGTHS = [GIB, GIB + GIB / 4 + 77, 0x7ffff000 - 2 * 65536];

function content(length: number): Buffer {
  const made = Buffer.alloc(length, 'huge;');
  for (let at = 0; at + 8 <= length; at += 2 ** 16) made.writeDoubleLE(length + at, at);
  return made;
}

// `npm run test:large` writes some 5 GiB here, and takes as much memory.
describe.runIf(isLong)('a value larger than a window', () => {
  const path = temporaryFolder();

  test.each(LENGTHS)(
    'of %d bytes is written and read, by key, in a range and as a Buffer',
    async (length) => {
      const env = openAt(path);
      const items = env.collection('items', { key: uint32, value: bytes });
      const expected = content(length);
      env.write(() => {
        items.clear();
        items.put(1, Buffer.from('before'));
        items.put(2, expected);
        items.put(3, Buffer.from('after'));
      });
      const isRight = (read: Value | Buffer | undefined): boolean => {
        const buffer = Buffer.isBuffer(read) ? read : read?.toBuffer();
        return buffer !== undefined && Buffer.compare(buffer, expected) === 0;
      };
      const txn = env.read();
      const value = items.get(2, txn) as Value;
      // It is copied when it is read: no window holds it.
      expect([value.byteLength, value.state]).toEqual([length, 'private']);
      expect([isRight(value), value.byteAt(length - 1)]).toEqual([true, expected[length - 1]]);
      const entries = items.range({}, txn).toArray();
      expect(entries.map(({ key, value: { byteLength } }) => [key, byteLength])).toEqual([
        [1, 6],
        [2, length],
        [3, 5],
      ]);
      expect(isRight(entries[1]?.value)).toBe(true);
      const scanned: [number, number][] = [];
      items.scan({ reverse: true }, (entry) => scanned.push([entry.key, entry.value.byteLength]), txn);
      expect(scanned).toEqual([
        [3, 5],
        [2, length],
        [1, 6],
      ]);
      expect(items.getMany([3, 2, 1], txn).map((one) => one?.byteLength)).toEqual([5, length, 6]);
      // A leased Buffer lies on a mapping, however large.
      const buffer = items.getBuffer(2, txn) as Buffer;
      expect(isRight(buffer)).toBe(true);
      buffer.fill(9, GIB - 5, GIB);
      expect(isRight(items.getBuffer(2, txn))).toBe(true);
      txn.end();
      items.put(2, Buffer.alloc(lends ? 5 * 2 ** 20 : 1, 'other'));
      await txn.drained;
      items.put(4, Buffer.alloc(5 * 2 ** 20, 'other'));
      buffer.set(expected.subarray(GIB - 5, GIB), GIB - 5);
      expect([isRight(buffer), isRight(value)]).toEqual([true, true]);
      env.close();
    },
    600_000,
  );

  test('cannot have more than LMDB can write', () => {
    const env = openAt(path);
    const items = env.collection('items', { key: uint32, value: bytes });
    const tooLarge = Buffer.alloc((LENGTHS.at(-1) as number) + 1);
    expect(codeOf(() => items.put(5, tooLarge))).toBe('ERR_VALUE_SIZE');
    expect(items.get(5)).toBe(undefined);
    env.close();
  }, 600_000);
});
