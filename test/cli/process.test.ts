import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/fixture.ts';
import { fileOf } from '../transfer/files.ts';
import { commandPath, processOf } from './command.ts';
import { makeDatabase } from './world.ts';

const db = makeDatabase();
const folder = temporaryFolder();
const rows = '{"id":1}\n{"id":2}\n';
const file = fileOf('rows.ndjson', rows);

/** What each command prints as a process in a pipe, in order: the later ones read what the earlier ones store. */
test.each<[status: number, printed: string | RegExp, args: string[], input?: string]>([
  [0, /"rows":2/, ['import', join(folder, 'a'), 'c', file, '--key', 'id']],
  [0, /"rows":2/, ['import', join(folder, 'b'), 'c', '-', '--key', 'id'], rows],
  [0, rows, ['export', join(folder, 'b'), 'c']],
  [0, /"rows":2/, ['export', join(folder, 'b'), 'c', join(folder, 'c.csv')]],
  [0, '{\n  "id": {"optional":"u8"}\n}\n', ['schema', file, '--type', 'id=u8?']],
  [0, '{\n  "id": {"optional":"f64"}\n}\n', ['schema', '-', '--format', 'ndjson'], rows],
  [0, '{"horns":2}\n', ['get', db, 'words', '"yak"']],
  [0, '{"stored":1,"replaced":0}\n', ['put', db, 'words', '"gnu"', '{"horns":2}']],
  [0, '{"key":"gnu","value":{"horns":2}}\n', ['scan', db, 'words', '--limit', '1']],
  [0, '{"removed":1}\n', ['del', db, 'words', '"gnu"']],
  [0, '{"removed":2}\n', ['del', db, 'cities', '--prefix', '["FR"]']],
  [0, '{"removed":250}\n', ['clear', db, 'numbers']],
  [0, '{"removed":1}\n', ['drop', db, 'own']],
  [0, /"entries":2.*\n$/, ['stat', db]],
  [0, /^{"freed":0}\n/, ['readers', db, '--check']],
  [0, /"path"/, ['copy', db, join(folder, 'copy')]],
  [0, /"collection":"words","entries":2,"problems":0/, ['verify', join(folder, 'copy')]],
  [0, '2\n', ['repl', db], 'words.count()\n'],
  [0, /^Usage/, ['--help']],
  [1, '', ['get', db, 'words', '"gnu"']],
  [2, '', ['get', db, 'words', '1']],
  [2, '', ['frobnicate']],
  [3, '', ['get', db, 'towns', '1']],
  [3, '', ['import', db, 'towns', '-', '--format', 'ndjson', '--key', 'id'], 'bad\n'],
])('%i, %s: %j', (status, printed, args, input) => {
  const ran = processOf(args, input);
  expect(ran.stdout).toMatch(typeof printed === 'string' ? new RegExp(`^${escaped(printed)}$`) : printed);
  expect([ran.status, ran.stderr === '']).toEqual([status, status === 0]);
});

test('an export has ended when its file is whole', () => {
  expect(readFileSync(join(folder, 'c.csv'), 'utf8')).toBe('id\n1\n2\n');
});

test.each([['--help'], ['help', 'serve'], ['scan', '--help'], ['--version']])(
  'the reader of %s %s may go before it is printed',
  async (...args) => {
    const child = spawn(process.execPath, [commandPath(), ...args.filter((arg) => arg !== undefined)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    let told = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      told += text;
    });
    const [status] = await once(child, 'close');
    expect([status, told]).toEqual([0, '']);
  },
);

function escaped(text: string): string {
  return text.replace(/[{}[\]().*+?^$|\\]/g, '\\$&');
}
