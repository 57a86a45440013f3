import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Collection, importRecords, struct, t, utf8 } from '../../lib/index.ts';
import { childProgram } from '../store/child.ts';
import { collectionOf, openAt, temporaryFolder } from '../store/fixture.ts';
import { failure, fileOf, newPath, textOf } from './files.ts';

const Row = struct({ id: t.utf8, n: t.u32, pad: t.utf8 });
/** What a transaction stores at most is an eighth of this: 512 KiB. */
const maxMemory = 4 * 2 ** 20;
const pad = 'x'.repeat(80);

const idOf = (n: number): string => String(n).padStart(9, '0');
const rowOf = (n: number, id: string = idOf(n)): string => `{"id":"${id}","n":${n},"pad":"${pad}"}\n`;

/** Records in order, with a bad one at `bad`. */
function ordered(count: number, bad = -1): string {
  let text = '';
  for (let n = 0; n < count; n++) text += n === bad ? `{"id":"${idOf(n)}","n":"bad"}\n` : rowOf(n);
  return text;
}

/** Records of which the first half is in order and the rest is not. */
function disordered(count: number): string {
  let text = ordered(count / 2);
  for (let i = 0; i < count / 2; i++) text += rowOf(i, idOf(((i * 7919) % count) + 5));
  return text;
}

function csv(count: number): string {
  let text = 'id,n,pad\n';
  for (let n = 0; n < count; n++) text += `${idOf(n)},${n},"line\n${pad}"\n`;
  return text;
}

function hashOf(items: Collection<string, never, string, { toJSON(): object }>): string {
  const hash = createHash('sha256');
  items.scan({}, ({ key, value }) => {
    hash.update(key).update(JSON.stringify(value));
  });
  return hash.digest('hex');
}

const rowsOf = () => collectionOf({ key: utf8, value: Row });

describe('an import of several transactions that stops', () => {
  it('tells what is stored, and goes on from there', async () => {
    const file = newPath('a.ndjson');
    writeFileSync(file, ordered(30_000, 29_000));
    const { items } = rowsOf();
    const error = await failure(importRecords(items, file, { key: 'id', maxMemory }));
    const [, line, stored] =
      /line 29001: .* The records up to line (\d+) are stored \((\d+)\)/.exec(error.message) ?? [];
    expect(items.count()).toBe(Number(stored));
    expect(line).toBe(stored);
    expect(Number(stored)).toBeGreaterThan(10_000);
    // As it was before: the same error, and nothing is read twice.
    const again = await failure(importRecords(items, file, { key: 'id', maxMemory, resume: true }));
    expect(again.message).toContain('line 29001: ');
    const result = await importRecords(items, file, { key: 'id', maxMemory, resume: true, onError: 'skip' });
    expect(result).toMatchObject({ rows: 30_000 - 1 - items.count() + result.rows, rejected: 1 });
    expect(items.count()).toBe(29_999);
    // It is complete, and forgotten.
    expect(await importRecords(items, file, { key: 'id', maxMemory, resume: true, onError: 'skip' })).toMatchObject({
      rows: 29_999,
    });
  });

  it('is not resumed if the file, the options or the collection are other ones', async () => {
    const file = newPath('a.ndjson');
    writeFileSync(file, ordered(30_000, 29_000));
    const { env, items } = rowsOf();
    await failure(importRecords(items, file, { key: 'id', maxMemory }));
    const other = await failure(importRecords(items, file, { key: 'pad', maxMemory, resume: true }));
    expect(other).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
    writeFileSync(file, ordered(30_000));
    const changed = await failure(importRecords(items, file, { key: 'id', maxMemory, resume: true }));
    expect(changed.message).toContain('the file or the options have changed');
    items.drop();
    const anew = env.collection('items', { key: utf8, value: Row });
    expect(await importRecords(anew, file, { key: 'id', maxMemory, resume: true })).toMatchObject({ rows: 30_000 });
  });

  it('keeps the rejects of the part that is stored, once', async () => {
    const file = newPath('a.ndjson');
    const text = ordered(30_000, 100).split('\n');
    text[20_000] = 'bad';
    writeFileSync(file, text.join('\n'));
    const rejects = newPath('rejects.ndjson');
    const { items } = rowsOf();
    const controller = new AbortController();
    let calls = 0;
    const key = ({ id }: { id: string }) => {
      if (++calls === 25_000) controller.abort();
      return id;
    };
    const options = { key, maxMemory, onError: rejects };
    const error = await failure(importRecords(items, file, { ...options, signal: controller.signal }));
    expect(error).toMatchObject({ code: 'ABORT_ERR' });
    expect(error.message).toContain('import the file again with `resume`');
    const before = items.count();
    expect(before).toBeGreaterThan(10_000);
    const { rows } = await importRecords(items, file, { ...options, resume: true });
    expect(rows).toBe(29_998 - before);
    expect(
      textOf(rejects)
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).line),
    ).toEqual([101, 20_001]);
  });
});

const program = `
const [path, file, options] = args;
const env = open(path, { durability: 'nosync' });
const Row = struct({ id: t.utf8, n: t.u32, pad: t.utf8 });
const items = env.collection('items', { key: utf8, value: Row });
await leasehold.importRecords(items, file, options);
env.close();
process.exit(7);
`;

describe('an import that is killed at any moment', () => {
  it.each([
    ['in order', 'a.ndjson', ordered(60_000)],
    ['out of order', 'a.ndjson', disordered(60_000)],
    ['in order, CSV', 'a.csv', csv(60_000)],
  ])(
    'comes to the same end when it is resumed: %s',
    async (_, name, text) => {
      const file = fileOf(name, text);
      const { items: whole } = rowsOf();
      const options = { key: 'id', maxMemory };
      await importRecords(whole, file, options);
      const expected = hashOf(whole as never);

      const path = temporaryFolder();
      const main = childProgram(program);
      let kills = 0;
      const stages = new Set<number>();
      for (let round = 0; ; round++) {
        const child = spawn(process.execPath, [main, JSON.stringify([path, file, { ...options, resume: true }])], {
          stdio: 'inherit',
        });
        // From before the first commit to after the last: the import takes some 300 ms.
        const timer = setTimeout(() => child.kill('SIGKILL'), 60 + Math.random() * (round < 10 ? 120 : 60_000));
        const [status] = (await once(child, 'exit')) as [number | null];
        clearTimeout(timer);
        if (status !== null) {
          expect(status).toBe(7);
          break;
        }
        kills++;
        const env = openAt(path);
        const items = env.collection('items', { key: utf8, value: Row });
        let entries = 0;
        items.scan({}, ({ key, value }) => {
          if (key.length !== 9 || value.id.length !== 9) throw new Error('a row that was not imported');
          entries++;
        });
        expect(entries).toBe(items.count());
        stages.add(entries);
        env.close();
      }
      const env = openAt(path);
      const items = env.collection('items', { key: utf8, value: Row });
      expect(hashOf(items as never)).toBe(expected);
      console.log({ kills, stages: [...stages] });
      env.close();
    },
    120_000,
  );
});
