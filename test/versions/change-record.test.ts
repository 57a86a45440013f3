import { describe, expect, test } from 'vitest';
import { decodeRecord } from '../../lib/versions/change-record.ts';
import { thrown } from '../support/fixture.ts';

function u32(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes;
}

const sized = (bytes: Uint8Array | string): Buffer => Buffer.concat([u32(bytes.length), Buffer.from(bytes)]);

/** A record as docs/format.md draws it. */
const record = Buffer.concat([
  Buffer.from([1]),
  Buffer.from('0123456789abcdef', 'hex'),
  u32(0x19b),
  u32(0x80000001),
  u32(1),
  sized('an id'),
  u32(3),
  ...[sized('cities'), Buffer.from([0]), u32(2), sized('a'), sized('bc')],
  ...[sized('empty'), Buffer.from([2, 0]), sized(''), sized('')],
  ...[sized('people'), Buffer.from([1, 1 | 2 | 4]), sized('low'), sized('up')],
]);

const all = () => true;
const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const everything = { lower: undefined, lowerOpen: false, upper: undefined, upperOpen: false };

describe('the record of a commit', () => {
  test('has its nonce, its time, ids, keys and ranges', () => {
    expect(decodeRecord(record, 7, all)).toEqual({
      nonce: '0123456789abcdef',
      time: 0x19b80000001,
      ids: [bytes('an id')],
      changes: [
        { collection: 'cities', keys: [bytes('a'), bytes('bc')], range: undefined, dropped: false },
        { collection: 'empty', keys: undefined, range: everything, dropped: true },
        {
          collection: 'people',
          keys: undefined,
          range: { lower: bytes('low'), lowerOpen: true, upper: bytes('up'), upperOpen: false },
          dropped: false,
        },
      ],
    });
  });

  test('is read of some collections only', () => {
    const { changes } = decodeRecord(record, 7, (name) => name === 'people');
    expect(changes.map(({ collection }) => collection)).toEqual(['people']);
  });

  test('whose bytes are damaged is ERR_CODEC, and never read beyond its end', () => {
    for (let length = 0; length < record.length; length++) {
      expect(thrown(() => decodeRecord(record.subarray(0, length), 7, all)).code).toBe('ERR_CODEC');
    }
    expect(thrown(() => decodeRecord(Buffer.concat([record, Buffer.from([0])]), 7, all)).code).toBe('ERR_CODEC');
    for (let at = 0; at < record.length; at++) {
      const damaged = Buffer.from(record);
      damaged[at] = 0xff;
      try {
        decodeRecord(damaged, 7, all);
      } catch (error) {
        expect((error as { code?: string }).code).toBe('ERR_CODEC');
      }
    }
  });

  test('in a newer format says so', () => {
    const newer = Buffer.from(record);
    newer[0] = 2;
    expect(thrown(() => decodeRecord(newer, 7, all)).message).toBe(
      'the record of commit 7 in the log of changes is in a format that this version does not know: use a newer one',
    );
  });
});
