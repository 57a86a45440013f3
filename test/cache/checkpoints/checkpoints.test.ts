import { expect, test } from 'vitest';
import { runs } from '../../support/runs.ts';
import { type Break, found, some, tell } from '../../versions/model/break.ts';
import { SEED } from '../../versions/random.ts';
import { CheckpointModel } from './checkpoint-model.ts';
import { type CheckpointLibrary, loadCheckpoints } from './library.ts';

const STEPS = 250;
/** With so many seeds each mistake must be found. */
const SEEDS = 300;

async function check(lib: CheckpointLibrary, seed: number, loadsNewest = false): Promise<CheckpointModel> {
  const model = new CheckpointModel({ lib, seed, loadsNewest });
  await model.run(STEPS);
  return model;
}

test(`what is read, stored and known is true after every step (seeds from ${SEED})`, async () => {
  const lib = await loadCheckpoints();
  let [reads, hits, shifts] = [0, 0, 0];
  for (let i = 0; i < runs(SEEDS, 100_000); i++) {
    try {
      const model = await check(lib, SEED + i);
      reads += model.reads;
      hits += model.hits;
      shifts += model.shifts;
    } catch (error) {
      throw new Error(`seed ${SEED + i}: ${(error as Error).message}`, { cause: error });
    }
  }
  tell('none', `${hits} of ${reads} reads were hits; the checkpoints were stored ${shifts} times`);
  expect(hits / reads).toBeGreaterThan(0.2);
}, 7_200_000);

const folder = 'cache/checkpoints';
const rules = `${folder}/rules.js`;
const known = `${folder}/known-changes.js`;
const states = `${folder}/shared-states.js`;
const engine = `${folder}/checkpointed-engine.js`;
const keeper = `${folder}/keeper.js`;
const names = `${folder}/item-names.js`;
const item = `${folder}/item.js`;

/** Each rule of the cache, broken once. */
const RULES: readonly Break[] = [
  {
    rule: 'of the commits that have changed a key the last one counts',
    file: 'versions/engine/recent-changes.js',
    from: 'findLast((changed) => changed <= tid)',
    to: 'find((changed) => changed <= tid)',
  },
  {
    rule: 'own commits are not special: their changes are taken like those of others',
    file: rules,
    from: 'known.add(change);',
    to: 'known.add(change.ids.length > 0 ? { ...change, changes: [] } : change);',
  },
  {
    rule: 'checkpoints in the future are not taken',
    file: rules,
    from: "return { kind: 'future' };",
    to: "return { kind: 'adopted', state: { known, checkpoints: stored } };",
  },
  {
    rule: 'a change just above a checkpoint counts',
    file: rules,
    from: 'const hasState = ({ tid }) => least <= tid',
    to: 'const hasState = ({ tid }) => least <= tid + 1',
  },
  {
    rule: 'a key that has changed since the older checkpoint is not asked for as of that',
    file: rules,
    from: 'const older = last ?? (hasState(c1) ? c1 : undefined);',
    to: 'const older = c1;',
  },
  {
    rule: 'a view reads as of its own commit',
    file: rules,
    from: 'const last = known.last(key, at);',
    to: 'const last = known.last(key, known.newest.tid);',
  },
  {
    rule: 'a view does not use a checkpoint that is newer',
    file: rules,
    from: 'least <= tid && tid <= at',
    to: 'least <= tid',
  },
  {
    rule: 'checkpoints are taken only if all changes since the older one are known',
    file: rules,
    from: "if (c1.tid < known.start.tid)\n        return { kind: 'unknown' };",
    to: "if (c1.tid < known.start.tid) return { kind: 'adopted', state: { known, checkpoints: stored } };",
  },
  {
    rule: 'when commits were not told, all that is known is forgotten',
    file: engine,
    from: 'this.#states.state = begin({ tid, nonce });\n        this.#own.clear();',
    to: `for (let next = this.#processed + 1; next <= tid && this.#states.state; next++) {
      this.#states.state = told(this.#states.state, { tid: next, nonce: next === tid ? nonce : '', changes: [] });
    }`,
  },
  {
    rule: 'checkpoints of another history are not taken',
    file: rules,
    from: 'if (!isOurs)',
    to: 'if (false)',
  },
  {
    rule: 'what is read again reaches up to the newest commit that was told',
    file: keeper,
    from: 'if (value.tid < newest)\n                continue;',
    to: 'if (value.tid < newest - 1) continue;',
  },
  {
    rule: 'a state belongs to a history: its name has the nonce of its commit',
    file: names,
    from: 'toString(36)}:',
    to: 'toString(36)}`; // ',
  },
  {
    rule: 'two stores in one cache have other names',
    file: names,
    from: 'constructor(storeId, rights) {',
    to: "constructor(storeId, rights) { storeId = '';",
  },
  {
    rule: 'a state is not newer than the commit as of which it is stored',
    file: rules,
    from: 'return tid <= point.tid;',
    to: 'return true;',
  },
  {
    rule: 'damaged items are not believed',
    file: item,
    from: '|| u32(item, 0) !== checksum(name, item)',
    to: '',
  },
  {
    rule: 'an item is believed under its own name only',
    file: item,
    from: '(Math.imul(ofName, 31) ^ hashBytes',
    to: '(hashBytes',
  },
  {
    rule: 'a state is stored as of the commit for which the cache was asked first',
    file: states,
    from: 'this.#set(each.first, found);',
    to: 'this.#set(this.names.ofState(this.names.ofKey(each.key), this.state?.known.newest ?? first), found);',
  },
  {
    rule: 'what is loaded is stored as of the commit for which the cache was asked first',
    file: states,
    from: 'this.#set(name, { tid, bytes });',
    to: 'this.#set(this.names.ofState(this.names.ofKey(state), this.state?.known.newest ?? first), { tid, bytes });',
  },
  {
    rule: 'own writes are stored only where each request has a commit of its own',
    file: rules,
    from: 'return features.has(SINGLE_COMMITS) ?',
    to: 'return true ?',
  },
  {
    rule: 'own writes are stored as of their own commit',
    file: `${folder}/own-commits.js`,
    from: 'this.#states.store(write, { tid, nonce }, tid, write.bytes);',
    to: 'this.#states.store(write, this.#states.state.checkpoints.c0, 0, write.bytes);',
  },
  {
    rule: 'the end of a state is that of the moment in which it is given',
    file: known,
    from: 'return at < this.start.tid ? at + 1 : ',
    to: 'return ',
  },
];

test.each(some(RULES))('the model finds it if not: $rule', async (what) => {
  const lib = await loadCheckpoints(what);
  const how = await found((seed) => check(lib, seed), SEEDS);
  tell(what.rule, how);
  expect(how).not.toBe('');
});

test('the model finds it if what is loaded is newer than the commit of a view', async () => {
  const lib = await loadCheckpoints();
  const how = await found((seed) => check(lib, seed, true), SEEDS);
  tell('loads newer states', how);
  expect(how).not.toBe('');
});
