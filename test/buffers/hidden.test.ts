import { expect } from 'vitest';
import { askChild } from '../support/child.ts';
import { temporaryFolder } from '../support/fixture.ts';
import { lendingTest } from '../support/lending.ts';

/** Lends 1,200 Buffers of a megabyte, several in each turn of the event loop, and gives the most that `measure` gave meanwhile. */
function lendMany({ use = '', measure }: { use?: string; measure: string }): number {
  return askChild(
    `
    const { readFileSync } = await import('node:fs');
    const env = open(args.path, { mapSize: 2 ** 26 });
    const items = env.collection('items', { key: uint32, value: bytes });
    items.put(1, Buffer.alloc(2 ** 20, 7));
    const txn = env.read();
    let most = 0;
    for (let i = 0; i < 1200; i++) {
      const buffer = items.getBuffer(1, txn);
      if (buffer[0] !== 7 || buffer[2 ** 20 - 1] !== 7) throw new Error('wrong');
      ${use}
      if (i % 8 > 0) continue;
      await new Promise(setImmediate);
      most = Math.max(most, ${measure});
    }
    txn.end();
    env.close();
    tell(most);`,
    { path: temporaryFolder() },
  ) as number;
}

lendingTest.skipIf(process.platform !== 'linux')(
  'V8 is told of Buffers early enough if they are written to',
  () => {
    // The resident memory, without the pages that are shared with files.
    const ownPages = `readFileSync('/proc/self/statm', 'utf8').split(' ').slice(1, 3).reduce((all, shared) => all - shared)`;
    const pages = lendMany({
      use: 'for (let at = 0; at < buffer.length; at += 4096) buffer[at] ^= 1;',
      measure: ownPages,
    });
    // The Buffers have 1.2 GB together.
    expect(pages * 4096).toBeLessThan(400_000_000);
  },
  60_000,
);

lendingTest(
  'what V8 counts outside of its heap stays within bounds: below zero it would be a huge number',
  () => {
    expect(lendMany({ measure: 'process.memoryUsage().external' })).toBeLessThan(1_000_000_000);
  },
  60_000,
);
