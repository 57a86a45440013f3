import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../support/fixture.ts';
import { type Break, broken, found, some, tell } from '../../versions/model/break.ts';
import { copyIn } from '../model/library.ts';
import { program, secondCopy } from './classes.ts';
import { ProgramModel } from './program-model.ts';

/** Breaks each rule once, in a copy of the library: the model of programs must find it. */
const BREAKS: readonly Break[] = [
  {
    rule: 'J1: what others have written while collect() marks is no garbage',
    file: 'objects/garbage/condemn.js',
    from: 'await marker.addSince(seen, txn);',
    to: '',
  },
  {
    rule: 'a transaction conflicts with those that have changed what it has read',
    file: 'objects/transact.js',
    from: '}, options, (conflicts)',
    to: "}, { ...options, isolation: 'snapshot' }, (conflicts)",
  },
  {
    rule: 'J1: nothing refers to what is condemned',
    file: 'objects/garbage/condemned.js',
    from: 'return this.#page !== undefined && isOn(this.#page, id);',
    to: 'return false;',
  },
  {
    rule: 'resolve() gets what others have committed',
    file: 'objects/view/resolve.js',
    from: 'const theirs = fieldsIn(definition, committed, references);',
    to: 'const theirs = fieldsIn(definition, found, references);',
  },
  {
    rule: 'a savepoint that fails is taken back',
    file: 'objects/view/transact-view.js',
    from: 'endSavepoint(this.#open, true);',
    to: 'endSavepoint(this.#open, false);',
  },
  {
    rule: 'a write of the environment that fails takes back the identity of what a store has made in it',
    file: 'objects/view/live-view.js',
    from: 'writingOf(this.base.state)?.ifRolledBack(() => changes.rollBack());',
    to: '',
  },
  {
    rule: 'a collection counts its entries',
    file: 'objects/collections/rows.js',
    from: 'this.#stored.add(1);',
    to: 'this.#stored.add(2);',
  },
  {
    rule: 'an element is inserted behind the one before its index',
    file: 'objects/collections/list-rows.js',
    from: 'const before = index === 0 ? undefined : found[0]?.raw;',
    to: 'const before = undefined;',
  },
  {
    rule: 'a Counter adds to what others have added',
    file: 'objects/collections/number-row.js',
    from: 'this.#numbers.set(row, this.of(row) + number);',
    to: 'this.#numbers.set(row, number);',
  },
  {
    rule: 'a watch tells of each entry of a commit',
    file: 'objects/watch.js',
    from: 'entryKeys(object, entriesOf(own))',
    to: 'entryKeys(object, entriesOf(own).slice(1))',
  },
  {
    rule: 'an older program keeps the fields that it does not know',
    file: 'objects/view/record-writer.js',
    from: 'hasAll(stored, definition)',
    to: 'false',
  },
  {
    rule: 'a field that was renamed is read by its earlier name',
    file: 'objects/class/evolution.js',
    from: '...(options.renamed?.[field.name] ?? [])',
    to: '',
  },
];

/** The number of seeds with which a test tries to find a mistake. */
const SEEDS = 20;

test.each(some(BREAKS))('the model finds it if not: $rule', async (what) => {
  const folder = broken(what);
  const recent = program(await copyIn(folder), 'new');
  const old = program(await secondCopy(folder, join(folder, 'dist')), 'old');
  const run = (seed: number): Promise<void> =>
    new ProgramModel({ programs: [recent, old], path: temporaryFolder(), seed, checkEvery: 10 }).run(400);
  const how = await found(run, SEEDS);
  tell(what.rule, how);
  expect(how).not.toBe('');
});
