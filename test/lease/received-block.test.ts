import { describe, expect, test } from 'vitest';
import { type Key, KeyMap, type Value } from '../../lib/index.ts';
import { ReceivedBlock } from '../../lib/lease/sources/received-block.ts';
import type { ReceivedTable } from '../../lib/lease/sources/received-rows.ts';
import { thrown } from '../support/fixture.ts';
import { sinkAddon } from './addons.ts';
import { blockOf, frameOf, keyOf, ROW_VIEWS } from './sources.ts';

const sink = await sinkAddon();

/** A frame of rows whose values are their numbers, padded to `size` bytes. */
function numbered(count: number, size: number = 100): { frame: Buffer; place: ReceivedTable } {
  const frame = frameOf(Array.from({ length: count }, (_, i) => [keyOf(i).toBuffer(), Buffer.alloc(size, i)] as const));
  return { frame, place: { begin: 0, size: frame.length, table: 12, rows: count } };
}

describe('adopt()', () => {
  test('reads rows by a table that stands in the block itself', () => {
    const { frame, place } = numbered(1000);
    const rows = blockOf(frame).adopt(ROW_VIEWS, place);
    expect(rows.length).toBe(1000);
    for (const i of [0, 1, 999, 500, 0]) {
      const key = rows.key(i) as Key;
      const value = rows.value(i) as Value;
      expect([key.at(1), key.state, value.byteAt(99), value.byteLength]).toEqual([i, 'shared', i % 256, 100]);
    }
    expect([rows.value(1000), rows.key(-1), rows.value(2 ** 32 - 1)]).toEqual([undefined, undefined, undefined]);
  });

  test('takes several frames of one block, and none with no rows', () => {
    const { frame, place } = numbered(3, 5);
    const pad = (4 - (frame.length % 4)) % 4;
    const begin = frame.length + pad;
    const block = blockOf(Buffer.concat([frame, Buffer.alloc(pad), frame]));
    const first = block.adopt(ROW_VIEWS, place);
    const second = block.adopt(ROW_VIEWS, { ...place, begin });
    expect([(first.value(2) as Value).toJSON(), (second.value(2) as Value).toJSON()]).toEqual([
      '0202020202',
      '0202020202',
    ]);
    expect((second.value(1) as Value).asBuffer()).toEqual(Buffer.alloc(5, 1));
    const none = block.adopt(ROW_VIEWS, { begin: 0, size: 0, table: 0, rows: 0 });
    expect([none.length, none.value(0)]).toEqual([0, undefined]);
  });

  test.each<[what: string, row: [number, number, number, number]]>([
    ['a key behind the end', [10_000, 1, 0, 0]],
    ['a key that reaches behind the end', [0, 10_000, 0, 0]],
    ['a value that reaches behind the end by one byte', [0, 0, 370, 11]],
    ['a value of 4 GiB', [0, 0, 0, 2 ** 32 - 1]],
    ['an offset and a length that overflow', [0, 0, 2 ** 32 - 4, 8]],
    ['a negative offset', [-1, 2, 0, 0]],
  ])('refuses a table with %s', (_, row) => {
    const { frame, place } = numbered(3);
    new Uint32Array(frame.buffer, frame.byteOffset + 12, 12).set(row, 8);
    expect(frame.length).toBe(380);
    const error = thrown(() => blockOf(frame).adopt(ROW_VIEWS, place));
    expect([error.code, error.message]).toEqual(['ERR_CODEC', expect.stringContaining('row 2 ')]);
  });

  test('refuses rows that name more bytes in all than there are: to move them takes a multiple of the block', () => {
    const table = new Uint32Array(400);
    for (let i = 0; i < 100; i++) table.set([0, 0, 0, 1600], i * 4);
    const block = blockOf(new Uint8Array(table.buffer));
    const place = { begin: 0, size: 1600, table: 0 };
    expect(thrown(() => block.adopt(ROW_VIEWS, { ...place, rows: 2 })).message).toContain('row 1 ');
    // The bytes of a row may be the table itself, or the bytes of another row.
    expect((block.adopt(ROW_VIEWS, { ...place, rows: 1 }).value(0) as Value).byteLength).toBe(1600);
  });

  test.each<[what: string, place: Partial<ReceivedTable>]>([
    ['that is longer than the block', { rows: 1000 }],
    ['of more rows than can be counted', { rows: 2 ** 32 }],
    ['of a negative number of rows', { rows: -1 }],
    ['of half a row', { rows: 0.5 }],
    ['that begins behind the block', { table: 2 ** 31 }],
    ['before the block', { begin: -16 }],
    ['that no word begins at', { table: 13 }],
    ['in more bytes than there are', { size: 2 ** 31 }],
    ['of no number', { begin: Number.NaN }],
    ['of a text', { table: '12' as never }],
  ])('refuses a table %s', (_, wrong) => {
    const { frame, place } = numbered(3);
    const block = blockOf(frame);
    expect(thrown(() => block.adopt(ROW_VIEWS, { ...place, ...wrong })).code).toBe('ERR_OUT_OF_RANGE');
    expect((block.adopt(ROW_VIEWS, place).value(2) as Value).byteAt(0)).toBe(2);
  });
});

