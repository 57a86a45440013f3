import { expect, test } from 'vitest';
import { Random } from '../../../lib/cache/generator/random.ts';
import { BuddyAllocator } from '../../../lib/cache/structures/buddy-allocator.ts';

const CELL = 256;

/** Whether a file of cells has a free block: a power of two of cells, from a multiple of that on. */
function hasBlock(used: readonly boolean[], cells: number): boolean {
  for (let start = 0; start + cells <= used.length; start += cells) {
    if (used.slice(start, start + cells).every((isUsed) => !isUsed)) return true;
  }
  return false;
}

test('a block is given if there is one, does not overlap others, and joins its other half again', () => {
  const random = new Random(1);
  for (const capacity of [256, 1000, 4096, 6000, 20_000]) {
    const used = new Array<boolean>(Math.floor(capacity / CELL)).fill(false);
    const allocator = new BuddyAllocator(capacity);
    const blocks: { address: number; size: number; cells: number }[] = [];
    for (let step = 0; step < 500; step++) {
      if (blocks.length > 0 && random.below(2) === 0) {
        const [block] = blocks.splice(random.below(blocks.length), 1);
        const { address, size, cells } = block as (typeof blocks)[number];
        allocator.free(address, size);
        used.fill(false, address / CELL, address / CELL + cells);
        continue;
      }
      const size = 1 + random.below(capacity / (1 + random.below(8)));
      const cells = 2 ** Math.ceil(Math.log2(Math.max(1, size / CELL)));
      const address = allocator.allocate(size);
      expect(address !== undefined).toBe(hasBlock(used, cells));
      if (address === undefined) continue;
      expect(used.slice(address / CELL, address / CELL + cells)).toEqual(new Array(cells).fill(false));
      used.fill(true, address / CELL, address / CELL + cells);
      blocks.push({ address, size, cells });
    }
    for (const { address, size } of blocks) allocator.free(address, size);
    expect(allocator.allocate(allocator.largest)).toBeDefined();
  }
});
