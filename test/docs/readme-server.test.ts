import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { builtLibrary } from '../support/child.ts';
import { temporaryFolder } from '../support/fixture.ts';

const readme = readFileSync(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8');

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test('the example of a server and a client in the README does what it says', async () => {
  const [, example] = /^```ts\n([^`]*from 'leasehold\/server'.*?)^```$/ms.exec(readme) as unknown as [string, string];
  const dist = join(builtLibrary(), 'dist');
  const program =
    `import { json, open, struct, t, tuple, uint32 } from 'leasehold';\nimport { openStore } from 'leasehold/objects';\n${example}`
      .replaceAll(/'leasehold(?:\/(\w+))?'/g, (_, entry = 'index') =>
        JSON.stringify(pathToFileURL(join(dist, `${entry}.js`)).href),
      )
      .replaceAll('7070', String(await freePort()));
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'example.mjs'), program);
  const told = execFileSync(process.execPath, ['example.mjs'], { cwd: folder, encoding: 'utf8', timeout: 60_000 });
  expect(told).toContain('lines: 3');
});
