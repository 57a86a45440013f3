import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/native-contract.mjs', import.meta.url));
const { checkContract } = (await import(script)) as { checkContract(root: string): string[] };
let tree: string;

beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), 'leasehold-contract-'));
  mkdirSync(join(tree, 'lib'));
  for (const path of ['lib/native', 'native/addon']) cpSync(path, join(tree, path), { recursive: true });
  cpSync('native/contract.h', join(tree, 'native/contract.h'));
});

afterEach(() => rmSync(tree, { recursive: true }));

test('JavaScript and C++ know each other by the same numbers and functions', () => {
  expect(checkContract(process.cwd())).toEqual([]);
  expect(checkContract(tree)).toEqual([]);
});

test.each([
  ['a number', 'lib/native/constants.ts', 'NOT_FOUND = -2', 'NOT_FOUND = -9', 'native/contract.h'],
  ['the name of a number', 'lib/native/constants.ts', 'RANGE_LOWER =', 'RANGE_LEAST =', 'native/contract.h'],
  ['the header', 'native/contract.h', 'kControlRows = 8', 'kControlRows = 9', 'native/contract.h'],
  [
    'a name',
    'lib/native/functions/range.ts',
    '  rangeClose(',
    '  rangeShut(',
    'rangeShut() is no function of native/addon/',
  ],
  ['a name of C++', 'native/addon/range.cc', '"rangeClose"', '"rangeShut"', 'rangeShut() is not declared'],
  [
    'a parameter',
    'lib/native/functions/range.ts',
    'rangeNext(cursor: Handle, ',
    'rangeNext(',
    'rangeNext() has 2 parameters',
  ],
  [
    'an optional one',
    'lib/native/functions/lookup.ts',
    '    memory?: ArrayBuffer,\n',
    '',
    'getBuffer() has 4 parameters',
  ],
  ['the arguments of C++', 'native/addon/change.cc', 'Arguments<8>', 'Arguments<9>', 'change() has 8 parameters'],
])('a difference in %s is found', (_, path, before, after, says) => {
  const text = readFileSync(join(tree, path), 'utf8');
  expect(text).toContain(before);
  writeFileSync(join(tree, path), text.replace(before, after));
  expect(checkContract(tree).join('\n')).toContain(says);
});
