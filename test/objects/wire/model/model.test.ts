import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { memoryFolder } from '../../../cache/model/library.ts';
import { copyOfLibrary } from '../../../support/child.ts';
import { runs } from '../../../support/runs.ts';
import { type Break, broken, found, some, tell } from '../../../versions/model/break.ts';
import { SEED } from '../../../versions/random.ts';
import { loadWire, type WireLibrary } from './library.ts';
import { WireModel } from './wire-model.ts';

const STEPS = 300;
/** With so many seeds each mistake must be found. */
const SEEDS = 300;

async function check(lib: WireLibrary, seed: number): Promise<WireModel> {
  const folder = memoryFolder();
  try {
    const model = new WireModel(lib, folder, seed);
    await model.run(STEPS);
    return model;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test(`objects on a server are what the store had, and no transaction has read what is old (seeds from ${SEED})`, {
  timeout: 7_200_000,
}, async () => {
  const lib = await loadWire(copyOfLibrary('files'));
  let [reads, commits] = [0, 0];
  for (let i = 0; i < runs(2, 10_000); i++) {
    try {
      const model = await check(lib, SEED + i);
      reads += model.reads;
      commits += model.commits;
    } catch (error) {
      throw new Error(`seed ${SEED + i}: ${(error as Error).message}`, { cause: error });
    }
  }
  tell('none', `${reads} reads, ${commits} commits`);
  expect(commits).toBeGreaterThan(5);
  expect(reads).toBeGreaterThan(20);
});

/** Each rule of objects on a server, broken once. */
const RULES: readonly Break[] = [
  {
    rule: 'a commit ends the states that are here',
    file: 'objects/wire/known-states.js',
    from: 'known.next ??= tid;',
    to: ';',
  },
  {
    rule: 'a range is not known any more when a commit has changed something in it',
    file: 'objects/wire/wire-base.js',
    from: 'this.spans.apply(change);',
    to: '',
  },
  {
    rule: 'the newest version forgets what a commit has changed',
    file: 'objects/wire/wire-live-view.js',
    from: 'forgetChanges(changes, this.handles, this.#rowCache);',
    to: '',
  },
  {
    rule: 'what a transaction has read is compared when it commits',
    file: 'objects/wire/transaction.js',
    from: 'if (found !== undefined && this.#counts)',
    to: 'if (false)',
  },
  {
    rule: 'so are the ranges that it has read',
    file: 'objects/wire/transaction.js',
    from: 'this.#noteRange(range, reverse,',
    to: '[].includes(range, reverse,',
  },
  {
    rule: 'of a range that was read in part, that part is compared',
    file: 'objects/wire/transaction.js',
    from: 'const to = last !== undefined && !reverse ? behind(last) : upper;',
    to: 'const to = last !== undefined && !reverse ? last : upper;',
  },
  {
    rule: 'a transaction reads as of one commit',
    file: 'objects/wire/reading.js',
    from: 'return known !== undefined && isValid(known, this.tid) ? known : undefined;',
    to: 'return known;',
  },
  {
    rule: 'what was loaded is the newest version, or it is loaded again',
    file: 'objects/wire/remote-store.js',
    from: 'reading.isNewest((span) => this.#base.isTouched(span))',
    to: 'true',
  },
  {
    rule: 'rows that come late are shared if nobody has changed the range since',
    file: 'objects/wire/reading.js',
    from: 'if (isNewest)',
    to: 'if (true)',
  },
  {
    rule: 'a commit that is sent again is made once',
    file: 'versions/engine/commit.js',
    from: 'addCheck(batch, CHANGE_COMMIT_ID, turn.id(writes[0]?.collection), base, commitId);',
    to: 'addCheck(batch, CHANGE_COMMIT_ID, turn.id(writes[0]?.collection), base, Buffer.from(String(Math.random()).padEnd(16).slice(0, 16)));',
  },
  {
    rule: 'the server compares what a commit has read',
    file: 'versions/engine/commit.js',
    from: 'addCheck(batch, CHANGE_CHECK, turn.id(collection), tid, key);',
    to: '',
  },
  {
    rule: 'a client goes on in the same history only',
    file: 'client/remote/history/successor.js',
    from: "if (reset === 'other-history')",
    to: 'if (false)',
  },
  {
    rule: 'a store forgets what it has when commits were left out',
    file: 'objects/wire/wire-base.js',
    from: 'this.known.forget();\n        this.spans.clear();\n        this.recent = new',
    to: 'this.recent = new',
  },
];

test.each(some(RULES))('the model finds it if not: $rule', { timeout: 600_000 }, async (what) => {
  const lib = await loadWire(broken(what));
  const how = await found((seed) => check(lib, seed), SEEDS);
  tell(what.rule, how);
  expect(how).not.toBe('');
});
