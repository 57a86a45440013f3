var __addDisposableResource =
  (this && this.__addDisposableResource) ||
  function (env, value, async) {
    if (value !== null && value !== void 0) {
      if (typeof value !== 'object' && typeof value !== 'function') throw new TypeError('Object expected.');
      var dispose, inner;
      if (async) {
        if (!Symbol.asyncDispose) throw new TypeError('Symbol.asyncDispose is not defined.');
        dispose = value[Symbol.asyncDispose];
      }
      if (dispose === void 0) {
        if (!Symbol.dispose) throw new TypeError('Symbol.dispose is not defined.');
        dispose = value[Symbol.dispose];
        if (async) inner = dispose;
      }
      if (typeof dispose !== 'function') throw new TypeError('Object not disposable.');
      if (inner)
        dispose = function () {
          try {
            inner.call(this);
          } catch (e) {
            return Promise.reject(e);
          }
        };
      env.stack.push({ value: value, dispose: dispose, async: async });
    } else if (async) {
      env.stack.push({ async: true });
    }
    return value;
  };
var __disposeResources =
  (this && this.__disposeResources) ||
  (function (SuppressedError) {
    return function (env) {
      function fail(e) {
        env.error = env.hasError ? new SuppressedError(e, env.error, 'An error was suppressed during disposal.') : e;
        env.hasError = true;
      }
      var r,
        s = 0;
      function next() {
        while ((r = env.stack.pop())) {
          try {
            if (!r.async && s === 1) return (s = 0), env.stack.push(r), Promise.resolve().then(next);
            if (r.dispose) {
              var result = r.dispose.call(r.value);
              if (r.async)
                return (
                  (s |= 2),
                  Promise.resolve(result).then(next, function (e) {
                    fail(e);
                    return next();
                  })
                );
            } else s |= 1;
          } catch (e) {
            fail(e);
          }
        }
        if (s === 1) return env.hasError ? Promise.reject(env.error) : Promise.resolve();
        if (env.hasError) throw env.error;
      }
      return next();
    };
  })(
    typeof SuppressedError === 'function'
      ? SuppressedError
      : function (error, suppressed, message) {
          var e = new Error(message);
          return (e.name = 'SuppressedError'), (e.error = error), (e.suppressed = suppressed), e;
        },
  );
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bytes, open, utf8 } from '../../lib/index.js';
import { fill, PARIS, paris } from './contents.js';
import { formatDump, hex, parseDump } from './dump.js';
import { compiledTools, installedTools } from './tools.js';
const compiled = compiledTools();
const installed = installedTools();
let folder;
let database;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'leasehold-interop-'));
  database = join(folder, 'db');
});
afterEach(() => rmSync(folder, { recursive: true }));
function run(tool, args, input) {
  return execFileSync(tool, args, { encoding: 'utf8', input: input ?? '', maxBuffer: 2 ** 28 });
}
/** Makes a database with mdb_load. */
function load(tools, path, ...dumps) {
  mkdirSync(path);
  for (const dump of dumps) run(tools.load, [path], dump);
}
/** The records of the unnamed database without those that stand for named ones. */
function plainEntries(main, names) {
  const named = new Set(names);
  return main.filter(([key]) => !named.has(key.toString('latin1')));
}
describe.each([
  { whose: 'compiled here', tools: compiled },
  { whose: 'of this machine', tools: installed },
])('with the LMDB tools $whose', ({ tools: found }) => {
  describe.skipIf(found === undefined)('which there are', () => {
    const tools = found;
    test('mdb_stat -a reports every collection while leasehold has the database open', () => {
      const env_1 = { stack: [], error: void 0, hasError: false };
      try {
        const env = __addDisposableResource(env_1, open(database), false);
        const contents = fill(env);
        const status = run(tools.stat, ['-a', database]);
        for (const [name, entries] of contents) {
          if (name === undefined) continue;
          const [, section] = status.split(`Status of ${name}\n`);
          expect(section, name).toBeDefined();
          expect(Number(/Entries: (\d+)/.exec(section)?.[1]), name).toBe(entries.length);
        }
        expect(Number(/Overflow pages: (\d+)/.exec(status.split('Status of blobs\n')[1])?.[1])).toBeGreaterThan(256);
      } catch (e_1) {
        env_1.error = e_1;
        env_1.hasError = true;
      } finally {
        __disposeResources(env_1);
      }
    });
    test('mdb_dump gives the bytes of every key and value that leasehold wrote', () => {
      const env = open(database);
      const contents = fill(env);
      env.close();
      const named = parseDump(run(tools.dump, ['-a', database]));
      const main = parseDump(run(tools.dump, [database])).get(undefined);
      for (const [name, entries] of contents) {
        const dumped = name === undefined ? plainEntries(main, named.keys()) : named.get(name);
        expect(hex(dumped ?? []), name).toEqual(hex(entries));
      }
      expect(hex(named.get('cities')).filter((entry) => entry.startsWith(`${PARIS} `))).toHaveLength(1);
    });
    test('leasehold reads what mdb_load made, the unnamed database included', () => {
      const env_2 = { stack: [], error: void 0, hasError: false };
      try {
        const fruits = ['apple', 'fig', 'pear', 'ñispero'].map((name) => [Buffer.from(name), Buffer.from(`a ${name}`)]);
        const plain = [
          [Buffer.from('a'), Buffer.alloc(0)],
          [Buffer.from('b'), Buffer.alloc(100_000, 'b')],
        ];
        load(tools, database, formatDump(undefined, plain), formatDump('fruits', fruits));
        const env = __addDisposableResource(env_2, open(database), false);
        const collection = env.collection('fruits', { key: utf8, value: utf8, create: false });
        expect(env.collections()).toEqual(['fruits']);
        const txn = __addDisposableResource(env_2, env.read(), false);
        expect(
          collection
            .range({ gte: 'b', lt: 'q' }, txn)
            .toArray()
            .map(({ key, value }) => [key, value]),
        ).toEqual([
          ['fig', 'a fig'],
          ['pear', 'a pear'],
        ]);
        expect(collection.count({}, txn)).toBe(4);
        expect(env.main.get(Buffer.from('b'), txn)?.equals(Buffer.alloc(100_000, 'b'))).toBe(true);
        expect(env.main.get(Buffer.from('a'), txn)?.byteLength).toBe(0);
      } catch (e_2) {
        env_2.error = e_2;
        env_2.hasError = true;
      } finally {
        __disposeResources(env_2);
      }
    });
    test('leasehold reads what mdb_load made without writing to it', () => {
      const env_3 = { stack: [], error: void 0, hasError: false };
      try {
        load(tools, database, formatDump('fruits', [[Buffer.from('fig'), Buffer.from('1')]]));
        const env = __addDisposableResource(env_3, open(database, { readOnly: true }), false);
        expect(env.collection('fruits', { key: utf8, value: utf8 }).get('fig')).toBe('1');
      } catch (e_3) {
        env_3.error = e_3;
        env_3.hasError = true;
      } finally {
        __disposeResources(env_3);
      }
    });
    test('leasehold to mdb_dump to mdb_load to leasehold: entries and codecs are the same', () => {
      const env_4 = { stack: [], error: void 0, hasError: false };
      try {
        const env = open(database);
        const contents = fill(env);
        env.close();
        const dump = run(tools.dump, ['-a', database]);
        const copy = join(folder, 'copy');
        load(tools, copy, formatDump(undefined, contents.get(undefined)), dump);
        const again = __addDisposableResource(env_4, open(copy), false);
        expect(again.collections().sort()).toEqual([...contents.keys()].filter((name) => name !== undefined).sort());
        const cities = again.collection('cities');
        expect(cities.get(paris)).toMatchObject({ name: 'Paris', population: 2_138_551, elevation: undefined });
        expect(again.collection('documents').get('document 7')).toEqual({
          id: 7,
          tags: ['a', 'é'],
          nested: { at: 7 / 3, none: null },
        });
        const blobs = again.collection('blobs', { key: bytes, value: bytes });
        const txn = __addDisposableResource(env_4, again.read(), false);
        const read = blobs.range({}, txn).toArray();
        expect(hex(read.map(({ key, value }) => [key.toBuffer(), value.toBuffer()]))).toEqual(
          hex(contents.get('blobs')),
        );
        expect(again.main.count({ gte: Buffer.from('left by'), lt: Buffer.from('left bz') }, txn)).toBe(1);
      } catch (e_4) {
        env_4.error = e_4;
        env_4.hasError = true;
      } finally {
        __disposeResources(env_4);
      }
    });
    test.each([
      ['integerkey', 'MDB_INTEGERKEY'],
      ['reversekey', 'MDB_REVERSEKEY'],
    ])('a database with %s is refused', (option, flag) => {
      const env_5 = { stack: [], error: void 0, hasError: false };
      try {
        const dump = formatDump('foreign', [[Buffer.from([1, 0, 0, 0]), Buffer.from('x')]]);
        load(tools, database, dump.replace('type=btree', `type=btree\n${option}=1`));
        const env = __addDisposableResource(env_5, open(database), false);
        expect(() => env.collection('foreign', { key: bytes, value: bytes })).toThrow(
          expect.objectContaining({ code: 'ERR_CODEC', message: expect.stringContaining(flag) }),
        );
      } catch (e_5) {
        env_5.error = e_5;
        env_5.hasError = true;
      } finally {
        __disposeResources(env_5);
      }
    });
  });
});
