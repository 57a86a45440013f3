import { randomFillSync } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { connect } from '../../lib/client/index.ts';
import { bytes, utf8 } from '../../lib/index.ts';
import { temporaryFolder } from '../support/fixture.ts';
import { isLong } from '../support/long.ts';
import { hasPostgres, postgresOfFile } from '../support/postgres.ts';
import { newStore } from './store.ts';

const SIZE = 64 * 2 ** 20;
const OTHER = 3 * 2 ** 20 + 3;

/** Values of 64 MB: stored in pieces, read whole, with caches and without, overwritten and deleted. */
describe.skipIf(!hasPostgres)('with a server', () => {
  const forms: readonly [string, () => object][] = [
    ['a cache in a folder', () => ({ cache: join(temporaryFolder(), 'cache'), cacheSize: 2 ** 28 })],
    ['no cache', () => ({})],
    ['commits that share a wait for the disk', () => ({ flush: 'shared' })],
  ];

  test.each(forms.slice(0, isLong ? 3 : 1))(
    'values of 64 MB go both ways, with %s',
    { timeout: 300_000 },
    async (_, options) => {
      const address = await newStore();
      const [writer, reader] = [await connect(address, options()), await connect(address, options())];
      const blobs = writer.collection('blobs', { key: utf8, value: bytes });
      const [first, second] = [Buffer.alloc(SIZE), Buffer.alloc(OTHER)];
      randomFillSync(first, 0, 2 ** 20);
      first.copyWithin(SIZE - 2 ** 20, 0, 2 ** 20);
      second.fill(7);
      const tid = (await blobs.put('a', first)) as number;
      await blobs.put('small', Buffer.from('x'));
      await reader.sync();
      const view = await reader.snapshot();
      const same = async (found: Promise<unknown>, wanted: Buffer): Promise<void> => {
        const value = (await found) as { toBuffer(): Uint8Array } | undefined;
        expect(Buffer.compare(value?.toBuffer() ?? Buffer.alloc(0), wanted)).toBe(0);
      };
      const read = reader.collection<string, { toBuffer(): Uint8Array }>('blobs');
      await same(read.get('a'), first);
      // A transaction that has read it writes it, and what was there before stays for the view.
      await writer.transact(async (txn) => {
        const own = txn.collection<string, Uint8Array, string, { toBuffer(): Uint8Array }>('blobs');
        await same(own.get('a'), first);
        await own.put('a', second);
      });
      await reader.sync();
      await same(read.get('a'), second);
      const [small, large] = await read.getMany(['small', 'a']);
      expect([small?.toBuffer().length, large?.toBuffer().length]).toEqual([1, OTHER]);
      await same(view.collection<string, { toBuffer(): Uint8Array }>('blobs').get('a'), first);
      expect(view.tid).toBeGreaterThan(tid);
      view.close();
      const sizes: number[] = [];
      for await (const { value } of read.range()) sizes.push(value.toBuffer().length);
      expect(sizes).toEqual([OTHER, 1]);
      await blobs.del('a');
      await reader.sync();
      expect(await read.get('a')).toBeUndefined();
      for (const store of [writer, reader]) await store.close();
      const server = await postgresOfFile();
      // All that was uploaded belongs to a state.
      const { searchParams } = new URL(address.replace('@/', '@localhost/'));
      expect(server.sql(`select count(*) from "${searchParams.get('schema')}".upload`)).toBe('0');
    },
  );
});
