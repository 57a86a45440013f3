import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { copyOfLibrary } from '../support/child.ts';
import { temporaryFolder } from '../support/fixture.ts';

/** The JavaScript of a page, one program, and what it says that is printed: comments behind or below a console.log. */
function programOf(page: string): { program: string; printed: string[] } {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8');
  const program = [...text.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code as string).join('\n');
  const printed = [...program.matchAll(/(?:console\.log\(.*\); |^)\/\/ (.*)$/gm)].map(([, line]) => line as string);
  return { program, printed };
}

test.each([
  ['codecs.md', 10],
  ['joins.md', 15],
])('the examples of %s print what they say', (page, least) => {
  const { program, printed } = programOf(page);
  expect(printed.length).toBeGreaterThan(least);
  // Inside the library's folder, its own name is the library.
  const file = join(copyOfLibrary(), 'example.mjs');
  writeFileSync(file, `const path = process.argv[2];\n${program}`);
  const told = execFileSync(process.execPath, [file, join(temporaryFolder(), 'data')], { encoding: 'utf8' });
  expect(told.trimEnd().split('\n')).toEqual(printed);
});
