import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/check-layers.mjs', import.meta.url));
const { checkLayers } = (await import(script)) as { checkLayers(root: string): string[] };
let tree: string;

beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), 'leasehold-layers-'));
});

afterEach(() => rmSync(tree, { recursive: true }));

function write(files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text);
  }
}

test('this repository keeps its layers', () => {
  const { status, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});

test('each violation is printed, and fails', () => {
  write({ 'lib/misc/a.ts': '', 'lib/key/a.ts': "import '../cli/main.ts';" });
  const { status, stderr } = spawnSync(process.execPath, [script, tree], { encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr.trim().split('\n')).toEqual(checkLayers(tree));
  expect(checkLayers(tree)).toHaveLength(2);
});

test.each([
  ['read on key', 'lib/read/a.ts', "import { tuple } from '../key/tuple.ts';"],
  ['key on value', 'lib/key/a.ts', "import type { ValueCodec } from '../value/codec.ts';"],
  ['lease on the native boundary', 'lib/lease/a.ts', "import { native } from '../native/native.ts';"],
  ['base on the native boundary', 'lib/base/a.ts', "import { native } from '../native/native.ts';"],
  ['captured built-ins where there are leases', 'lib/join/a.ts', "import { apply } from '../base/primordials.ts';"],
  ['the index on everything', 'lib/index.ts', "export { main } from './cli/main.ts';"],
  ['an import that a comment names', 'lib/lease/a.ts', "// import { open } from '../read/open.ts';"],
  ['core on LMDB', 'native/core/a.cc', '#include "lmdb.h"\n#include <vector>'],
  ['addon on core', 'native/addon/a.cc', '#include <node_api.h>\n#include "core/status.h"'],
])('allows %s', (_, path, text) => {
  write({ [path]: text });
  expect(checkLayers(tree)).toEqual([]);
});

test.each([
  ['value on key', 'lib/value/a.ts', "import { Key } from '../key/key.ts';", 'lib/key/key.ts'],
  ['lease on read, for a type only', 'lib/lease/a.ts', "import type { E } from '../read/e.ts';", 'lib/read/e.ts'],
  ['base on lease', 'lib/base/writer.ts', "import {\n  a,\n  b,\n} from '../lease/lease.ts';", 'lib/lease/lease.ts'],
  ['a re-export', 'lib/key/a.ts', "export * from '../join/join.ts';", 'lib/join/join.ts'],
  ['a dynamic import', 'lib/read/a.ts', "await import('../cli/main.ts');", 'lib/cli/main.ts'],
  ['a bare import', 'lib/read/a.ts', "import '../cli/main.ts';", 'lib/cli/main.ts'],
  [
    'captured built-ins where there are no leases',
    'lib/cli/a.ts',
    "import { apply } from '../base/primordials.ts';",
    'lib/cli/a.ts',
  ],
  ['the index', 'lib/read/a.ts', "import { open } from '../index.ts';", 'lib/index.ts'],
  ['a test', 'lib/read/a.ts', "import { x } from '../../test/x.ts';", 'outside lib'],
  ['a folder without a layer', 'lib/misc/a.ts', '', 'no layer'],
  ['a file that imports itself', 'lib/read/a.ts', "import type { A } from './a.ts';", 'a circle'],
  ['a file of more than 300 lines', 'lib/read/a.ts', '// a line\n'.repeat(301), 'has 301 lines'],
  ['a second loader', 'lib/read/a.ts', "import build from 'node-gyp-build';", 'only lib/native/native.ts'],
  ['an addon by its path', 'lib/read/a.ts', "require('../build/Release/leasehold.node');", 'only lib/native/native.ts'],
  ['core on Node-API', 'native/core/a.h', '#include <node_api.h>', 'node_api.h'],
  ['core on napi.h', 'native/core/deep/a.cc', '#  include "napi.h"', 'napi.h'],
  ['core on the addon', 'native/core/a.cc', '#include "addon/object.h"', 'addon/object.h'],
  ['a second file on node-addon-api', 'native/addon/a.cc', '#include <napi.h>', 'napi.h'],
  ['the C header on node-addon-api', 'native/include/leasehold/lease.h', '#include <napi.h>', 'napi.h'],
  ['the C header on the core', 'native/include/leasehold/lease.h', '#include "core/source.h"', 'core/source.h'],
])('refuses %s', (_, path, text, named) => {
  write({ [path]: text });
  const problems = checkLayers(tree).join('\n');
  expect(problems).toContain(path);
  expect(problems).toContain(named);
});

test.each([
  ['a derived class', 'lib/objects/a.ts', 'export class A<T> extends B<T> {\n  #x = 1;\n}\n', 'A needs a constructor'],
  [
    'a class in a function',
    'lib/key/a.ts',
    'function f() {\n  const C = class C extends B {\n    x = 1;\n  };\n}\n',
    'C needs',
  ],
])('refuses %s whose constructor V8 makes', (_, path, text, problem) => {
  write({ [path]: text });
  expect(checkLayers(tree)).toEqual([expect.stringContaining(`lib/${path.slice(4)}: ${problem}`)]);
});

test('allows derived classes with a constructor, and any where there are no leases', () => {
  const bare = 'class A extends B {\n  x = 1;\n}\n';
  write({
    'lib/objects/a.ts':
      'abstract class A extends B {\n  #x = 1;\n  protected constructor(a: number) {\n    super(a);\n  }\n}\n',
    'lib/transfer/a.ts': bare,
    'lib/cache/policies/a.ts': bare,
  });
  expect(checkLayers(tree)).toEqual([]);
});

test('refuses files that import each other, for types too, and names the way round', () => {
  write({
    'lib/read/a.ts': "import { b } from './b.ts';",
    'lib/read/b.ts': "import type { C } from './c.ts';",
    'lib/read/c.ts': "export * from './a.ts';",
  });
  expect(checkLayers(tree)).toEqual([
    'lib/read/a.ts -> lib/read/b.ts -> lib/read/c.ts -> lib/read/a.ts: a circle of imports',
  ]);
});

test('refuses a folder of more than 25 files', () => {
  for (let i = 0; i < 25; i++) write({ [`native/core/store/${i}.h`]: '' });
  expect(checkLayers(tree)).toEqual([]);
  write({ 'native/core/store/25.h': '' });
  expect(checkLayers(tree)).toEqual(['native/core/store: has 26 files, more than 25']);
  for (let i = 0; i < 26; i++) write({ [`test/read/${i}.test.ts`]: '\n'.repeat(500), [`test/${i}/a.test.ts`]: '' });
  expect(checkLayers(tree)).toContain('test/read: has 26 files, more than 25');
  expect(checkLayers(tree)).toHaveLength(2);
});

/** The body of a function, with this many lines. Its content does not matter. */
function body(lines: number): string {
  const filler = [
    '  // a brace { in a comment',
    '  f("}", \'}\');',
    '  if (a) { b = {1, 2}; }',
    '#define X {',
    '  auto g = [&] {',
  ];
  return `${filler.join('\n')}\n  };\n${'  x++;\n'.repeat(lines - filler.length - 1)}`;
}

describe('functions of C and C++', () => {
  test.each([
    ['a function', 'core/a.cc', (code: string) => `void Longest(int a) {\n${code}}\n`, 2],
    ['one in C', 'core/a.c', (code: string) => `static int\nLongest(int a)\n{\n${code}}\n`, 4],
    [
      'a member',
      'addon/a.h',
      (code: string) => `class A {\n  int b{2};\n  void Longest() const {\n${code}  }\n};\n`,
      2,
    ],
    [
      'one in a namespace',
      'core/a.cc',
      (code: string) => `namespace a {\nnamespace {\nint Longest() {\n${code}}\n}\n}\n`,
      2,
    ],
    ['one for C', 'include/leasehold/lease.h', (code: string) => `extern "C" {\nint Longest() {\n${code}}\n}\n`, 2],
    ['a template', 'core/a.h', (code: string) => `template <class T>\nT Longest(T a) {\n${code}}\n`, 3],
    ['a constructor', 'core/a.cc', (code: string) => `A::Longest(int a) : a_(a) {\n${code}}\n`, 2],
  ])('%s may have 60 lines and not 61', (_, path, source, around) => {
    write({ [`native/${path}`]: source(body(60 - around)) });
    expect(checkLayers(tree)).toEqual([]);
    write({ [`native/${path}`]: source(body(61 - around)) });
    expect(checkLayers(tree)).toEqual([expect.stringMatching(`^native/${path}:\\d+: .*Longest has 61 lines`)]);
  });

  test('tables and types may be longer', () => {
    write({
      'native/core/a.cc': `constexpr int kTable[] = {\n${'  1,\n'.repeat(70)}};\nenum class A {\n${'  b,\n'.repeat(70)}};\n`,
    });
    expect(checkLayers(tree)).toEqual([]);
  });

  test('braces that do not match are told, since nothing can be measured then', () => {
    write({ 'native/core/a.cc': 'void A() {\n', 'native/core/b.cc': '}\n' });
    expect(checkLayers(tree)).toEqual([
      expect.stringMatching('^native/core/a.cc: its braces do not match'),
      expect.stringMatching('^native/core/b.cc: its braces do not match'),
    ]);
  });
});
