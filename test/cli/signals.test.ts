import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { json, uint32 } from '../../lib/index.ts';
import { openTemporary, temporaryFolder, until } from '../support/fixture.ts';
import { fileOf, newPath } from '../transfer/files.ts';
import { commandPath, hasTerminal, leasehold, onTerminal } from './command.ts';

const SIGNALS = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const;

function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [commandPath(), ...args], { stdio: ['pipe', 'ignore', 'pipe'] });
}

function ended(child: ChildProcess): Promise<{ code: number | null; told: string }> {
  let told = '';
  child.stderr?.on('data', (text) => {
    told += text;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, told })));
}

/** Makes a database whose export takes a while; gives its path. */
function makeLarge(): string {
  const env = openTemporary();
  const items = env.collection('items', { key: uint32, value: json });
  env.write(() => {
    for (let i = 0; i < 200_000; i++) items.put(i, { i, text: 'x'.repeat(100) });
  });
  env.close();
  return env.path;
}
const large = makeLarge();

describe.each(SIGNALS)('%s', (signal, code) => {
  test(`ends an import with ${code}, and leaves no database that it has made and not filled`, async () => {
    const parent = temporaryFolder();
    const db = join(parent, 'made/for/it');
    const child = start(['import', db, 'c', '-', '--format', 'ndjson', '--key', 'name']);
    const end = ended(child);
    // The input does not end.
    child.stdin?.write('{"name":"a"}\n');
    await until(() => existsSync(join(db, 'data.mdb')), 'the database is made');
    child.kill(signal);
    expect(await end).toMatchObject({ code, told: expect.stringContaining('ABORT_ERR') });
    expect(readdirSync(parent)).toEqual([]);
  });

  test(`ends an export with ${code}, and leaves no temporary file`, async () => {
    const target = newPath('items.ndjson');
    const child = start(['export', large, 'items', target]);
    const end = ended(child);
    const folder = dirname(target);
    await until(() => readdirSync(folder).some((name) => name.endsWith('.tmp')), 'the temporary file is made');
    child.kill(signal);
    expect(await end).toMatchObject({ code, told: expect.stringContaining('ABORT_ERR') });
    expect(readdirSync(folder)).toEqual([]);
  });
});

test.runIf(process.platform === 'linux')(
  'a pipe to which nobody writes does not keep the command from ending',
  async () => {
    const folder = temporaryFolder();
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const child = start(['import', join(folder, 'db'), 'c', pipe, '--format', 'ndjson']);
    const end = ended(child);
    await until(() => existsSync(join(folder, 'db/data.mdb')), 'the database is made');
    child.kill('SIGTERM');
    expect((await end).code).toBe(143);
    expect(readdirSync(folder)).toEqual(['pipe']);
  },
);

describe('a failed import', () => {
  test('of a new database leaves none, nor the directories made for it', async () => {
    const parent = temporaryFolder();
    for (const [text, ...options] of [['{"a":1}\n'], ['{"a":1}\nbad\n', '--key', 'a'], ['\n', '--key', 'a']]) {
      const file = fileOf('bad.ndjson', text as string);
      const { status, stderr } = await leasehold(['import', join(parent, 'a/b'), 'c', file, ...options]);
      expect([status, readdirSync(parent)]).toEqual([3, []]);
      expect(stderr).toContain('ERR_INVALID_ARG_VALUE');
    }
  });

  test('leaves a directory that was there, and a database with something in it', async () => {
    const empty = temporaryFolder();
    const bad = fileOf('bad.ndjson', 'bad\n');
    expect((await leasehold(['import', empty, 'c', bad, '--key', 'a'])).status).toBe(3);
    expect(readdirSync(empty)).toEqual([]);
    const env = openTemporary();
    env.collection('items', { key: uint32, value: json }).put(1, 1);
    env.close();
    expect((await leasehold(['import', env.path, 'c', bad, '--key', 'a'])).status).toBe(3);
    expect(existsSync(join(env.path, 'data.mdb'))).toBe(true);
  });

  test('is one that rejects everything too, by its exit code', async () => {
    const db = newPath('db');
    const file = fileOf('some.ndjson', '{"id":1}\n{"n":2}\n');
    const all = fileOf('all.ndjson', '{"n":1}\n{"n":2}\n');
    expect((await leasehold(['import', db, 'c', file, '--key', 'id', '--on-error', 'skip'])).status).toBe(0);
    const { status, stdout, stderr } = await leasehold(['import', db, 'c', all, '--key', 'id', '--on-error', 'skip']);
    expect([status, JSON.parse(stdout)]).toMatchObject([3, { rows: 0, rejected: 2 }]);
    expect(stderr).toContain("the field 'id'");
    expect(
      (await leasehold(['import', db, 'c', fileOf('none.ndjson', ''), '--key', 'id', '--on-error', 'skip'])).status,
    ).toBe(0);
  });
});

test.skipIf(!hasTerminal)('the progress changes no mode of the terminal, which a killed process would leave', () => {
  const file = fileOf('rows.ndjson', '{"id":1}\n');
  const { shown } = onTerminal(['import', newPath('db'), 'c', file, '--key', 'id']);
  expect(shown).toContain('100%, 1 rows');
  expect(shown).not.toContain('\u001b[?');
});