describe('the memory of a block', () => {
  /** Receives frames with other bytes, and other tables, one after the other. */
  const receiveOthers = (block: ReceivedBlock, length: number): void => {
    for (let i = 0; i < 10; i++) {
      block.receive().fill(0xe0 + i);
      block.adopt(ROW_VIEWS, { begin: 0, size: length, table: 0, rows: 0 });
    }
  };

  test('goes over to what was lent: later frames never change it', () => {
    const { frame, place } = numbered(500);
    const block = blockOf(frame);
    const rows = block.adopt(ROW_VIEWS, place);
    const held = [3, 200, 499].map((i) => rows.value(i) as Value);
    const key = rows.key(200) as Key;
    receiveOthers(block, frame.length);
    expect(held.map((value) => [value.state, value.byteAt(0), value.byteAt(99)])).toEqual([
      ['copied', 3, 3],
      ['copied', 200, 200],
      ['copied', 243, 243],
    ]);
    expect(key.at(1)).toBe(200);
    expect(block.counters.bytesCopied).toBe(0);
    for (const i of [50, 499, 500]) expect(thrown(() => rows.value(i)).code).toBe('ERR_LEASE_EXPIRED');
    block.end();
    expect((held[1] as Value).toBuffer()).toEqual(Buffer.alloc(100, 200));
  });

  test('is used again if what was lent has expired, or if nothing was lent', () => {
    const { frame, place } = numbered(50);
    const block = blockOf(frame, 'invalidate');
    const memory = block.receive();
    expect(block.receive().buffer).toBe(memory.buffer);
    const rows = block.adopt(ROW_VIEWS, place);
    const held = [rows.key(3) as Key, rows.value(3) as Value, (rows.value(4) as Value).keep()];
    expect(block.receive().buffer).toBe(memory.buffer);
    memory.fill(0xee);
    expect(held.map(({ state }) => state)).toEqual(['expired', 'expired', 'copied']);
    for (const read of [() => held[0]?.toBuffer(), () => held[1]?.byteAt(0), () => rows.value(3)]) {
      expect(thrown(read).code).toBe('ERR_LEASE_EXPIRED');
    }
    expect(held[2]?.toBuffer()).toEqual(Buffer.alloc(100, 4));
  });

  test('is not there before receive(), nor after revoke() or end()', () => {
    const { frame, place } = numbered(3);
    const block = new ReceivedBlock(frame.length);
    expect(thrown(() => block.adopt(ROW_VIEWS, place)).code).toBe('ERR_LEASE_EXPIRED');
    block.receive().set(frame);
    const before = block.adopt(ROW_VIEWS, place).value(0) as Value;
    block.revoke();
    expect([before.state, thrown(() => block.adopt(ROW_VIEWS, place)).code]).toEqual(['copied', 'ERR_LEASE_EXPIRED']);
    block.receive().set(frame);
    expect((block.adopt(ROW_VIEWS, place).value(2) as Value).byteAt(1)).toBe(2);
    block.end();
    for (const use of [() => block.adopt(ROW_VIEWS, place), () => block.receive()]) {
      expect(thrown(use).code).toBe('ERR_LEASE_EXPIRED');
    }
    expect(thrown(() => new ReceivedBlock(-1)).code).toBe('ERR_OUT_OF_RANGE');
  });

  test('can be detached by its receiver: then every read throws, and other addons have copies', () => {
    const { frame, place } = numbered(3);
    const block = new ReceivedBlock(frame.length);
    const memory = block.receive();
    memory.set(frame);
    const rows = block.adopt(ROW_VIEWS, place);
    const value = rows.value(1) as Value;
    const early = sink.borrow(value);
    block.revoke();
    const late = sink.borrow(value);
    expect([sink.state(early), sink.state(late)]).toEqual(['copied', 'copied']);
    structuredClone(memory.buffer, { transfer: [memory.buffer] });
    expect([sink.count(early, 1), sink.count(late, 1)]).toEqual([100, 100]);
    for (const read of [() => value.byteAt(0), () => value.toBuffer(), () => value.byteLength, () => value.hash()]) {
      expect(thrown(read).code).toBe('ERR_LEASE_EXPIRED');
    }
  });

  test('can be changed by its receiver after the check: no read leaves the memory', () => {
    const { frame, place } = numbered(100);
    const block = new ReceivedBlock(frame.length);
    const memory = block.receive();
    memory.set(frame);
    const rows = block.adopt(ROW_VIEWS, place);
    const far = 2 ** 31;
    for (let i = 0; i < 100; i++) new Uint32Array(memory.buffer, 12, 400).set([far, 100, far, 100], i * 4);
    const value = rows.value(1) as Value;
    expect(value.byteAt(5)).toBe(undefined);
    for (const read of [
      () => value.toBuffer(),
      () => value.asBuffer(),
      () => value.keep(),
      () => sink.borrow(value),
      () => value.compare(Buffer.alloc(100)),
    ]) {
      expect(read).toThrow();
    }
  });
});

