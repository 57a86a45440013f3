import { execFile } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { copyOfLibrary } from '../support/child.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('the shop: requests read snapshots while two processes sell, and stock and money agree', async () => {
  const library = copyOfLibrary();
  const folder = join(library, 'examples/shop');
  cpSync(join(root, 'examples/shop'), folder, { recursive: true, filter: (path) => !path.endsWith('/shop/data') });
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'main.mjs'), '30', '20']);
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(5);
  expect(lines[0]).toMatch(/^answered: [\d,]+ requests, [\d,]+ a second, [\d,]+ bytes$/);
  expect(lines[1]).toMatch(/^open at once: \d+ snapshots; stock and money agree in each of them$/);
  expect(lines[2]).toMatch(/^states of objects: [\d,]+ decoded, shared [\d,]+ times with snapshots of other versions$/);
  expect(lines[3]).toMatch(/^till: 20 orders, 0 retried; web: 20 orders, \d+ retried$/);
  expect(lines[4]).toMatch(/^at the end: 40 orders, 60 sold for [\d,]+ €; stock and money agree$/);
});
