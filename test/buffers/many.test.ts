import { expect } from 'vitest';
import { askChild } from '../support/child.ts';
import { temporaryFolder } from '../support/fixture.ts';
import { lendingTest } from '../support/lending.ts';

/** At most 16,384 mappings may exist at a time, and none is released in the middle of a job. */
lendingTest(
  'a job may have more Buffers than there may be mappings: the memory of the others goes when V8 collects it',
  () => {
    const grown = askChild(
      `
    const env = open(args.path);
    const items = env.collection('items', { key: uint32, value: bytes });
    items.put(1, Buffer.alloc(65_536, 7));
    const txn = env.read();
    for (let i = 0; i < 16_384; i++) items.getBuffer(1, txn);
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 20_000; i++) {
      if (items.getBuffer(1, txn)[65_535] !== 7) throw new Error('wrong');
    }
    tell(process.memoryUsage().rss - before);
    process.exit(0);`,
      { path: temporaryFolder() },
    );
    // The 20,000 Buffers have 1.3 GB together.
    expect(grown).toBeLessThan(500_000_000);
  },
  60_000,
);
