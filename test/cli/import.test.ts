import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bytes, utf8 } from '../../lib/index.ts';
import { openAt, openTemporary, temporaryFolder } from '../support/fixture.ts';
import { fileOf, newPath } from '../transfer/files.ts';
import { commandPath, jsonOf, leasehold, linesOf } from './command.ts';

/** The records are long, so that they fill many transactions. */
const count = 40_000;
const rowOf = (n: number): string => `{"id":"${String(n).padStart(9, '0')}","n":${n},"pad":"${'x'.repeat(400)}"}\n`;
const ordered = fileOf('rows.ndjson', Array.from({ length: count }, (_, n) => rowOf(n)).join(''));
const hurried = ['--key', 'id', '--max-memory', '4M'];

/** How many records the collection has. Another process may be writing it, or may not have made the database yet. */
function countIn(path: string): number {
  if (!existsSync(join(path, 'data.mdb'))) return 0;
  try {
    const env = openAt(path, { readOnly: true });
    try {
      return env.collections().includes('c') ? env.collection('c').count() : 0;
    } finally {
      env.close();
    }
  } catch {
    return 0;
  }
}

describe('import --resume', () => {
  test('goes on behind what is stored when the import was killed', async () => {
    for (;;) {
      const db = newPath('db');
      const child = spawn(process.execPath, [commandPath(), 'import', db, 'c', ordered, ...hurried], {
        stdio: 'ignore',
      });
      const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
      while (child.exitCode === null && countIn(db) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      child.kill('SIGKILL');
      // The import may have ended before it was killed: then try again.
      if ((await ended) !== null) continue;
      const before = countIn(db);
      expect(before).toBeGreaterThan(0);
      const [result] = (await jsonOf(['import', db, 'c', ordered, ...hurried, '--resume'])) as { rows: number }[];
      expect(result?.rows).toBe(count - before);
      expect((await leasehold(['export', db, 'c'])).stdout === readFileSync(ordered, 'utf8')).toBe(true);
      return;
    }
  }, 120_000);

  test('is what the message of an interrupted import names', async () => {
    const lines = Array.from({ length: 6_000 }, (_, n) => rowOf(n));
    lines[5_900] = '{"id":"bad"\n';
    const file = fileOf('rows.ndjson', lines.join(''));
    const db = newPath('db');
    const { status, stderr } = await leasehold(['import', db, 'c', file, ...hurried]);
    expect(status).toBe(3);
    expect(stderr).toMatch(/line 5901: not JSON.*are stored \(\d+\): import the file again with --resume to go on/);
    const again = await leasehold(['import', db, 'c', file, ...hurried, '--resume', '--on-error', 'skip']);
    expect([again.status, await linesOf(['scan', db, 'c', '--count'])]).toEqual([0, ['5999']]);
    expect((JSON.parse(again.stdout) as { rows: number }).rows).toBeLessThan(5_999);
    // Once an import has ended, --resume begins the next one at the first record.
    const [whole] = (await jsonOf(['import', db, 'c', ordered, ...hurried, '--resume'])) as { rows: number }[];
    expect(whole?.rows).toBe(count);
  });

  test('of another file or key, or of standard input, is refused in words of the command', async () => {
    const db = newPath('db');
    const text = Array.from({ length: 6_000 }, (_, n) => rowOf(n)).join('');
    const file = fileOf('rows.ndjson', `${text}bad\n`);
    expect((await leasehold(['import', db, 'c', file, ...hurried])).status).toBe(3);
    const other = await leasehold(['import', db, 'c', file, '--key', 'pad', '--resume']);
    expect(other.status).toBe(3);
    expect(other.stderr).toContain('import it without --resume');
    const input = await leasehold(['import', db, 'c', '-', '--key', 'id', '--resume'], text);
    expect([input.status, input.stdout]).toEqual([2, '']);
    expect(input.stderr).toContain('standard input');
  });
});

describe('import', () => {
  test('--columns names those of a file without a head, for the schema too', async () => {
    const file = fileOf('rows.csv', 'a,1\nb,2\n');
    const db = newPath('db');
    expect((await leasehold(['import', db, 'c', file, '--columns', 'name,n', '--key', 'name'])).status).toBe(0);
    expect(await jsonOf(['scan', db, 'c'])).toEqual([
      { key: ['a'], value: { name: 'a', n: 1 } },
      { key: ['b'], value: { name: 'b', n: 2 } },
    ]);
  });

  test('--rejects is for records of the sample too', async () => {
    const text = 'id,n\na,1\nbad\nb,2\n';
    const rejects = newPath('rejects.ndjson');
    const db = newPath('db');
    const args = ['import', db, 'c', '-', '--format', 'csv', '--key', 'id'];
    expect((await leasehold(args, text)).status).toBe(3);
    const { status, stdout, stderr } = await leasehold([...args, '--rejects', rejects], text);
    expect([status, JSON.parse(stdout)]).toMatchObject([0, { rows: 2, rejected: 1 }]);
    expect(stderr).toContain('line 3: the row has 1 field');
    expect(JSON.parse(readFileSync(rejects, 'utf8'))).toMatchObject({ line: 3, record: 'bad' });
  });

  test('that stores nothing leaves no collection behind, so that another schema can be tried', async () => {
    const other = openTemporary();
    const db = other.path;
    other.collection('other', { key: utf8, value: bytes });
    other.close();
    const schema = fileOf('schema.json', '{"id":"u32"}');
    const file = fileOf('rows.ndjson', '{"id":"a","n":1}\n');
    const wrong = await leasehold(['import', db, 'c', file, '--key', 'id', '--schema', schema]);
    expect(wrong.status).toBe(3);
    expect(await jsonOf(['stat', db])).toHaveLength(2);
    expect((await leasehold(['import', db, 'c', file, '--key', 'id'])).status).toBe(0);
    expect(await jsonOf(['get', db, 'c', '["a"]'])).toEqual([{ id: 'a', n: 1 }]);
    // A failed import does not drop a collection that existed before, even an empty one.
    const env = openTemporary();
    env.collection('c', { key: utf8, value: bytes });
    env.close();
    expect((await leasehold(['import', env.path, 'c', file, '--key', 'id'])).status).toBe(3);
    expect(await jsonOf(['stat', env.path])).toHaveLength(2);
  });

  test('--dup-sort makes a collection for a dump with several values a key', async () => {
    const env = openTemporary();
    const items = env.collection('c', { key: utf8, value: utf8, dupSort: true });
    for (const value of ['x', 'y', 'z']) items.put('a', value);
    env.close();
    const dump = (await leasehold(['export', env.path, 'c', '--format', 'dump'])).stdout;
    const db = newPath('db');
    const args = ['import', db, 'c', '-', '--format', 'dump'];
    const refused = await leasehold(args, dump);
    expect(refused.status).toBe(3);
    expect(refused.stderr).toContain('several values a key: open the collection with --dup-sort');
    expect((await leasehold([...args, '--dup-sort'], dump)).status).toBe(0);
    expect(await linesOf(['get', db, 'c', '61'])).toEqual(['"78"', '"79"', '"7a"']);
  });

  test('--versions makes a collection with versions, which stat shows', async () => {
    const db = newPath('db');
    const args = ['import', db, 'c', '-', '--format', 'ndjson', '--key', 'id', '--versions'];
    expect((await leasehold(args, '{"id":1}\n{"id":2}\n')).status).toBe(0);
    const [, collection] = await jsonOf(['stat', db]);
    expect(collection).toMatchObject({ collection: 'c', versions: true, entries: 2 });
    expect((await leasehold(['verify', db])).status).toBe(0);
    expect(
      openAt(db)
        .collection('c')
        .version([1] as never),
    ).toBe(1);
    expect((await leasehold([...args, '--dup-sort'], '{"id":1}\n')).status).not.toBe(0);
  });

  test('--any-keys makes a collection with keys of any length, which stat shows', async () => {
    const db = newPath('db');
    const args = ['import', db, 'c', '-', '--format', 'ndjson', '--key', 'id'];
    const record = JSON.stringify({ id: 'x'.repeat(2000) });
    expect((await leasehold(args, record)).stderr).toContain('A collection made with --any-keys takes others');
    expect((await leasehold([...args, '--any-keys'], record)).status).toBe(0);
    const [, collection] = await jsonOf(['stat', db]);
    expect(collection).toMatchObject({ collection: 'c', versions: false, anyKeys: true, entries: 1 });
    expect((await leasehold(['verify', db])).status).toBe(0);
    expect(await linesOf(['get', db, 'c', JSON.stringify(['x'.repeat(2000)])])).toHaveLength(1);
  });

  test.each<[number, string, string[]]>([
    [2, '--max-memory', ['rows.ndjson', '--max-memory', 'much']],
    [2, 'ERR_OUT_OF_RANGE: maxMemory', ['rows.ndjson', '--max-memory', '1K']],
    [2, 'give --format', ['rows.txt']],
    [2, 'an unknown type: "u99"', ['rows.ndjson', '--schema', fileOf('s.json', '{"id":"u99"}')]],
    [3, "ENOENT: cannot read the schema '/nowhere.json'", ['rows.ndjson', '--schema', '/nowhere.json']],
    [3, "ENOENT: cannot read 'rows.ndjson'", ['rows.ndjson']],
    [3, 'without the option --key', [fileOf('r.ndjson', '{"id":"a"}\n')]],
    [3, 'is the file that is imported', [ordered, '--key', 'id', '--rejects', ordered]],
  ])('%i, and says %s: %j', async (code, message, args) => {
    const { status, stdout, stderr } = await leasehold(['import', newPath('db'), 'c', ...args]);
    expect([status, stdout]).toEqual([code, '']);
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(stderr.includes('--help') ? 2 : 1);
  });
});

test.skipIf(!existsSync('/dev/full'))('a full disk is told once, by each command that writes to it', async () => {
  const db = newPath('db');
  mkdirSync(db);
  const file = join(temporaryFolder(), 'rows.ndjson');
  writeFileSync(file, rowOf(1));
  expect((await leasehold(['import', db, 'c', file, '--key', 'id'])).status).toBe(0);
  for (const args of [
    ['scan', db, 'c'],
    ['stat', db],
    ['export', db, 'c'],
    ['export', db, 'c', '/dev/full', '--format', 'csv'],
  ]) {
    const words = [process.execPath, commandPath(), ...args].map((word) => `'${word}'`).join(' ');
    const child = spawn('bash', ['-c', `${words} > /dev/full`], { stdio: ['ignore', 'ignore', 'pipe'] });
    let told = '';
    child.stderr.on('data', (text) => {
      told += text;
    });
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(3);
    expect(told).toMatch(/^leasehold: ENOSPC: (?!ENOSPC).*\n$/);
  }
});
