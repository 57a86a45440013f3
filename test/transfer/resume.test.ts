import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Collection, importRecords, struct, t, utf8 } from '../../lib/index.ts';
import { childProgram } from '../support/child.ts';
import { collectionOf, openAt, temporaryFolder } from '../support/fixture.ts';
import { failure, fileOf, newPath, textOf } from './files.ts';

const Row = struct({ id: t.utf8, n: t.u32, pad: t.utf8 });
/** A transaction of an import stores at most an eighth of this: 512 KiB. */
const maxMemoryBytes = 4 * 2 ** 20;
/** Makes records long, so that few records fill several transactions. */
const pad = 'x'.repeat(800);

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
    writeFileSync(file, ordered(4_000, 3_900));
    const { items } = rowsOf();
    const error = await failure(importRecords(items, file, { key: 'id', maxMemoryBytes }));
    const [, line, stored] =
      /line 3901: .* The records up to line (\d+) are stored \((\d+)\)/.exec(error.message) ?? [];
    expect(items.count()).toBe(Number(stored));
    expect(line).toBe(stored);
    expect(Number(stored)).toBeGreaterThan(1_000);
    // The same call fails with the same error, and stores no record twice.
    const again = await failure(importRecords(items, file, { key: 'id', maxMemoryBytes, resume: true }));
    expect(again.message).toContain('line 3901: ');
    const result = await importRecords(items, file, { key: 'id', maxMemoryBytes, resume: true, onError: 'skip' });
    expect(result).toMatchObject({ rows: 4_000 - 1 - items.count() + result.rows, rejected: 1 });
    expect(items.count()).toBe(3_999);
    // The import is complete, and its checkpoint is deleted. So the next call begins again.
    expect(
      await importRecords(items, file, { key: 'id', maxMemoryBytes, resume: true, onError: 'skip' }),
    ).toMatchObject({
      rows: 3_999,
    });
  });

  it('is not resumed if the file, the options or the collection are other ones', async () => {
    const file = newPath('a.ndjson');
    writeFileSync(file, ordered(4_000, 3_900));
    const { env, items } = rowsOf();
    await failure(importRecords(items, file, { key: 'id', maxMemoryBytes }));
    const other = await failure(importRecords(items, file, { key: 'pad', maxMemoryBytes, resume: true }));
    expect(other).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
    writeFileSync(file, ordered(4_000));
    const changed = await failure(importRecords(items, file, { key: 'id', maxMemoryBytes, resume: true }));
    expect(changed.message).toContain('the file or the options have changed');
    writeFileSync(file, ordered(4_000, 3_900));
    await failure(importRecords(items, file, { key: 'id', maxMemoryBytes }));
    items.clear();
    await failure(importRecords(items, file, { key: 'id', maxMemoryBytes: 2 ** 30, resume: true }));
    expect(items.count()).toBe(0);
    for (const clear of [
      () => items.clear({ limit: 1 }),
      async () => {
        const operation = { type: 'clear', collection: items, range: { limit: 1 } } as const;
        const absent = { type: 'del', collection: items, key: 'absent' } as const;
        const full = { type: 'put', collection: env.main, key: Buffer.from('items'), value: Buffer.alloc(1) } as const;
        // The library adds the deletion of the checkpoint to the batch. Indexes and results do not count it.
        const refused = await env.batch([operation, absent, full]).catch((error: { index?: number }) => error);
        expect(refused).toMatchObject({ index: 2, message: expect.stringContaining('operation 2') });
        expect(await env.batch([operation, absent])).toEqual([1, false]);
      },
      () => {
        let batch: Promise<unknown> | undefined;
        try {
          env.write(() => {
            batch = env.batch([{ type: 'clear', collection: items, range: { limit: 1 } }]);
            throw new Error('undo');
          });
        } catch {
          // The batch is applied although the transaction was rolled back.
        }
        return batch;
      },
    ]) {
      await failure(importRecords(items, file, { key: 'id', maxMemoryBytes }));
      await clear();
      const begunAnew = await failure(importRecords(items, file, { key: 'pad', maxMemoryBytes, resume: true }));
      expect(begunAnew.message).not.toContain('have changed');
    }
    writeFileSync(file, ordered(4_000));
    items.drop();
    const anew = env.collection('items', { key: utf8, value: Row });
    expect(await importRecords(anew, file, { key: 'id', maxMemoryBytes, resume: true })).toMatchObject({ rows: 4_000 });
  });

  it('keeps the rejects of the part that is stored, once', async () => {
    const file = newPath('a.ndjson');
    const text = ordered(4_000, 100).split('\n');
    text[2_500] = 'bad';
    writeFileSync(file, text.join('\n'));
    const rejects = newPath('rejects.ndjson');
    const { items } = rowsOf();
    const controller = new AbortController();
    let calls = 0;
    const key = ({ id }: { id: string }) => {
      if (++calls === 3_300) controller.abort();
      return id;
    };
    const options = { key, maxMemoryBytes, rejects };
    const error = await failure(importRecords(items, file, { ...options, signal: controller.signal }));
    expect(error).toMatchObject({ code: 'ABORT_ERR' });
    expect(error.message).toContain('import the file again with `resume`');
    const before = items.count();
    expect(before).toBeGreaterThan(1_000);
    const { rows } = await importRecords(items, file, { ...options, resume: true });
    expect(rows).toBe(3_998 - before);
    expect(
      textOf(rejects)
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).line),
    ).toEqual([101, 2_501]);
  });
});

