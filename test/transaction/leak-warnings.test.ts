import { expect, test } from 'vitest';
import { askChild } from '../support/child.ts';
import { temporaryFolder } from '../support/fixture.ts';

const setUp = `
process.removeAllListeners('warning');
const warnings = [];
process.on('warning', ({ code, message }) => { if (code === 'LEASEHOLD_TXN_LEAK') warnings.push(message); });
const [{ default: v8 }, { default: vm }] = await Promise.all([import('node:v8'), import('node:vm')]);
v8.setFlagsFromString('--expose-gc');
const collectGarbage = vm.runInNewContext('gc');
const turn = () => new Promise((resolve) => setImmediate(resolve));
const collected = async () => { for (let i = 0; i < 6; i++) { collectGarbage(); await turn(); } };
const env = open(args.path);
const items = env.collection('items', { key: uint32, value: bytes });
items.put(1, Buffer.from('x'));
const here = () => { const end = env.read(); };
function begins() { items.range({}, env.read()).toArray(); }
function iterates() { items.range()[Symbol.iterator]().next(); }
const forget = async (how, times) => { (() => { for (let i = 0; i < times; i++) how(); })(); await collected(); };
const counts = () => warnings.splice(0).map((text) => [Number.parseInt(text) || 1, / at (begins|iterates|here) /.exec(text)?.[1]]);
`;

test('transactions that are forgotten in one place are warned of together, and again at ten times as many', () => {
  const told = askChild(
    `${setUp}
    const seen = [];
    for (const times of [1, 1, 8, 1, 89, 1]) { await forget(begins, times); seen.push(counts()); }
    tell(seen);`,
    { path: temporaryFolder() },
  );
  // The first warning could not name the place. The later ones can.
  expect(told).toEqual([[[1, null]], [[1, 'begins']], [], [[10, 'begins']], [], [[100, 'begins']]]);
});

test('each place has its own count, and the warning names it first of all, not the library', () => {
  const told = askChild(
    `${setUp}
    await forget(begins, 5);
    await forget(iterates, 2);
    await forget(here, 1);
    const seen = warnings.map((text) => text.split('\\n')[1]);
    tell([seen.every((line) => line.includes('main.mjs')), counts()]);`,
    { path: temporaryFolder() },
    { env: { LEASEHOLD_TRACE_LEAKS: '1' } },
  );
  expect(told).toEqual([
    true,
    [
      [5, 'begins'],
      [2, 'iterates'],
      [1, 'here'],
    ],
  ]);
});

test('a program that makes the texts of stacks itself gets at nothing by that, and harms nothing', () => {
  const told = askChild(
    `${setUp}
    Error.prepareStackTrace = (error, frames) => {
      frames.forEach((frame) => { if (frame.getThis() !== undefined) warnings.push('a receiver'); });
      other.close();
      throw new Error('not this time');
    };
    const other = open(args.path + '/other');
    let code;
    try { other.collection('x', { key: uint32, value: bytes }).range({}, other.read()).toArray(); } catch (error) { code = error.code; }
    Object.defineProperty(Error, 'stackTraceLimit', { value: 3, writable: false });
    env.read().end();
    tell([code, warnings, other.isOpen]);`,
    { path: temporaryFolder() },
    { env: { LEASEHOLD_TRACE_LEAKS: '1' } },
  );
  expect(told).toEqual(['ERR_ENV_CLOSED', [], false]);
});
