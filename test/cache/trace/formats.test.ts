import { describe, expect, test } from 'vitest';
import { generateTrace } from '../../../lib/cache/generator/generate-trace.ts';
import { Random } from '../../../lib/cache/generator/random.ts';
import { encodeTrace } from '../../../lib/cache/trace/encode-trace.ts';
import { CHANGE, keyOf, READ, TraceBatch, WRITE } from '../../../lib/cache/trace/trace-batch.ts';
import { BLOCK_HEAD, BLOCK_SIZE, MAGIC } from '../../../lib/cache/trace/trace-format.ts';
import { collect, recordsOf, type TraceRecord } from './collect.ts';

/** Chunks of one byte, of a few, and of everything: a record may be cut anywhere. */
const CHUNKS = [1, 7, 1_000_000];

function encoded(...batches: TraceBatch[]): Buffer {
  return Buffer.concat([...encodeTrace(batches)].map(({ bytes }) => bytes));
}

describe("leasehold's own traces", () => {
  test('what is written is read, however it is cut into chunks', async () => {
    const random = new Random(1);
    const batch = new TraceBatch(12_000);
    let time = 1_767_225_600_000;
    for (let i = 0; i < 12_000; i++) {
      const op = [READ, WRITE, CHANGE][random.below(3)] as typeof READ;
      const size = random.below(2) * Math.floor(2 ** (random.next() * 50));
      time += random.below(3) * random.below(100_000);
      batch.push(
        op,
        Math.floor(random.next() * 2 ** 53),
        size,
        Math.floor(random.next() * 2 ** random.below(53)),
        time,
      );
    }
    const bytes = encoded(batch);
    expect(bytes.length).toBeGreaterThan(3 * BLOCK_SIZE);
    const expected = JSON.stringify(recordsOf(batch));
    // Not toEqual, which takes a second for so many.
    for (const chunk of [999, 1_000_000])
      expect(JSON.stringify(await collect(bytes, {}, chunk)) === expected).toBe(true);
    const few = new TraceBatch(20);
    for (let i = 0; i < 20; i++) few.push(READ, i, i, i, time);
    expect(await collect(encoded(few), {}, 1)).toEqual(recordsOf(few));
  });

  test('a record of some 12 bytes', () => {
    let [bytes, records] = [0, 0];
    for (const block of encodeTrace(generateTrace({ requests: 20_000 }))) {
      bytes += block.bytes.length;
      records += block.records;
    }
    expect([records, Math.ceil(bytes / records)]).toEqual([20_000, 13]);
  });

  test('a block that was cut off at the end is left out', async () => {
    const [first, second] = [new TraceBatch(1), new TraceBatch(1)];
    first.push(READ, 1, 2, 3, 4);
    second.push(READ, 5, 6, 7, 8);
    const whole = encoded(first);
    const both = Buffer.concat([whole, encoded(second).subarray(MAGIC.length)]);
    for (let end = whole.length; end < both.length; end++) {
      expect(await collect(both.subarray(0, end))).toEqual(recordsOf(first));
    }
    expect(await collect(both)).toEqual([...recordsOf(first), ...recordsOf(second)]);
  });

  test('damaged bytes give an error or other records, and nothing else', async () => {
    const batch = new TraceBatch(300);
    for (let i = 0; i < 300; i++) batch.push(READ, i * 7, i, i, i);
    const bytes = encoded(batch);
    const random = new Random(2);
    let refused = 0;
    for (let run = 0; run < 300; run++) {
      const damaged = Buffer.from(bytes);
      for (let i = 0; i < 1 + random.below(3); i++) damaged[random.below(damaged.length)] = random.below(256);
      const read = await collect(damaged, { format: 'leasehold' }).catch((error) => error);
      if (!(read instanceof Error)) continue;
      expect([(read as Error & { code: string }).code, read.message]).toEqual([
        'ERR_INVALID_ARG_VALUE',
        expect.stringMatching(/^the trace is (?:damaged|no trace)/),
      ]);
      refused++;
    }
    expect(refused).toBeGreaterThan(50);
  });

  test('a later version is refused', async () => {
    const later = Buffer.from(MAGIC);
    later[7] = 2;
    await expect(collect(Buffer.concat([later, Buffer.alloc(BLOCK_HEAD)]))).rejects.toThrow('of a later version');
  });
});

