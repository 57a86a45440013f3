import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

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
  ['store on key', 'lib/store/a.ts', "import { tuple } from '../key/tuple.ts';"],
  ['key on value', 'lib/key/a.ts', "import type { ValueCodec } from '../value/codec.ts';"],
  ['lease on the native boundary', 'lib/lease/a.ts', "import { native } from '../native.ts';"],
  ['the index on everything', 'lib/index.ts', "export { main } from './cli/main.ts';"],
  ['an import that a comment names', 'lib/lease/a.ts', "// import { open } from '../store/open.ts';"],
  ['core on LMDB', 'native/core/a.cc', '#include "lmdb.h"\n#include <vector>'],
  ['addon on core', 'native/addon/a.cc', '#include <node_api.h>\n#include "core/status.h"'],
])('allows %s', (_, path, text) => {
  write({ [path]: text });
  expect(checkLayers(tree)).toEqual([]);
});

test.each([
  ['value on key', 'lib/value/a.ts', "import { Key } from '../key/key.ts';", 'lib/key/key.ts'],
  ['lease on store, for a type only', 'lib/lease/a.ts', "import type { E } from '../store/e.ts';", 'lib/store/e.ts'],
  ['base on lease', 'lib/writer.ts', "import {\n  a,\n  b,\n} from './lease/lease.ts';", 'lib/lease/lease.ts'],
  ['a re-export', 'lib/key/a.ts', "export * from '../query/join.ts';", 'lib/query/join.ts'],
  ['a dynamic import', 'lib/store/a.ts', "await import('../cli/main.ts');", 'lib/cli/main.ts'],
  ['a bare import', 'lib/store/a.ts', "import '../cli/main.ts';", 'lib/cli/main.ts'],
  ['the index', 'lib/store/a.ts', "import { open } from '../index.ts';", 'lib/index.ts'],
  ['a test', 'lib/store/a.ts', "import { x } from '../../test/x.ts';", 'outside lib'],
  ['a folder without a layer', 'lib/misc/a.ts', '', 'no layer'],
  ['a second loader', 'lib/store/a.ts', "import build from 'node-gyp-build';", 'only lib/native.ts'],
  ['an addon by its path', 'lib/store/a.ts', "require('../build/Release/leasehold.node');", 'only lib/native.ts'],
  ['core on Node-API', 'native/core/a.h', '#include <node_api.h>', 'node_api.h'],
  ['core on napi.h', 'native/core/deep/a.cc', '#  include "napi.h"', 'napi.h'],
  ['core on the addon', 'native/core/a.cc', '#include "addon/object.h"', 'addon/object.h'],
  ['the C header on the core', 'native/include/leasehold/lease.h', '#include "core/source.h"', 'core/source.h'],
])('refuses %s', (_, path, text, named) => {
  write({ [path]: text });
  const problems = checkLayers(tree).join('\n');
  expect(problems).toContain(path);
  expect(problems).toContain(named);
});
