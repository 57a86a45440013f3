import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FolderStore } from '../../../lib/cache/stores/folder-store.ts';
import { temporaryFolder } from '../../support/fixture.ts';

const ITEM_BYTES = 1000;
const ROOM = 2 ** 20;

const written = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10));

test('what is read often stays, and most of the room is used', async () => {
  const store = FolderStore.open(join(temporaryFolder(), 'cache'), ROOM);
  const often = Array.from({ length: 50 }, (_, i) => `often${i}`);
  for (const name of often) store.set(name, new Uint8Array(ITEM_BYTES));
  await written();
  for (let round = 0; round < 40; round++) {
    for (const name of often) store.get(name);
    for (let i = 0; i < 100; i++) store.set(`once${round}.${i}`, new Uint8Array(ITEM_BYTES));
    await written();
  }
  const rest = Array.from({ length: 4000 }, (_, i) => `once${Math.floor(i / 100)}.${i % 100}`);
  const kept = (names: string[]): number => names.filter((name) => store.get(name) !== undefined).length;
  expect(kept(often)).toBeGreaterThan(45);
  const bytes = ITEM_BYTES * (kept(often) + kept(rest));
  expect(bytes).toBeGreaterThan(0.5 * ROOM);
  expect(bytes).toBeLessThan(ROOM);
  await store.close();
});

test('what was stored by one who opens the folder is kept by the bounds of the next', async () => {
  const path = join(temporaryFolder(), 'cache');
  for (let open = 0; open < 3; open++) {
    const store = FolderStore.open(path, ROOM);
    for (let i = 0; i < 1000; i++) store.set(`${open}.${i}`, new Uint8Array(ITEM_BYTES));
    await store.close();
  }
  const store = FolderStore.open(path, ROOM);
  let kept = 0;
  for (let open = 0; open < 3; open++) {
    for (let i = 0; i < 1000; i++) if (store.get(`${open}.${i}`) !== undefined) kept++;
  }
  expect(kept * ITEM_BYTES).toBeGreaterThan(0.5 * ROOM);
  expect(kept * ITEM_BYTES).toBeLessThan(ROOM);
  await store.close();
});
