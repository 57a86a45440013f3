import { expect, test } from 'vitest';
import { copyOfLibrary } from '../../support/child.ts';
import { runs } from '../../support/runs.ts';
import { type Break, broken, found, some, tell } from '../../versions/model/break.ts';
import { SEED } from '../../versions/random.ts';
import type { Verification } from './fake-server.ts';
import { type ClientLibrary, loadClient, memoryFolder } from './library.ts';
import { OrderModel } from './order-model.ts';

const STEPS = 200;
/** With so many seeds each mistake must be found. */
const SEEDS = 300;

async function check(
  lib: ClientLibrary,
  path: string,
  seed: number,
  verification: Verification = 'commits',
): Promise<OrderModel> {
  const model = new OrderModel({ lib, path, seed, verification });
  await model.run(STEPS);
  return model;
}

test(`what is read, and every entry of the cache, is true after every step (seeds from ${SEED})`, async () => {
  const lib = await loadClient(copyOfLibrary('files'));
  const path = memoryFolder();
  let [reads, hits] = [0, 0];
  for (let i = 0; i < runs(30, 100_000); i++) {
    try {
      const model = await check(lib, path, SEED + i);
      reads += model.reads;
      hits += model.hits;
    } catch (error) {
      throw new Error(`seed ${SEED + i}: ${(error as Error).message}`, { cause: error });
    }
  }
  tell('none', `${hits} of ${reads} reads were hits`);
  expect(hits / reads).toBeGreaterThan(0.2);
});

const engine = 'cache/cached-engine.js';
const states = 'cache/cached-states.js';
const file = 'cache/cache-file.js';
const writes = 'cache/cache-writes.js';

/** Something that is done in a later turn. */
const later = (code: string) =>
  `globalThis[Symbol.for('the clock of the model of a cache')].setTimeout(() => { ${code} }, 1);`;

/** Each rule of the cache, broken once. */
const RULES: readonly Break[] = [
  {
    rule: 'a reply is taken into the cache in the call that reads it',
    file: engine,
    from: 'this.#states.receive(state, name);',
    to: later('this.#states.receive(state, name);'),
  },
  {
    rule: 'invalidations come in their place in the stream',
    file: 'client/remote/client-session.js',
    from: 'this.#change(readChange(payloadOf(frame)));',
    // One that comes late, and not all: what an answer says of its end would make up for that.
    to: `const told = readChange(payloadOf(frame)); if (told.tid % 3 > 0) this.#change(told); else ${later('this.#change(told);')}`,
  },
  {
    rule: 'the tid of the cache moves in the transaction of its invalidations',
    file,
    from: 'if (epoch === meta.epoch)\n                applyChange(this.#tables, change, epoch);',
    to: later('try { this.#write(() => applyChange(this.#tables, change, epoch)); } catch {}'),
  },
  {
    rule: 'what comes while the cache is verified is applied',
    file: states,
    from: 'this.#guard((file) => file.apply(change));',
    to: 'this.upTo ??= this.#processed + 3; this.#guard((file) => file.apply(change.tid <= this.upTo ? { ...change, changes: [] } : change));',
  },
  {
    rule: 'own commits come by the stream',
    file: engine,
    from: 'return this.#inner.commit(request);',
    to: `return this.#inner.commit(request).then((done) => {
      if (done.tid > this.#processed) {
        this.#apply({ tid: done.tid, nonce: '', time: 0, ids: [], changes: request.writes.map(({ collection, key }) => ({ collection, keys: [key], range: undefined, dropped: false })) });
      }
      return done;
    });`,
  },
  {
    rule: 'after a reconnection the commits are told that the cache has missed',
    file: 'client/remote/history/remote-history.js',
    from: 'this.listeners.change(change);',
    to: 'this.listeners.change(change.tid <= this.#server.tid ? { ...change, changes: [] } : change);',
  },
  {
    rule: 'open intervals are worth nothing when commits were missed',
    file,
    from: 'this.#begin({ ...meta, epoch: meta.epoch + 1,',
    to: 'this.#begin({ ...meta, epoch: meta.epoch,',
  },
  {
    rule: 'states that are not written yet are dropped when commits were missed',
    file: states,
    from: 'this.#young.clear();\n        this.#guard((file) => file.skipTo',
    to: 'this.#guard((file) => file.skipTo',
  },
  {
    rule: 'rows that come when commits were missed end with the commit of their range',
    file: states,
    from: 'this.#recent = new RecentChanges(tid, MOST_RECENT);\n        this.#young.clear();',
    to: 'this.#young.clear();',
  },
  {
    rule: 'another history drops everything',
    file,
    from: "|| reset === 'other-history'",
    to: '',
  },
  {
    rule: 'commits that another process was told are of the same history',
    file: 'cache/history/same-history.js',
    from: 'if (nonceOf(tid) !== nonce)',
    to: 'if (tid === at && nonceOf(tid) !== nonce)',
  },
  {
    rule: 'states wait until their process was told what the cache was told',
    file,
    from: 'const isOpen = state.next === undefined && at !== processed;',
    to: 'const isOpen = false;',
  },
  { rule: 'commits end the states that are not written yet', file: states, from: 'this.#young.apply(change);', to: '' },
  {
    rule: 'rows of a range end with what has changed since',
    file: states,
    from: 'const next = isKnown ? this.#recent.firstAfter({ collection, key }, at) : at + 1;',
    to: 'const next = undefined;',
  },
  {
    rule: 'a range that has changed since it was read is not known whole',
    file: states,
    from: '!this.#recent.touches(collection, boundsOf(part, false), at, this.#processed)',
    to: 'true',
  },
  {
    rule: 'a new key is a hole in a span',
    file: writes,
    from: 'if (span !== undefined)\n            put(tables, at, { tid: span.tid',
    to: 'if (false)\n            put(tables, at, { tid: span.tid',
  },
  {
    rule: 'a range that is cleared is not known any more',
    file: writes,
    from: 'for (const span of tables.spans.meeting(number, partOf(range)))\n        tables.spans.delete(number, span);',
    to: '',
  },
  {
    rule: 'a large value that a commit passes ends with it',
    file: 'client/remote/load-operation.js',
    from: 'changes.some((change) => isTouched(change, collection, range))',
    to: 'false',
  },
  {
    rule: 'an answer to another is right as of the own commit',
    file: 'cache/flights.js',
    from: 'if (state.tid <= at && (state.next === undefined || at < state.next))',
    to: 'if (true)',
  },
  {
    rule: 'a state is that of the commit asked for',
    file: 'cache/state-record.js',
    from: 'epoch === current : at < next',
    to: 'epoch === current : true',
  },
];

test.each(some(RULES))('the model finds it if not: $rule', async (what) => {
  const lib = await loadClient(broken(what));
  const path = memoryFolder();
  const how = await found((seed) => check(lib, path, seed), SEEDS);
  tell(what.rule, how);
  expect(how).not.toBe('');
});

const VERIFICATIONS: readonly Verification[] = ['keys without tids', 'last changes'];

test.each(some(VERIFICATIONS))('the model finds it if a server tells what was missed as %s', async (verification) => {
  const lib = await loadClient(copyOfLibrary('files'));
  const path = memoryFolder();
  const how = await found((seed) => check(lib, path, seed, verification), SEEDS);
  tell(verification, how);
  expect(how).not.toBe('');
});
