import assert from 'node:assert';
import { inspect } from 'node:util';
import { MessageChannel } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { utf8 } from '../../../lib/index.ts';
import { openStore, PersistentMap, persistent, ref, t } from '../../../lib/objects/index.ts';
import { temporaryFolder } from '../../support/fixture.ts';
import { runInChild } from './child.ts';
import { sections } from './operations.ts';
import { CLASSES, OBJECTS, type Outcome, pageOf } from './page.ts';
import { bodyOf, runCode, shownError, shownOutcome, withoutIds } from './run.ts';

const store = openStore(temporaryFolder(), { durability: 'nosync' });

const d = store.root;
const classes = await runCode(`${CLASSES} return { Frob, Gear };`, { persistent, ref, t });

/** Makes the objects anew, and runs an operation. */
async function run(code: string): Promise<string> {
  const names = { ...(classes as object), PersistentMap, utf8, d, store, assert, inspect, MessageChannel };
  for (const name of Object.keys(d)) delete d[name];
  await runCode(OBJECTS, names);
  try {
    return shownOutcome(((await runCode(bodyOf(code), { ...names, frob: d.frob })) as unknown[])[0]);
  } catch (error) {
    return shownError(error as Error);
  }
}

test('docs/objects-language.md says what each operation does', async () => {
  const done = [];
  for (const section of sections) {
    const outcomes: Outcome[] = [];
    for (const [code, remark] of section.rows) outcomes.push({ code, gives: await run(code), remark });
    done.push({ ...section, outcomes });
  }
  await expect(pageOf(done)).toMatchFileSnapshot('../../../docs/objects-language.md');
});

test('where code may not be made of strings, each operation does the same', async () => {
  const codes = sections.flatMap(({ rows }) => rows.map(([code]) => code));
  const operations = codes.map((code) => `async (frob) => { ${bodyOf(code)} }`);
  const told = runInChild(
    `const assert = (await import('node:assert')).default;
    const { inspect } = await import('node:util');
    const { MessageChannel } = await import('node:worker_threads');
    ${CLASSES}
    const store = openStore(args, { durability: 'nosync' }), d = store.root;
    const outcomes = [];
    for (const operation of [${operations.join(',\n')}]) {
      for (const name of Object.keys(d)) delete d[name];
      ${OBJECTS}
      try {
        outcomes.push({ shown: inspect((await operation(d.frob))[0], { depth: 5, breakLength: Infinity }) });
      } catch ({ name, code, message }) {
        outcomes.push({ error: { name, code, message } });
      }
    }
    tell(outcomes);`,
    temporaryFolder(),
    { execArgv: ['--disallow-code-generation-from-strings'] },
  ) as { shown: string; error?: Error }[];
  const shown = told.map(({ shown, error }) => (error === undefined ? withoutIds(shown) : shownError(error)));
  expect(shown).toEqual(await inTurn(codes, run));
});

async function inTurn<T, R>(items: readonly T[], fn: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await fn(item));
  return results;
}