describe('the traces of ZEO', () => {
  const record = (seconds: number, code: number, oid: string, size: number, tid = 0n): Buffer => {
    const head = Buffer.alloc(26);
    head.writeUInt32BE(seconds, 0);
    head.writeUInt32BE((size << 8) | code, 4);
    head.writeUInt16BE(oid.length / 2, 8);
    head.writeBigUInt64BE(tid, 10);
    return Buffer.concat([head, Buffer.from(oid, 'hex')]);
  };
  const oid = (number: number): string => number.toString(16).padStart(16, '0');

  test('hits, misses with the store that follows, commits and invalidations', async () => {
    const trace = Buffer.concat([
      record(100, 0x00, '', 0),
      record(101, 0x22, oid(7), 300, 5n),
      record(102, 0x20, oid(8), 0),
      record(102, 0x52, oid(8), 500, 6n),
      record(103, 0x52, oid(7), 310, 9n),
      record(104, 0x1c, oid(8), 0, 10n),
      // An invalidation of what is not cached, and loads of old revisions.
      record(104, 0x10, oid(9), 0, 10n),
      record(105, 0x24, oid(8), 0),
      record(105, 0x26, oid(8), 0),
      record(105, 0x54, oid(8), 90),
      record(106, 0x20, oid(10), 0),
    ]);
    const expected: TraceRecord[] = [
      [READ, 7, 300, 5, 101_000],
      [READ, 8, 500, 6, 102_000],
      [WRITE, 7, 310, 9, 103_000],
      [CHANGE, 8, 0, 10, 104_000],
      [CHANGE, 9, 0, 10, 104_000],
    ];
    for (const chunk of CHUNKS) expect(await collect(trace, { name: 'shop.zec.trace' }, chunk)).toEqual(expected);
  });

  test('what a crash has left is stepped over, and other bytes are refused', async () => {
    const trace = Buffer.concat([record(1, 0x22, oid(1), 9), Buffer.alloc(8), record(2, 0x22, oid(2), 9)]);
    expect((await collect(trace)).map(([, key]) => key)).toEqual([1, 2]);
    await expect(collect(Buffer.from('this is a text, and nothing else at all'))).rejects.toThrow(
      'no trace of a ZEO client',
    );
  });
});

describe('the traces of libCacheSim', () => {
  test('oracleGeneral', async () => {
    const record = (seconds: number, object: bigint, size: number): Buffer => {
      const bytes = Buffer.alloc(24);
      bytes.writeUInt32LE(seconds, 0);
      bytes.writeBigUInt64LE(object, 4);
      bytes.writeUInt32LE(size, 12);
      bytes.writeBigInt64LE(-1n, 16);
      return bytes;
    };
    const trace = Buffer.concat([
      record(5, 42n, 512),
      record(6, 2n ** 63n + 42n, 0),
      record(7, 42n, 512),
      Buffer.alloc(5),
    ]);
    const expected = [
      [READ, 42, 512, 0, 5000],
      [READ, keyOf(42, 2 ** 31), 0, 0, 6000],
      [READ, 42, 512, 0, 7000],
    ];
    for (const name of ["'w.oracleGeneral'", "'w.oracleGeneral.bin'", "'w.oracleGeneral.zst'"]) {
      for (const chunk of CHUNKS) expect(await collect(trace, { name }, chunk)).toEqual(expected);
    }
    expect(await collect(trace, { format: 'oracleGeneral' })).toEqual(expected);
  });

  test.each<[string, string, string[] | undefined]>([
    [
      'the first line names the columns',
      'time,op,obj_id,obj_size\n5,get,42,512\n6.5,SET,43,10\n7,delete,43,0',
      undefined,
    ],
    [
      '--columns names them',
      '1,5,get,42,512\r\n1,6.5,set,43,10\r\n\r\n1,7,delete,43,0\r\n',
      ['v', 'time', 'op', 'id', 'size'],
    ],
    ['tabs', 'key\top\tsize\ttimestamp\n42\tget\t512\t5\n43\tput\t10\t6.5\n43\tchange\t0\t7\n', undefined],
  ])('CSV: %s', async (_, text, columns) => {
    for (const chunk of CHUNKS) {
      expect(await collect(Buffer.from(text), { name: "'a.csv'", columns }, chunk)).toEqual([
        [READ, 42, 512, 0, 5000],
        [WRITE, 43, 10, 0, 6500],
        [CHANGE, 43, 0, 0, 7000],
      ]);
    }
  });

  test('CSV: keys may be texts, and sizes and times may be absent', async () => {
    const keys = (await collect(Buffer.from('key\n/a\n/b\n/a\n'), { format: 'csv' })).map(([, key]) => key);
    expect([keys[0] === keys[2], keys[0] === keys[1]]).toEqual([true, false]);
    expect(await collect(Buffer.from('id\n1'), { format: 'csv' })).toEqual([[READ, 1, 1, 0, 0]]);
  });

  test.each([
    ["the columns of the trace are 'a,b'", 'a,b\n1,2\n'],
    ["line 3 of the trace has 'x' as its size", 'id,size\n1,2\n1,x\n'],
    ['line 2 of the trace has no key', 'size,id\n1\n'],
    ["line 2 of the trace has 'now' as its time", 'time,id\nnow,1\n'],
    ['lines that are too long', 'x'.repeat(70_000)],
  ])('CSV: %s', async (message, text) => {
    await expect(collect(Buffer.from(text), { format: 'csv' })).rejects.toThrow(message);
  });
});

test('identifiers below 2 ** 53 stay as they are, and larger ones that differ in any bit differ', () => {
  expect([keyOf(5, 0), keyOf(0xffffffff, 0x1fffff)]).toEqual([5, 2 ** 53 - 1]);
  const keys = new Set<number>();
  for (let bit = 0; bit < 64; bit++)
    keys.add(bit < 32 ? keyOf((1 << bit) >>> 0, 0) : keyOf(0, (1 << (bit - 32)) >>> 0));
  expect([keys.size, Math.max(...keys) < 2 ** 53]).toEqual([64, true]);
});
