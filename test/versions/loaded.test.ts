// Collections that mdb_dump and mdb_load have brought into a new database: with all others, or with the catalog alone.
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Collection, open, utf8 } from '../../lib/index.ts';
import { compiledTools, load, run } from '../interop/tools.ts';
import { changeLog } from '../support/change-log.ts';
import { pass, shiftedNow } from '../support/clock.ts';
import { indexed } from '../support/expiry-index.ts';
import { codeOf, openAt, temporaryFolder } from '../support/fixture.ts';

const MINUTE = 60_000;
const tools = compiledTools();
const codecs = { key: utf8, value: utf8 };

const forms = [
  { versions: true, expires: true },
  { expires: true },
  { versions: true, keys: 'any' },
  { expires: true, keys: 'any' },
  { versions: true, expires: true, keys: 'any' },
] as const;
type Form = { versions?: true; expires?: true; keys?: 'any' };

/** The arguments of mdb_dump, once for each time that it is called. */
const parts: Record<string, string[][]> = {
  'all collections': [['-a']],
  'the catalog and the collection': [
    ['-s', '__leasehold'],
    ['-s', 'items'],
  ],
};

const cases = forms.flatMap((form: Form) =>
  Object.entries(parts).map(([part, dumps]) => ({ form, part, dumps, title: Object.keys(form).join(', ') })),
);

/** Two entries that expire, in one minute and in five, and one that stays. With keys of any length, the first two are long. */
function keysOf({ keys }: Form): string[] {
  const [one, five] = ['one minute', 'five minutes'];
  return keys === 'any' ? [`${'long '.repeat(200)}${one}`, `${'long '.repeat(200)}${five}`, ''] : [one, five, 'stays'];
}

function fill(items: Collection<string, string, string, string>, form: Form): void {
  const [one, five, stays] = keysOf(form) as [string, string, string];
  if (form.expires) {
    items.putUntil(five, 'five', shiftedNow() + 5 * MINUTE);
    items.putUntil(one, 'one', shiftedNow() + MINUTE);
  } else {
    items.put(five, 'five');
    items.put(one, 'one');
  }
  items.put(stays, '');
}

function contentOf(items: Collection<string, string, string, string>): unknown[] {
  return Array.from(items.range(), ({ key, value, version }) => [key, value, version]);
}

describe.each(cases)('a collection with $title, loaded from a dump of $part', ({ form, dumps }) => {
  function loaded(): { path: string; content: unknown[] } {
    const from = join(temporaryFolder(), 'from');
    const env = open(from);
    const items = env.collection('items', { ...codecs, ...form });
    fill(items, form);
    const content = contentOf(items);
    env.close();
    const path = join(temporaryFolder(), 'loaded');
    load(tools, path, ...dumps.map((dump) => run(tools.dump, [...dump, from])));
    return { path, content };
  }

  test('has its entries, their versions and their times', () => {
    const { path, content } = loaded();
    const reading = openAt(path, { readOnly: true });
    expect(codeOf(() => reading.collection('items', codecs))).toBe('ERR_CODEC');
    reading.close();
    const env = openAt(path, { sweep: false });
    const items = env.collection('items', { ...codecs, ...form });
    expect(contentOf(items)).toEqual(content);
    for (const key of keysOf(form)) expect(items.get(key)).toBeDefined();
    expect(contentOf(openAt(path).collection('items', codecs))).toEqual(content);
    if (form.expires) {
      pass(2 * MINUTE);
      expect(contentOf(items)).toHaveLength(2);
    }
  });

  test.runIf(form.versions)('goes on after its greatest version', () => {
    const { path } = loaded();
    const env = openAt(path);
    const items = env.collection('items', codecs);
    expect(env.read(({ tid }) => tid)).toBe(3);
    items.put('new', 'x');
    expect(items.version('new')).toBe(4);
    expect([...changeLog(path).commits.keys()].at(-1)).toBe(4);
  });

  test.runIf(form.expires)('is swept when its entries have expired', async () => {
    const { path } = loaded();
    const env = openAt(path, { sweep: false });
    const items = env.collection('items', codecs);
    expect(indexed(path, 'items')).toBeGreaterThan(0);
    pass(2 * MINUTE);
    expect(await env.sweep()).toBe(1);
    expect(items.stat().entries).toBe(2);
    pass(9 * MINUTE);
    expect(await env.sweep()).toBe(1);
    expect(contentOf(items)).toHaveLength(1);
    expect(indexed(path, 'items')).toBe(0);
  });
});
