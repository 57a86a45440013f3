import { expect, test, vi } from 'vitest';
import { bytes, Key, struct, t, tuple, uint32 } from '../../lib/index.ts';
import { openTemporary } from '../support/fixture.ts';

/** Imitates a runtime that refuses ArrayBuffers over memory outside of its heap, as Electron does. */
vi.mock('../../lib/native/native.ts', async (original) => {
  const module = await original<typeof import('../../lib/native/native.ts')>();
  const refused = (): never => {
    throw new Error('this runtime allows no external ArrayBuffer');
  };
  const { native } = module;
  Object.assign(native, { allowsExternal: () => false, window: refused, getBuffer: refused, lendBuffer: refused });
  return module;
});

const Row = struct({ id: t.u32, data: t.bytes });

test.each([{}, { memory: 'map' }, { memory: 'copy' }, { onEnd: 'invalidate' }] as const)(
  'a runtime without external memory reads copies, with the same interface: %o',
  (options) => {
    const env = openTemporary(options);
    const rows = env.collection('rows', { key: tuple, value: Row });
    const blobs = env.collection('blobs', { key: uint32, value: bytes });
    env.write(() => {
      for (let id = 0; id < 500; id++) rows.put(['row', id], { id, data: Buffer.alloc(id, id) });
      blobs.put(1, Buffer.alloc(100_000, 7));
    });
    const txn = env.read();
    const held = rows.range({}, txn).toArray();
    const buffer = blobs.getBuffer(1, txn) as Buffer;
    const view = blobs.get(1, txn)?.asBuffer();
    expect(rows.getMany([['row', 1], ['none']], txn).map((row) => row?.id)).toEqual([1, undefined]);
    let scanned = 0;
    rows.scan(
      { prefix: ['row'] },
      ({ value }) => {
        scanned += value.id;
      },
      txn,
    );
    expect(scanned).toBe((499 * 500) / 2);
    txn.end();
    expect(txn.state).toBe('ended');
    env.write(() => blobs.put(1, Buffer.alloc(100_000, 8)));
    env.close();
    held.forEach(({ key, value }, id) => {
      expect([key.state, key.equals(Key.of('row', id)), value.id, value.data.byteLength]).toEqual([
        'private',
        true,
        id,
        id,
      ]);
    });
    for (const lent of [buffer, view]) expect(lent?.equals(Buffer.alloc(100_000, 7))).toBe(true);
  },
);
