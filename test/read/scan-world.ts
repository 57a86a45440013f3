import type { Collection, Entry, Environment, KeyPart, Sink } from '../../lib/index.ts';
import { bytes, type Key, struct, t, tuple, uint32, type Value } from '../../lib/index.ts';
import { openTemporary } from '../support/fixture.ts';

const Row = struct({ id: t.u32, data: t.bytes, name: t.utf8 });

export interface RowView {
  readonly id: number;
  readonly data: Value;
  readonly name: string;
  toObject(): object;
}
export type RowEntry = Entry<Key, RowView>;
export interface ScanWorld {
  env: Environment;
  rows: Collection<readonly KeyPart[] | Key, { id: number; data: Uint8Array; name: string }, Key, RowView>;
  blobs: Collection<number, Uint8Array | Sink, number, Value>;
}

/** Rows with every kind of sink in them, and values of which some are large. */
export function scanWorld(count = 3000): ScanWorld {
  const env = openTemporary();
  const rows = env.collection('rows', { key: tuple, value: Row });
  const blobs = env.collection('blobs', { key: uint32, value: bytes });
  env.write(() => {
    for (let i = 0; i < count; i++) {
      rows.put(['row', i, Buffer.from(`bytes ${i}`)], { id: i, data: Buffer.from(`data ${i}`), name: `name ${i}` });
      blobs.append(i, Buffer.alloc(i % 500 === 499 ? 50_000 : 30, `blob ${i} `));
    }
  });
  return { env, rows, blobs } as unknown as ScanWorld;
}
