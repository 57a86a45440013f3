import type { Environment } from '../../environment/environment.ts';
import { collectionNames, displayName, tryCollection, withDatabase } from '../database.ts';
import { DONE } from '../failure.ts';
import { printFields } from '../fields.ts';
import { Output } from '../output.ts';
import { Table } from '../terminal-table.ts';

/** `leasehold stat` */
export function stat(path: string): Promise<number> {
  return withDatabase(path, 'read', async (env) => {
    const output = new Output();
    const { pageSize } = env.stat();
    const { mapSize, fileSize, lastPage, lastTransaction, readers, maxReaders } = env.info();
    const pages = lastPage + 1;
    const tid = env.read((txn) => txn.tid);
    const environment = { path, fileSize, mapSize, pageSize, pages, lastTransaction, tid, readers, maxReaders };
    const collections = collectionNames(env).map((name) => collectionStat(env, name));
    if (output.isTerminal) {
      printFields(output, Object.entries(environment));
      output.line('');
      const [first] = collections;
      if (first === undefined) output.line('no collections');
      else {
        // A terminal has no room for all columns.
        const { anyKeys: _, ...shown } = first;
        const rows = collections.map(({ collection, anyKeys: _, ...rest }) => [
          displayName(collection),
          ...Object.values(rest),
        ]);
        const table = new Table(output);
        table.print(Object.keys(shown), rows);
        table.end();
      }
    } else {
      output.json(environment);
      for (const each of collections) output.json(each);
    }
    await output.flush();
    return DONE;
  });
}

interface CollectionStat {
  collection: string;
  [figure: string]: string | number | boolean | null;
}

function collectionStat(env: Environment, name: string): CollectionStat {
  const opened = tryCollection(env, name);
  if ('unreadable' in opened) {
    const none = { entries: null, depth: null, branchPages: null, leafPages: null, overflowPages: null };
    return { collection: name, key: 'unknown', value: 'unknown', versions: null, anyKeys: null, ...none };
  }
  const { collection, key, value, versions, anyKeys, unread } = opened;
  const { entries, depth, branchPages, leafPages, overflowPages } = collection.stat();
  return {
    collection: name,
    key: key.name,
    value: unread === undefined ? value.name : 'unknown',
    versions,
    anyKeys,
    entries,
    depth,
    branchPages,
    leafPages,
    overflowPages,
  };
}
