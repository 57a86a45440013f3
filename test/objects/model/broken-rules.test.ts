import { expect, test } from 'vitest';
import { temporaryFolder } from '../../support/fixture.ts';
import { type Break, broken, found, some, tell } from '../../versions/model/break.ts';
import { copyIn } from './library.ts';
import { ObjectModel } from './object-model.ts';

/**
 * Breaks each rule once, in a copy of the library, and checks that the model fails. Otherwise nobody would know whether it can find mistakes.
 */
const BREAKS: readonly Break[] = [
  {
    rule: 'J2: a view has one object for an id',
    file: 'objects/view/view.js',
    from: 'this.handles.set(id, handle);',
    to: '',
  },
  {
    rule: 'J1: the column of references has what the values have',
    file: 'objects/view/record-writer.js',
    from: 'this.#ids[this.#ids.length] = id;',
    to: 'this.#ids[0] = id;',
  },
  {
    rule: 'J3: what others have changed is read again',
    file: 'objects/view/forget-changed.js',
    from: 'forgetObject(handles, idAt(key, 0))',
    to: 'void key',
  },
  {
    rule: 'J3: a shared state is that of the version read',
    file: 'objects/record/state-table.js',
    from: 'known[TID] === read[TID]',
    to: 'true',
  },
  {
    rule: 'what a write that failed has made is not stored',
    file: 'objects/view/changeset.js',
    from: 'slots.setId(handle, id);',
    to: '',
  },
  {
    rule: 'J1: ids are claimed before they are given',
    file: 'objects/base.js',
    from: 'saveLastId(transaction, last + this.#claim);',
    to: '',
  },
];

/** The number of seeds with which a test tries to find a mistake. */
const SEEDS = 20;

test.each(some(BREAKS))('the model finds it if not: $rule', async (what) => {
  const library = await copyIn(broken(what));
  const how = await found((seed) => new ObjectModel({ library, path: temporaryFolder(), seed }).run(200), SEEDS);
  tell(what.rule, how);
  expect(how).not.toBe('');
});
