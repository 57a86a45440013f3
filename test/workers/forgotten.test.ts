import { describe, expect, test } from 'vitest';
import { runChild } from '../support/child.ts';
import { temporaryFolder } from '../support/fixture.ts';
import { versions, workerProgram } from './program.ts';

const setUp = `
const made = openItems();
const { env, items } = made;
if (isMainThread) rewrite(made);
const warnings = [];
process.on('warning', (warning) => warnings.push(warning.code ?? warning.message));
const [{ default: v8 }, { default: vm }] = await Promise.all([import('node:v8'), import('node:vm')]);
v8.setFlagsFromString('--expose-gc');
const collectGarbage = vm.runInNewContext('gc');
const collected = async () => { for (let i = 0; i < 6; i++) { collectGarbage(); await turn(); } };
const kept = [];
const version = versionOf(items.get(1));
`;

const LEAK = 'LEASEHOLD_TXN_LEAK';
/** Code, and the warnings that it causes. It runs in a separate function, so that no reference to it stays on the stack. */
const cases: Record<string, [source: string, warnings: string[]]> = {
  'a transaction that was forgotten': ['env.read();', [LEAK]],
  'one that had lent what nobody holds': ['items.range({}, env.read()).toArray();', [LEAK]],
  'one whose sinks are held': ['kept.push(...items.range({}, env.read()).toArray());', [LEAK]],
  'one whose Buffer is held': ['kept.push({ key: 50, value: items.getBuffer(50, env.read()) });', [LEAK]],
  three: ['env.read(); env.read(); items.get(1, env.read());', [LEAK]],
  'an iterator with a transaction of its own': ['items.range()[Symbol.iterator]().next();', [LEAK]],
  'an iterator that was not begun': ['items.range()[Symbol.iterator]();', []],
  'one that was ended': ['const txn = env.read(); items.get(1, txn); txn.end();', []],
  'one that was ended in a later job': ['const txn = env.read(); setImmediate(() => txn.end()); kept.pop();', []],
  'one that drains': ['const txn = env.read(); kept.push(...items.range({}, txn)); txn.end();', []],
  'one that env.read() ended': ['env.read((txn) => items.get(1, txn));', []],
  'one that env.read() ended after a throw': ["try { env.read(() => { throw new Error('x'); }); } catch {}", []],
  'one whose iteration is under way': [
    'kept.iterator = items.range({}, env.read())[Symbol.iterator](); kept.iterator.next();',
    [LEAK],
  ],
  'one that close() ended': [
    'const other = open(args.path); other.read(); items.get(1, env.read()); other.close();',
    [LEAK],
  ],
};

/** Afterwards the program finishes the iteration of the last case but one, and reads what the cases have kept. */
const run = `
  (() => { SOURCE })();
  await collected();
  const under = warnings.length;
  const rest = kept.iterator === undefined ? 0 : [...kept.iterator].length;
  await collected();
  const early = [...warnings];
  rewrite(made);
  rewrite(made);
  for (const { key, value } of kept) if (!value.equals(contents(key, version))) throw new Error('wrong bytes of ' + key);
  kept.length = 0;
  await collected();
  while (env.counters().snapshots > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  const result = { under, early, late: warnings.slice(early.length), rest, slots: env.counters().snapshots };
`;

describe('the collector ends, with one warning,', () => {
  test.each(Object.entries(cases))('%s', (_, [source, warnings]) => {
    const program = workerProgram({
      shared: versions + setUp,
      main: `${run.replace('SOURCE', source)} tell(result);`,
      worker: '',
    });
    const { status, told, stderr } = runChild(program, { path: temporaryFolder() }, { execArgv: ['--no-warnings'] });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const iterates = source.includes('iterator =');
    expect(told[0]).toEqual({
      under: iterates ? 0 : warnings.length,
      early: warnings,
      late: [],
      rest: iterates ? 299 : 0,
      slots: 0,
    });
  });

  test('those of a worker, which warns by itself, and not those that end with it', () => {
    const program = workerProgram({
      shared: versions + setUp,
      main: `const results = [];
        for (const source of ['env.read();', '']) {
          const worker = start({ source });
          const exited = exitOf(worker);
          results.push((await once(worker, 'message'))[0]);
          await exited;
        }
        await collected();
        tell([results, warnings, env.counters().snapshots]);`,
      worker: `(() => { if (workerData.source !== '') items.get(1, env.read()); })();
        await collected();
        const early = [...warnings];
        kept.open = env.read();
        items.get(1, kept.open);
        say(early);
        process.exit();`,
    });
    const { status, told } = runChild(program, { path: temporaryFolder() }, { execArgv: ['--no-warnings'] });
    expect([status, told[0]]).toEqual([0, [[[LEAK], []], [], 0]]);
  });
});
