import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bytes, type Environment, uint32 } from '../../lib/index.ts';
import { fill } from '../interop/contents.ts';
import { compiledTools } from '../interop/tools.ts';
import { askChild, builtLibrary, runChild, WaitingChild } from '../support/child.ts';
import { openAt, openTemporary, rejection, temporaryFolder } from '../support/fixture.ts';

const NOBODY = 65_534;

/** A digest of everything that is in a database. */
function dump(path: string): string {
  const dumped = execFileSync(compiledTools().dump, ['-a', path], { encoding: 'latin1', maxBuffer: 2 ** 28 });
  // Leave out `maxreaders`, which stands in the lock file and not in the data file.
  return createHash('sha256')
    .update(dumped.replace(/^maxreaders=.*$/gm, ''))
    .digest('hex');
}

/** Some 16 MiB, half of them on free pages. */
function large(): Environment {
  const env = openTemporary();
  const items = env.collection('items', { key: uint32, value: bytes });
  env.write(() => {
    for (let i = 0; i < 4000; i++) items.append(i, Buffer.alloc(4000, i));
  });
  env.write(() => {
    for (let i = 0; i < 4000; i += 2) items.del(i);
  });
  return env;
}

describe('env.copy()', () => {
  test.each([false, true])('gives a database with the same in it (compact: %s)', async (compact) => {
    const env = openTemporary();
    fill(env);
    const target = join(temporaryFolder(), 'made/for it');
    expect(await env.copy(target, { compact })).toBeUndefined();
    expect(dump(target)).toBe(dump(env.path));
    expect(readdirSync(target)).toContain('data.mdb');
    expect([statSync(target).mode & 0o777, statSync(join(target, 'data.mdb')).mode & 0o777]).toEqual([0o700, 0o600]);
    // The copy can be written like any other database.
    const copied = openAt(target);
    expect(copied.collections()).toEqual(env.collections());
    const numbers = copied.collection('numbers', { key: uint32, value: bytes });
    const first = numbers.range().keys().toArray()[0] as number;
    for (let i = 0; i < 100; i++) copied.write(() => numbers.put(first, Buffer.alloc(5000, i)));
    expect(numbers.get(first)?.equals(Buffer.alloc(5000, 99))).toBe(true);
    copied.close();
    expect(dump(target)).not.toBe(dump(env.path));
  });

  test('page for page is as large as the database, compact has no free pages', async () => {
    const env = large();
    const [plain, compact] = [temporaryFolder(), temporaryFolder()];
    await Promise.all([env.copy(plain), env.copy(compact, { compact: true })]);
    const size = (path: string): number => statSync(join(path, 'data.mdb')).size;
    expect(size(plain)).toBe(size(env.path));
    expect(size(compact)).toBeLessThan(0.6 * size(env.path));
    expect(dump(compact)).toBe(dump(plain));
    expect(execFileSync(compiledTools().stat, ['-f', compact], { encoding: 'utf8' })).toContain('Free pages: 0');
  });

  test('of a database with nothing in it', async () => {
    const env = openTemporary();
    for (const compact of [false, true]) {
      const target = temporaryFolder();
      await env.copy(target, { compact });
      const copied = openAt(target);
      expect(copied.collections()).toEqual([]);
      copied.collection('items', { key: uint32, value: bytes }).put(1, Buffer.of(1));
      expect(copied.collections()).toEqual(['items']);
    }
  });

  test('is of one version, whatever is written meanwhile, and the event loop goes on', async () => {
    const env = large();
    const items = env.collection('items', { key: uint32, value: bytes });
    const before = items.count();
    let turns = 0;
    let done = false;
    // Make at least two copies, and more until one of them was seen while it ran.
    for (let copies = 0; copies < 2 || turns <= copies; copies++) {
      const compact = copies % 2 === 1;
      const target = temporaryFolder();
      const copying = env.copy(target, { compact }).finally(() => {
        done = true;
      });
      for (done = false; !done; turns++) {
        env.write(() => {
          items.put(2 * (turns % 2000), Buffer.alloc(4000, 'new'));
          items.del(2 * ((turns + 1) % 2000));
        });
        await new Promise((resolve) => setImmediate(resolve));
      }
      await copying;
      const copied = openAt(target).collection('items', { key: uint32, value: bytes });
      // If LMDB used a page again while it was copied, these bytes would be wrong.
      let counted = 0;
      for (const { key, value } of copied.range()) {
        counted++;
        const expected = key % 2 === 1 ? Buffer.alloc(4000, key) : Buffer.alloc(4000, 'new');
        if (!value.equals(expected)) throw new Error(`wrong bytes of key ${key}`);
      }
      expect(counted).toBeGreaterThanOrEqual(before);
    }
  });

  test('inside env.write() is of what was committed before, and waits for nothing', async () => {
    const { env, items, target } = small();
    const copying = env.write(() => {
      items.put(2, Buffer.of(2));
      const result = env.copy(target);
      for (const until = Date.now() + 50; Date.now() < until; );
      return [result];
    })[0];
    await copying;
    expect(openAt(target).collection('items').count()).toBe(1);
  });

  test('of a read-only environment, and of one with every other slot taken', async () => {
    const { env, target } = small();
    env.close();
    const reader = openAt(env.path, { readOnly: true, maxReaders: 64 });
    await reader.copy(target);
    expect(openAt(target).collection('items').count()).toBe(1);
  });

  test('gives its slot back', async () => {
    const env = large();
    for (let i = 0; i < 10; i++) await env.copy(temporaryFolder(), { compact: i % 2 === 0 });
    expect(env.readers().filter(({ transaction }) => transaction !== undefined)).toEqual([]);
    expect(env.readers().length).toBeLessThan(4);
    env.resize(2 ** 30);
  });
});

