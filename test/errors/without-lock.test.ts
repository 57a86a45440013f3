import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { open, uint32, utf8 } from '../../lib/index.ts';
import { askChild, childProgram } from '../support/child.ts';
import { codeOf, openAt, temporaryFolder, thrown } from '../support/fixture.ts';

const NOBODY = 65_534;
const codecs = { key: uint32, value: utf8 };

function stored(): string {
  const env = openAt(temporaryFolder());
  const items = env.collection('items', codecs);
  for (let i = 0; i < 9; i++) items.put(i, 'stored');
  env.close();
  return env.path;
}

/** Opens a path in several ways, and tells what came of each. */
const opener = `
const attempt = (options) => {
  try {
    const env = open(args.path, options);
    const count = env.collection('items').count();
    env.close();
    return { count };
  } catch (error) {
    return { code: error.code, message: error.message };
  }
};
tell([attempt({ readOnly: true }), attempt({ readOnly: true, lock: false }), attempt({})]);`;

const [READ, UNLOCKED] = [0, 1];
type Outcome = { count?: number; code?: string; message?: string };

/** Opens a path on a read-only mount. Only a user who may mount can do this: root, but not in every container. */
function onReadOnlyMount(path: string): Outcome[] {
  const script = `mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && exec "$2" "$3" "$4"`;
  const args = [path, process.execPath, childProgram(opener), JSON.stringify({ path })];
  const { stdout, stderr } = spawnSync('unshare', ['-m', 'sh', '-c', script, 'sh', ...args], { encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Outcome[];
}

const canMount =
  spawnSync('unshare', ['-m', 'sh', '-c', 'mount --bind /tmp /tmp && mount -o remount,bind,ro /tmp']).status === 0;

test.skipIf(!canMount).each([true, false])(
  'a read-only mount is refused, with lock.mdb (%s) or without, unless lock is false',
  (hasLock) => {
    const path = stored();
    if (!hasLock) rmSync(join(path, 'lock.mdb'));
    const outcomes = onReadOnlyMount(path);
    expect(outcomes.map(({ code, count }) => code ?? count)).toEqual(['EROFS', 9, 'EROFS']);
    for (const { message } of [outcomes[READ], outcomes[2]] as Outcome[]) {
      expect(message).toMatch(/read-only.*lock: false/);
    }
  },
);

test.skipIf(process.getuid?.() !== 0)('a file whose lock.mdb this user may not write is read with lock: false', () => {
  const path = stored();
  chmodSync(path, 0o755);
  chmodSync(join(path, 'data.mdb'), 0o644);
  chmodSync(join(path, 'lock.mdb'), 0o644);
  for (const remove of [false, true]) {
    if (remove) rmSync(join(path, 'lock.mdb'));
    const outcomes = askChild(opener, { path }, { uid: NOBODY }) as Outcome[];
    expect(outcomes.map(({ code, count }) => code ?? count)).toEqual(['EACCES', 9, 'EACCES']);
    expect(outcomes[READ]?.message).toMatch(/lock\.mdb.*give the permission.*lock: false/);
  }
  chmodSync(join(path, 'data.mdb'), 0o600);
  expect((askChild(opener, { path }, { uid: NOBODY }) as Outcome[])[UNLOCKED]?.code).toBe('EACCES');
});

describe('open with lock: false', () => {
  test('makes no lock file, takes no slot, and reads as any other', () => {
    const path = stored();
    rmSync(join(path, 'lock.mdb'));
    const env = openAt(path, { readOnly: true, lock: false });
    const items = env.collection('items', codecs);
    using txn = env.read();
    const [first] = items.range({}, txn).toArray();
    expect([items.count({}, txn), `${first?.value}`, items.get(8)]).toEqual([9, 'stored', 'stored']);
    expect([env.readers(), env.checkReaders(), existsSync(join(path, 'lock.mdb'))]).toEqual([[], 0, false]);
    expect(codeOf(() => items.put(1, 'x'))).toBe('ERR_READ_ONLY');
  });

  test('fails reads with ERR_BUSY once somebody has written, and reads on when it is opened again', () => {
    const path = stored();
    const env = openAt(path, { readOnly: true, lock: false });
    const items = env.collection('items', codecs);
    expect(items.get(1)).toBe('stored');
    askChild(
      `const env = open(args.path);
       env.collection('items').put(1, 'changed');
       env.close();
       tell(null);`,
      { path },
    );
    for (const read of [() => items.get(1), () => env.read(() => items.count()), () => items.range().toArray()]) {
      const error = thrown(read);
      expect(error.code).toBe('ERR_BUSY');
      expect(error.message).toMatch(/lock: false.*open it again/);
    }
    env.close();
    expect(openAt(path, { readOnly: true, lock: false }).collection('items', codecs).get(1)).toBe('changed');
  });

  test('is for readOnly alone, and the same for every handle of a process that names it', () => {
    const path = stored();
    expect(codeOf(() => open(path, { lock: false }))).toBe('ERR_INVALID_ARG_VALUE');
    expect(codeOf(() => open(path, { lock: 1 as unknown as boolean }))).toBe('ERR_INVALID_ARG_TYPE');
    const env = openAt(path, { readOnly: true, lock: false });
    expect(openAt(path, { readOnly: true }).collection('items').count()).toBe(9);
    expect(codeOf(() => open(path, { readOnly: true, lock: true }))).toBe('ERR_INVALID_ARG_VALUE');
    expect(codeOf(() => open(path))).toBe('ERR_INVALID_ARG_VALUE');
    env.close();
  });

  test('of no database is ENOENT, and makes none', () => {
    const folder = temporaryFolder();
    expect(codeOf(() => open(folder, { readOnly: true, lock: false }))).toBe('ENOENT');
    const copy = join(folder, 'copy');
    mkdirSync(copy);
    copyFileSync(join(stored(), 'data.mdb'), join(copy, 'data.mdb'));
    expect(openAt(copy, { readOnly: true, lock: false }).collection('items').count()).toBe(9);
  });
});
