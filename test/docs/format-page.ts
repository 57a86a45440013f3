import { readFileSync } from 'node:fs';
import { struct, t } from '../../lib/index.ts';

/** docs/format.md. */
export const PAGE: string = readFileSync(new URL('../../docs/format.md', import.meta.url), 'utf8');

/** The bytes of an example of the page: what stands before the | of each line. `61 ×3` is a byte three times. */
export function example(name: string): Buffer {
  const text = new RegExp(`^\`\`\`hex ${name}\n(.*?)^\`\`\`$`, 'ms').exec(PAGE)?.[1] as string;
  const hex = text
    .replace(/\|.*$/gm, '')
    .replace(/(\w\w) ×(\d+)/g, (_, byte: string, times: string) => byte.repeat(Number(times)));
  return Buffer.from(hex.replace(/\s/g, ''), 'hex');
}

/** The rows of the longest table below a heading, split into their cells. */
export function table(heading: string): string[][] {
  const text = PAGE.slice(PAGE.indexOf(`\n### ${heading}\n`) + 5).split('\n###')[0] as string;
  const tables = [...text.matchAll(/(?:^\|.*\n)+/gm)].map(([rows]) => rows);
  const longest = tables.sort((a, b) => b.length - a.length)[0] as string;
  const rows = longest.trim().split('\n').slice(2);
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

export const hexOf = (given: Uint8Array): string => Buffer.from(given).toString('hex');

/** The schema and the record of the page. */
export const City: ReturnType<typeof struct> = struct({
  name: t.utf8,
  population: t.u32,
  elevation: t.optional(t.i16),
  tags: t.list(t.utf8),
  at: t.optional(t.struct({ lat: t.f32, lon: t.f32 })),
});
export const PARIS: Record<string, unknown> = {
  name: 'Paris',
  population: 2138551,
  tags: ['a', 'é'],
  at: { lat: 48.5, lon: 2.25 },
};