function small() {
  const env = openTemporary();
  const items = env.collection('items', { key: uint32, value: bytes });
  items.put(1, Buffer.of(1));
  return { env, items, target: temporaryFolder() };
}

describe('env.copy() is refused', () => {
  const never = join(temporaryFolder(), 'never');

  test.each<[string, unknown[], string]>([
    ['no path', [], 'ERR_INVALID_ARG_TYPE'],
    ['an empty path', [''], 'ERR_INVALID_ARG_VALUE'],
    ['a path with a NUL', ['a\0b'], 'ERR_INVALID_ARG_VALUE'],
    ['options that are none', [never, 1], 'ERR_INVALID_ARG_TYPE'],
    ['an option that does not exist', [never, { compress: true }], 'ERR_INVALID_ARG_VALUE'],
    ['compact of another type', [never, { compact: 1 }], 'ERR_INVALID_ARG_TYPE'],
  ])('for %s', async (_, args, code) => {
    const { env } = small();
    const copy = env.copy.bind(env) as (...args: unknown[]) => Promise<void>;
    expect((await rejection(copy(...args))).code).toBe(code);
    expect(existsSync(never)).toBe(false);
  });

  test('where a data.mdb is, its own included, whatever that is', async () => {
    const { env, target } = small();
    const dangling = temporaryFolder();
    symlinkSync(join(dangling, 'nowhere'), join(dangling, 'data.mdb'));
    writeFileSync(join(target, 'data.mdb'), 'precious');
    for (const path of [env.path, target, dangling]) {
      const error = await rejection(env.copy(path));
      expect([error.code, error.path]).toEqual(['ERR_INVALID_ARG_VALUE', path]);
      expect(error.message).toContain('data.mdb');
    }
    expect(readFileSync(join(target, 'data.mdb'), 'utf8')).toBe('precious');
    expect([readdirSync(target), readdirSync(dangling)]).toEqual([['data.mdb'], ['data.mdb']]);
  });

  test('for the second of two copies to one place', async () => {
    const env = large();
    const target = temporaryFolder();
    const settled = await Promise.allSettled([env.copy(target), env.copy(target)]);
    const codes = settled.map((each) =>
      each.status === 'fulfilled' ? 'done' : (each.reason as { code: string }).code,
    );
    expect(codes.sort()).toEqual(['ERR_INVALID_ARG_VALUE', 'done']);
    expect(readdirSync(target)).toEqual(['data.mdb']);
    expect(dump(target)).toBe(dump(env.path));
  });

  test.each(['postgres://ann:sesame@host/shop', 'tcp://host:7070'])('to the address %s', async (address) => {
    const { env } = small();
    const error = await rejection(env.copy(address));
    expect([error.code, error.message]).toEqual(['ERR_INVALID_ARG_VALUE', expect.stringContaining('copyStore()')]);
    expect(error.message).not.toContain('sesame');
  });

  test('below a file, and where no directory can be made', async () => {
    const { env, target } = small();
    writeFileSync(join(target, 'file'), '');
    for (const path of [join(target, 'file'), join(target, 'file/below')]) {
      const error = await rejection(env.copy(path));
      expect([error.name, error.code, error.path]).toEqual(['LeaseholdError', 'ENOTDIR', path]);
    }
    const error = await rejection(env.copy(join(target, 'x'.repeat(300))));
    expect(error.code).toBe('ENAMETOOLONG');
  });

  test('where others may not write', () => {
    const { env, target } = small();
    execFileSync('chmod', ['755', target]);
    execFileSync('chmod', ['-R', 'a+rwX', env.path]);
    const told = askChild(
      `const env = open(args.path, { durability: 'nosync' });
       const codes = [];
       for (const target of [args.target, args.target + '/new']) {
         await env.copy(target).catch((error) => codes.push(error.code, error.path === target, error.name));
       }
       tell(codes);`,
      { path: env.path, target },
      { uid: NOBODY },
    );
    expect(told).toEqual(['EACCES', true, 'LeaseholdError', 'EACCES', true, 'LeaseholdError']);
    expect(readdirSync(target)).toEqual([]);
  });

  test('when there are no more descriptors, and leaves nothing', () => {
    const env = openTemporary();
    env.collection('items', { key: uint32, value: bytes }).put(1, Buffer.from('x'));
    const wrong = askChild(
      `import { existsSync, openSync, closeSync } from 'node:fs';
       const env = open(args.path);
       const codes = [];
       for (let free = 0; free < 12; free++) {
         const target = args.target + '/' + free;
         const taken = [];
         try {
           for (;;) taken.push(openSync('/dev/null'));
         } catch {}
         for (let i = 0; i < free; i++) closeSync(taken.pop());
         const code = await env.copy(target).then(() => 'copied', (error) => error.code);
         for (const fd of taken) closeSync(fd);
         if (!codes.includes(code)) codes.push(code);
         if (existsSync(target + '/data.mdb') !== (code === 'copied')) codes.push('wrong with ' + free);
       }
       tell(codes);`,
      { path: env.path, target: temporaryFolder() },
    );
    expect(wrong).toEqual(['EMFILE', 'copied']);
  });

  test.each([false, true])('when there is no more room, and leaves nothing (compact: %s)', (compact) => {
    const env = large();
    const target = temporaryFolder();
    const program = join(temporaryFolder(), 'main.mjs');
    writeFileSync(
      program,
      `import { open } from ${JSON.stringify(join(builtLibrary(), 'dist/index.js'))};
       const env = open(process.argv[2], { durability: 'nosync' });
       await env.copy(process.argv[3], { compact: ${compact} }).catch((error) => console.log(error.code, error.path));`,
    );
    // The shell limits the size of files to 2 MiB: a write beyond that fails as on a full disk.
    const told = execFileSync(
      'bash',
      ['-c', 'ulimit -f 2048; exec "$@"', 'bash', process.execPath, program, env.path, target],
      { encoding: 'utf8' },
    );
    expect(told).toBe(`EFBIG ${target}\n`);
    expect(readdirSync(target)).toEqual([]);
  });

  test('by a closed environment', async () => {
    const { env, target } = small();
    env.close();
    expect((await rejection(env.copy(join(target, 'new')))).code).toBe('ERR_ENV_CLOSED');
    expect(readdirSync(target)).toEqual([]);
  });
});

