import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { copyOfLibrary } from '../support/child.ts';
import { openTemporary, temporaryFolder } from '../support/fixture.ts';

/**
 * The JavaScript of a page as one program, and the output that the page promises in comments behind or below a console.log. What is marked `js later` is
 * another program, which runs after that one.
 */
function programOf(page: string, mark: string): { program: string; printed: string[] } {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8');
  const blocks = [...text.matchAll(/^```(.*?)\n(.*?)^```$/gms)].filter(([, language]) => language === mark);
  const program = blocks.map(([, , code]) => code as string).join('\n');
  const printed = [...program.matchAll(/(?:console\.log\(.*\); |^)\/\/ (.*)$/gm)].map(([, line]) => line as string);
  return { program, printed };
}

test.each([
  ['codecs.md', 10],
  ['joins.md', 15],
  ['keys.md', 0],
  ['locks.md', 5],
  ['options.md', 4],
  ['ranges.md', 4],
  ['objects.md', 20],
  ['several-values.md', 4],
  ['structs.md', 8],
  ['versions.md', 9],
  ['workers.md', 2],
])('the examples of %s print what they say', (page, least) => {
  // Inside the library's folder, the package name refers to that library.
  const library = copyOfLibrary();
  const path = join(temporaryFolder(), 'data');
  const all: string[] = [];
  for (const mark of ['js', 'js later']) {
    const { program, printed } = programOf(page, mark);
    if (program === '') continue;
    all.push(...printed);
    const file = join(library, 'example.mjs');
    writeFileSync(file, `const path = process.argv[2];\n${program}`);
    const told = execFileSync(process.execPath, [file, path], { encoding: 'utf8' });
    expect(told.trimEnd().split('\n')).toEqual(printed);
  }
  expect(all.length).toBeGreaterThan(least);
});

test('options.md has every option of open, and no other', () => {
  const page = readFileSync(new URL('../../docs/options.md', import.meta.url), 'utf8').split('\n## ')[1] as string;
  const source = readFileSync(new URL('../../lib/transaction/open-options.ts', import.meta.url), 'utf8');
  const list = /const OPEN_OPTIONS = \[(.*?)\]/s.exec(source)?.[1] as string;
  const names = [...list.matchAll(/'(\w+)'/g)].map(([, name]) => name);
  expect([...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name)).toEqual(names);
});

test('options.md has every option of a collection, and no other', () => {
  const page = readFileSync(new URL('../../docs/options.md', import.meta.url), 'utf8').split('\n## ')[2] as string;
  const env = openTemporary();
  let message = '';
  try {
    env.collection('c', { nonesuch: 1 } as object);
  } catch (error) {
    message = (error as Error).message;
  }
  const names = /it knows (.*)$/.exec(message)?.[1]?.split(', ') ?? [];
  expect([...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name).toSorted()).toEqual(names.toSorted());
});
