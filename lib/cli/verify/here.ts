import { openCollectionOf } from '../../environment/collection.ts';
import { native } from '../../native/native.ts';
import type { OpenCollection } from '../../read/open-collection.ts';
import type { ReadTransaction } from '../../transaction/transaction.ts';
import { Value } from '../../value/value.ts';
import { collectionNames, type Opened, tryCollection, withDatabase } from '../database.ts';
import { DONE, NEGATIVE } from '../failure.ts';
import { Output } from '../output.ts';
import { plainValue } from '../printable.ts';
import { lastTid, type Verified, verifyChanges } from './changes.ts';
import { verifyObjects } from './objects.ts';
import { TimesCheck } from './times.ts';

const MOST_TOLD = 10;

/** Reads all of a database in this process. Prints what it is going to read and what it has found, a JSON text on each line. */
export async function verifyHere(path: string): Promise<number> {
  // By this clock nothing has expired: what waits for a sweep is read, too.
  native.shiftClock(-Date.now());
  try {
    return await verifyAll(path);
  } finally {
    native.shiftClock(0);
  }
}

function verifyAll(path: string): Promise<number> {
  return withDatabase(path, 'read', async (env) => {
    const output = new Output();
    let code = DONE;
    const names = collectionNames(env);
    for (const name of names[0] === '' ? names : ['', ...names]) {
      output.json({ reading: name });
      await output.flush();
      const opened = tryCollection(env, name);
      const verified =
        'unreadable' in opened
          ? { collection: name, entries: 0, problems: 1, found: [opened.unreadable] }
          : env.read((txn) => verifyCollection(opened, txn), { onEnd: 'invalidate' });
      if (verified.problems > 0) code = NEGATIVE;
      output.json(verified);
    }
    for (const verified of [await verifyChanges(env), await verifyObjects(env, MOST_TOLD)]) {
      if (verified === undefined) continue;
      if (verified.problems > 0) code = NEGATIVE;
      output.json(verified);
    }
    await output.flush();
    return code;
  });
}

/** Reads and decodes every entry, and looks it up again by its key. */
function verifyCollection(opened: Opened, txn: ReadTransaction): Verified {
  const { collection, name, key: codec } = opened;
  const verified: Verified = { collection: name, entries: 0, problems: 0, found: [] };
  const problem = (what: string): void => {
    verified.problems++;
    if (verified.found.length < MOST_TOLD) verified.found.push(what);
  };
  const tid = lastTid(txn);
  const times = TimesCheck.of(openCollectionOf(collection) as OpenCollection, txn);
  for (const entry of collection.range({}, txn)) {
    verified.entries++;
    let key: string | undefined;
    try {
      key = codec.text.toJson(entry.key);
      if ((entry.version ?? 0) > tid)
        problem(`the key ${key} has version ${entry.version}, but the last commit is ${tid}`);
      times?.add(entry, key);
      if (!collection.has(entry.key, txn)) problem(`the key ${key} is not found when it is looked up`);
      const { value } = entry;
      if (value instanceof Value) value.hash();
      else plainValue(value, opened);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ERR_CODEC')) throw error;
      problem(`${key === undefined ? `entry ${verified.entries}` : `the value of the key ${key}`}: ${error.message}`);
    }
  }
  times?.finish(problem);
  const { entries } = collection.stat(txn);
  if (entries !== verified.entries) problem(`there should be ${entries} entries, but there are ${verified.entries}`);
  return verified;
}
