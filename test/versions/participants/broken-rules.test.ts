import { expect, test } from 'vitest';
import { type Break, broken, some, tell } from '../model/break.ts';
import { playTogether } from './participants.ts';
import { Wrong } from './replay.ts';

/** Breaks rules in a copy of the library, with which the participants work, and checks that the comparison of what they saw finds it. */
const BREAKS: readonly Break[] = [
  {
    rule: 'what a serializable transaction has read is compared',
    file: 'versions/transact-options.js',
    from: "notesReads: isolation === 'serializable'",
    to: 'notesReads: false',
  },
  {
    rule: 'V2: shared states are frozen',
    file: 'versions/freeze.js',
    from: 'freeze(object);',
    to: '',
  },
  {
    rule: 'V3: a shared state is that of the version read',
    file: 'versions/shared-states.js',
    from: 'const tid = u32At(lease.values, tidAt + 4);',
    to: 'const tid = 1;',
  },
  {
    rule: 'V4: changes name all keys',
    file: 'versions/change-record.js',
    from: 'return { collection, keys, range: undefined',
    to: 'return { collection, keys: keys.slice(0, 1), range: undefined',
  },
  { rule: 'V4: no commit is left out', file: 'versions/feed.js', from: 'this.#tid++', to: 'this.#tid += 2' },
  {
    rule: 'V5: what is not committed is not shared',
    file: 'versions/shared-states.js',
    from: 'found === NOT_COMMITTED ?',
    to: 'false ?',
  },
  {
    rule: 'a conditional change says whether it was made',
    file: 'versions/conditional.js',
    from: 'end) > 0)',
    to: 'end) >= 0)',
  },
];

test.each(some(BREAKS))('participants find it if not: $rule', async (what) => {
  const library = broken(what);
  const check = async (seed: number) => {
    try {
      await playTogether(library, seed, 30);
    } catch (error) {
      // Anything else is a mistake of the test.
      if (error instanceof Wrong) return error.message;
      throw error;
    }
    return '';
  };
  let how = '';
  for (let seed = 1; how === '' && seed <= 6; seed++) how = await check(seed);
  tell(what.rule, how);
  expect(how).not.toBe('');
});
