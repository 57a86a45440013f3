import assert from 'node:assert';
import { inspect } from 'node:util';
import { MessageChannel } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { utf8 } from '../../../lib/index.ts';
import { openStore, PersistentMap, persistent, ref, t } from '../../../lib/objects/index.ts';
import { temporaryFolder } from '../../support/fixture.ts';
import { sections } from './operations.ts';
import { CLASSES, OBJECTS, type Outcome, pageOf } from './page.ts';
import { outcomeOf, runCode } from './run.ts';

const store = openStore(temporaryFolder(), { durability: 'nosync' });

const d = store.root;
const classes = await runCode(`${CLASSES} return { Frob, Gear };`, { persistent, ref, t });

/** Makes the objects anew, and runs an operation. */
async function run(code: string): Promise<string> {
  const names = { ...(classes as object), PersistentMap, utf8, d, store, assert, inspect, MessageChannel };
  for (const name of Object.keys(d)) delete d[name];
  await runCode(OBJECTS, names);
  return withoutIds(await outcomeOf(code, { ...names, frob: d.frob }));
}

/** The ids of objects depend on which operations have run before. */
function withoutIds(text: string): string {
  return text.replaceAll(/(<[\w.]+ )\d+>/g, '$117>').replaceAll(/("\$id":)\d+/g, '$117');
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
