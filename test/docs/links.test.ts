import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const PAGES = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'native/lmdb/README.md', 'bench/README.md'],
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

const read = (page: string): string => readFileSync(join(root, page), 'utf8');
const withoutCode = (text: string): string => text.replace(/^ *```.*?^ *```$/gms, '');

/** What GitHub makes of headings, to link to. */
function anchorsOf(page: string): string[] {
  const headings = [...withoutCode(read(page)).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading as string);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test.each(PAGES)('every link of %s leads somewhere', (page) => {
  for (const [, target] of withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target as string)) continue;
    const [path, anchor] = (target as string).split('#') as [string, string?];
    const file = path === '' ? page : join(dirname(page), path);
    expect(existsSync(join(root, file)), `${page}: ${target}`).toBe(true);
    if (anchor !== undefined) expect(anchorsOf(file), `${page}: ${target}`).toContain(anchor);
  }
});

test.each(PAGES)('every file that %s names is there', (page) => {
  for (const [, path] of withoutCode(read(page)).matchAll(
    /`((?:lib|native|test|scripts|bench|docs|examples)\/[^`\s.<][^`\s<]*)`/g,
  )) {
    // A name that the reader must choose.
    if ((path as string).includes('NAME')) continue;
    expect(existsSync(join(root, path as string)), `${page}: ${path}`).toBe(true);
  }
});

test('every page of docs/ can be reached from the README', () => {
  const reached = new Set<string>();
  const visit = (page: string): void => {
    if (reached.has(page) || !existsSync(join(root, page))) return;
    reached.add(page);
    for (const [, path] of read(page).matchAll(/\]\(([^)\s#:]+\.md)/g)) visit(join(dirname(page), path as string));
  };
  visit('README.md');
  for (const page of PAGES) expect(reached, page).toContain(page);
});