describe('a copy under way', () => {
  test.each([false, true])('is given up when the environment is closed (compact: %s)', async (compact) => {
    const made = large();
    const { path } = made;
    made.close();
    let given = 0;
    // All copies may have ended before this thread goes on: then try once more.
    while (given === 0) {
      const env = openAt(path);
      const targets = Array.from({ length: 16 }, temporaryFolder);
      const copies = targets.map((target) =>
        env.copy(target, { compact }).then(
          () => undefined,
          (error) => error,
        ),
      );
      env.close();
      for (const [i, copy] of copies.entries()) {
        const target = targets[i] as string;
        const error = (await copy) as Error | undefined;
        // The first copies may have ended already.
        if (error === undefined) expect(dump(target)).toBe(dump(path));
        if (error === undefined) continue;
        given++;
        expect(error).toMatchObject({ code: 'ERR_ENV_CLOSED', message: expect.stringContaining(target) });
        expect(readdirSync(target)).toEqual([]);
      }
    }
    // The file is closed, so open() takes options that an open handle would contradict.
    openAt(path, { mapSize: 2 ** 31 });
  });

  test('goes on when another handle on the same path is closed, and in env.write() of one', async () => {
    const env = large();
    const other = openAt(env.path);
    const target = temporaryFolder();
    const copying = env.copy(target);
    const dropped = rejection(other.copy(temporaryFolder()));
    env.write(() => other.close());
    await copying;
    expect((await dropped).code).toBe('ERR_ENV_CLOSED');
    expect(dump(target)).toBe(dump(env.path));
  });

  test('keeps the process alive until it is done', () => {
    const { path } = large();
    const target = temporaryFolder();
    const result = runChild(`open(args.path, { durability: 'nosync' }).copy(args.target).then(() => tell('done'));`, {
      path,
      target,
    });
    expect(result).toMatchObject({ status: 0, signal: null, stderr: '', told: ['done'] });
    expect(dump(target)).toBe(dump(path));
  });

  test.each([false, true])('leaves no data.mdb when the process exits (compact: %s)', (compact) => {
    const { path } = large();
    const target = temporaryFolder();
    const result = runChild(
      `open(args.path, { durability: 'nosync' }).copy(args.target, { compact: args.compact }).then(() => tell('done'));
       process.exit(3);`,
      { path, target, compact },
    );
    expect(result).toMatchObject({ status: 3, signal: null, stderr: '', told: [] });
    expect(existsSync(join(target, 'data.mdb'))).toBe(false);
  });

  test('leaves no data.mdb when the process is killed', async () => {
    const { path } = large();
    const target = temporaryFolder();
    mkdirSync(join(target, 'copies'));
    const child = new WaitingChild(
      `const env = open(args.path, { durability: 'nosync' });
       for (let i = 0; ; i++) { tell(i); await env.copy(args.target + '/copies/' + i, { compact: i % 2 === 1 }); }`,
      { path, target },
    );
    while (((await child.next()) as number) < 4);
    await child.kill();
    const copies = readdirSync(join(target, 'copies')).filter((name) =>
      existsSync(join(target, 'copies', name, 'data.mdb')),
    );
    expect(copies.length).toBeGreaterThanOrEqual(4);
    for (const name of copies) expect(dump(join(target, 'copies', name))).toBe(dump(path));
  });
});
