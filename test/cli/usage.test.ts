import { describe, expect, test } from 'vitest';
import { KEY_CODECS, VALUE_CODECS } from '../../lib/cli/command-options.ts';
import { KEY_CODEC_NAMES } from '../../lib/key/key-codecs.ts';
import { VALUE_CODEC_NAMES } from '../../lib/key/remembered.ts';
import { leasehold } from './command.ts';
import { makeDatabase } from './world.ts';

const db = makeDatabase();

describe('help', () => {
  test('lists the commands, how keys are typed, and the exit codes', async () => {
    const { status, stdout } = await leasehold(['--help']);
    expect(status).toBe(0);
    for (const name of 'import export get put del scan stat readers copy verify serve repl bench'.split(' ')) {
      expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
    }
    expect(stdout).toContain('Exit codes: 0');
  });

  test.each('import export get put del scan stat readers copy verify serve repl bench'.split(' '))(
    'of %s has an example',
    async (name) => {
      const { status, stdout } = await leasehold([name, '--help']);
      expect(status).toBe(0);
      expect(stdout).toMatch(new RegExp(`\\nExamples?:\\n(?:.*\\n)*.*leasehold ${name} `));
    },
  );

  test('lists every codec that a new collection can have', () => {
    expect([...KEY_CODECS].sort()).toEqual([...KEY_CODEC_NAMES].sort());
    expect([...VALUE_CODECS].sort()).toEqual([...VALUE_CODEC_NAMES].sort());
  });

  test('--version is that of the package', async () => {
    expect((await leasehold(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

test.each<[number, string, string[]]>([
  [2, 'Usage', []],
  [2, 'unknown command', ['frobnicate']],
  [2, 'unknown option', ['stat', db, '--frob']],
  [2, 'missing required argument', ['get', db, 'cities']],
  [2, 'too many arguments', ['stat', db, 'more']],
  [2, '--limit', ['scan', db, 'cities', '--limit', '-1']],
  [2, '--limit', ['scan', db, 'cities', '--limit', 'ten']],
  [2, '--cursor needs --limit', ['scan', db, 'cities', '--cursor']],
  [2, 'the cursor is damaged', ['scan', db, 'cities', '--limit', '1', '--cursor', 'abc']],
  [2, 'at least 1', ['scan', db, 'cities', '--limit', '0', '--cursor']],
  [2, 'must be a number', ['scan', db, 'cities', '--offset', '-1']],
  [2, '--format', ['export', db, 'cities', '--format', 'xml']],
  [2, 'does not tell its format', ['export', db, 'cities', 'cities.txt']],
  [2, 'does not tell its format', ['import', db, 'cities', 'cities.txt']],
  [2, "no field 'nme'", ['scan', db, 'cities', '--fields', 'nme']],
  [2, 'have no fields', ['scan', db, 'raw', '--fields', 'name']],
  [2, 'prefix', ['scan', db, 'numbers', '--prefix', '1']],
  [2, 'must be an array', ['get', db, 'cities', '"FR"']],
  [2, 'must be an array', ['get', db, 'cities', 'FR']],
  [2, 'must be an array', ['scan', db, 'cities', '--gt', '7']],
  [2, 'must be a string', ['get', db, 'words', 'zebra']],
  [2, 'must be a string', ['get', db, 'words', '["zebra"]']],
  [2, 'must be a number', ['get', db, 'numbers', '"1"']],
  [2, 'ERR_OUT_OF_RANGE', ['get', db, 'numbers', '-1']],
  [2, 'ERR_OUT_OF_RANGE', ['get', db, 'numbers', '4294967296']],
  [2, 'hexadecimal', ['get', db, 'raw', '0xff']],
  [2, 'hexadecimal', ['get', db, 'raw', 'abc']],
  [2, 'ERR_KEY_SIZE', ['get', db, 'words', JSON.stringify('x'.repeat(600))]],
  [2, 'ERR_KEY_SIZE', ['put', db, 'words', JSON.stringify('x'.repeat(600)), '1']],
  [2, 'give --format', ['export', db, 'cities', 'cities.txt']],
  [2, 'not JSON', ['put', db, 'numbers', '1', '{']],
  [2, 'must be a JSON object', ['put', db, 'cities', '["a"]', '[1]']],
  [1, 'no key', ['get', db, 'numbers', '4000']],
  [1, 'no key', ['del', db, 'numbers', '4000']],
  [3, 'ERR_NO_COLLECTION', ['get', db, 'towns', '"x"']],
  [3, "it has 'cities', ", ['scan', db, 'towns']],
  [3, 'ERR_NO_COLLECTION', ['put', db, 'towns', '"x"', '1']],
  [
    3,
    'ERR_INVALID_ARG_TYPE: value.population',
    ['put', db, 'cities', '["a"]', '{"name":"a","country":"b","population":{}}'],
  ],
  [3, 'value.name', ['put', db, 'cities', '["a"]', '{"country":"b","population":1}']],
  [3, 'ERR_CODEC', ['put', db, 'own', '1', '"x"']],
  [3, 'a codec that this command does not have', ['put', db, 'own', '1', '"x"']],
  [3, 'ENOENT', ['import', db, 'towns', '/nowhere/towns.ndjson', '--key', 'name']],
])('%i, and says %s: %j', async (code, message, args) => {
  const { status, stdout, stderr } = await leasehold(args);
  expect([status, stdout]).toEqual([code, '']);
  expect(stderr).toContain(message);
  expect(stderr).not.toMatch(/\n\s+at /);
  // The command speaks of its own options, not of the library's.
  expect(stderr).not.toMatch(/create: false|as `value`|env\.|open\(/);
});

test('bench says what it needs, where the benchmarks are not', async () => {
  const { status, stderr } = await leasehold(['bench', 'scan']);
  expect(status).toBe(1);
  expect(stderr).toContain('npm run bench');
});