const program = `
const [path, file, options] = args;
const env = open(path, { durability: 'nosync' });
const Row = struct({ id: t.utf8, n: t.u32, pad: t.utf8 });
const items = env.collection('items', { key: utf8, value: Row });
tell('begins');
const { seconds } = await leasehold.importRecords(items, file, options);
tell(seconds);
env.close();
process.exit(7);
`;

describe('an import that is killed at any moment', () => {
  it.each([
    ['in order', 5, 'a.ndjson', ordered(5_000)],
    // More kills, since this import has two phases: it reads and sorts all records, and then stores them.
    ['out of order', 10, 'a.ndjson', disordered(5_000)],
    ['in order, CSV', 5, 'a.csv', csv(4_000)],
  ])(
    'comes to the same end when it is resumed: %s',
    async (_, least, name, text) => {
      const file = fileOf(name, text);
      const { items: whole } = rowsOf();
      await importRecords(whole, file, { key: 'id', maxMemoryBytes });
      const expected = hashOf(whole as never);
      const main = childProgram(program);

      /** Runs the import, and kills it after `killAfter` ms. If it ends before, returns how many seconds it took. */
      async function attempt(path: string, killAfter: number): Promise<number | undefined> {
        const args = JSON.stringify([path, file, { key: 'id', maxMemoryBytes, resume: true }]);
        const child = spawn(process.execPath, [main, args], { stdio: ['ignore', 'pipe', 'inherit'] });
        let told = '';
        let timer: NodeJS.Timeout | undefined;
        child.stdout.setEncoding('utf8').on('data', (data: string) => {
          told += data;
          timer ??= setTimeout(() => child.kill('SIGKILL'), killAfter);
        });
        const [status] = (await once(child, 'close')) as [number | null];
        clearTimeout(timer);
        expect([7, null]).toContain(status);
        return status === null ? undefined : Number(told.split('\n')[1]);
      }

      const never = 60_000;
      let longest = ((await attempt(temporaryFolder(), never)) as number) * 1000;
      let path = temporaryFolder();
      let inTheMiddle = 0;
      let begins = true;
      // Go on until a kill has happened after the first commit too, when some of the records were stored.
      for (let kills = 0; kills < least || inTheMiddle === 0; ) {
        // Half of the kills come late, since sorted records are stored at the end.
        const earliest = Math.random() < 0.5 ? 0 : 0.5;
        const ended = await attempt(path, (earliest + Math.random() * (1 - earliest)) * longest);
        const env = openAt(path);
        const items = env.collection('items', { key: utf8, value: Row });
        // Read every page, and check that every row is whole.
        let entries = 0;
        items.scan({}, ({ key, value }) => {
          if (value.id !== key || value.pad.length < pad.length) throw new Error(`a wrong row for ${key}`);
          entries++;
        });
        expect(entries).toBe(items.count());
        if (ended !== undefined) expect(hashOf(items as never)).toBe(expected);
        env.close();
        if (entries > 0 && entries < whole.count()) inTheMiddle++;
        // The machine may now be slower or faster than when the import was timed.
        if (entries === 0) longest *= 1.2;
        if (begins && ended !== undefined) longest = Math.min(longest, ended * 1000);
        begins = ended !== undefined;
        // The import ended before the kill: start again from the beginning.
        if (ended !== undefined) path = temporaryFolder();
        else kills++;
      }
      const env = openAt(path);
      const items = env.collection('items', { key: utf8, value: Row });
      await importRecords(items, file, { key: 'id', maxMemoryBytes, resume: true });
      expect(hashOf(items as never)).toBe(expected);
      env.close();
    },
    120_000,
  );
});
