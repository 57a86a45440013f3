import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { copyOfLibrary } from '../store/child.ts';
import { temporaryFolder } from '../store/fixture.ts';

/** The JavaScript of a page, one program, and what it says that each console.log prints. */
function programOf(page: string): { program: string; printed: string[] } {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8');
  const program = [...text.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code as string).join('\n');
  const printed = [...program.matchAll(/^\s*console\.log\(.*\); \/\/ (.*)$/gm)].map(([, line]) => line as string);
  return { program, printed };
}

test('the examples of codecs.md print what they say', () => {
  const { program, printed } = programOf('codecs.md');
  expect(printed.length).toBeGreaterThan(10);
  // Inside the library's folder, its own name is the library.
  const path = join(copyOfLibrary(), 'example.mjs');
  writeFileSync(path, `const path = process.argv[2];\n${program}`);
  const told = execFileSync(process.execPath, [path, join(temporaryFolder(), 'data')], { encoding: 'utf8' });
  expect(told.trimEnd().split('\n')).toEqual(printed);
});