test('a Buffer of a row is a copy, of which no byte is of another row', () => {
  const { frame, place } = numbered(3);
  const rows = blockOf(frame).adopt(ROW_VIEWS, place);
  const buffer = (rows.value(1) as Value).asBuffer();
  expect([buffer, buffer.buffer.byteLength]).toEqual([Buffer.alloc(100, 1), 100]);
  buffer.fill(9);
  expect((rows.value(1) as Value).byteAt(50)).toBe(1);
});

test('its keys are found in a KeyMap after it has been taken back', () => {
  const { frame, place } = numbered(2000);
  const block = blockOf(frame);
  const rows = block.adopt(ROW_VIEWS, place);
  const map = new KeyMap<Key | Value, number>();
  for (let i = 0; i < rows.length; i++) map.set(rows.key(i) as Key, i);
  block.receive().fill(0);
  expect([map.size, map.get(keyOf(0)), map.get(keyOf(1234)), map.get(keyOf(2000))]).toEqual([2000, 0, 1234, undefined]);
});

test("another addon's sink reads a row, and is told when the block ends", () => {
  const { frame, place } = numbered(3);
  const block = blockOf(Buffer.concat([Buffer.alloc(8, 7), frame]));
  const counter = sink.borrow(block.adopt(ROW_VIEWS, { ...place, begin: 8 }).value(2));
  expect(sink.state(counter)).toBe('shared');
  block.end();
  expect([sink.state(counter), sink.count(counter, 2)]).toEqual(['copied', 100]);
});
