import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/fixture.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The examples of a page in TypeScript as one program. */
function programOf(page: string): string {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code as string).join('\n');
}

test('the examples in TypeScript of the README and of docs/objects.md are two programs that compile', () => {
  const folder = temporaryFolder();
  const files = ['README.md', 'docs/objects.md'].map((page, i) => {
    const program = programOf(page);
    expect(program.split('\n').length).toBeGreaterThan(i === 0 ? 80 : 15);
    writeFileSync(join(folder, `page${i}.mts`), program);
    return `page${i}.mts`;
  });
  const options = {
    module: 'nodenext',
    target: 'es2024',
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
    paths: {
      leasehold: [join(root, 'lib/index.ts')],
      'leasehold/objects': [join(root, 'lib/objects/index.ts')],
      'leasehold/server': [join(root, 'lib/server/index.ts')],
      'leasehold/client': [join(root, 'lib/client/index.ts')],
    },
  };
  const config = join(folder, 'tsconfig.json');
  writeFileSync(config, JSON.stringify({ compilerOptions: options, files }));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  try {
    execFileSync(process.execPath, [tsc, '-p', config], { encoding: 'utf8' });
  } catch (error) {
    expect((error as { stdout: string }).stdout).toBe('');
    throw error;
  }
});
