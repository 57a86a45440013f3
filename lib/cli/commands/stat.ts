import { Collection, openCollectionOf } from '../../environment/collection.ts';
import type { Environment } from '../../environment/environment.ts';
import type { OpenCollection } from '../../read/open-collection.ts';
import { openTransactionOf, type ReadTransaction } from '../../transaction/transaction.ts';
import { expiryIndex, indexKey } from '../../versions/expiry-index.ts';
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
      if (collections.length === 0) output.line('no collections');
      else {
        const rows = collections.map(shownInTable);
        const table = new Table(output);
        table.print(
          Object.keys(rows[0] as object),
          rows.map((row) => Object.values(row)),
        );
        table.end();
        for (const line of collections.map(shownBelow)) if (line !== undefined) output.line(line);
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

/** A terminal has no room for all columns. */
function shownInTable({ collection, anyKeys: _, expires: _expires, due: _due, ...rest }: CollectionStat): object {
  return { collection: displayName(collection), ...rest };
}

/** What the table does not show of a collection; undefined if there is nothing to say. */
function shownBelow({ collection, anyKeys, expires, due }: CollectionStat): string | undefined {
  const made = [
    ...(anyKeys === true ? ['keys of any length'] : []),
    ...(expires === true ? [`values that expire (${due} due)`] : []),
  ];
  return made.length === 0 ? undefined : `${displayName(collection)} has ${made.join(' and ')}`;
}

function collectionStat(env: Environment, name: string): CollectionStat {
  const opened = tryCollection(env, name);
  if ('unreadable' in opened) {
    const none = { entries: null, depth: null, branchPages: null, leafPages: null, overflowPages: null };
    const unknown = { versions: null, anyKeys: null, expires: null, due: null };
    return { collection: name, key: 'unknown', value: 'unknown', ...unknown, ...none };
  }
  const { collection, key, value, versions, anyKeys, expires, unread } = opened;
  const { entries, depth, branchPages, leafPages, overflowPages } = collection.stat();
  return {
    collection: name,
    key: key.name,
    value: unread === undefined ? value.name : 'unknown',
    versions,
    anyKeys,
    expires,
    due: env.read((txn) => dueEntries(openCollectionOf(collection) as OpenCollection, txn)),
    entries,
    depth,
    branchPages,
    leafPages,
    overflowPages,
  };
}

/** How many entries of the index by time wait for a sweep: at least as many as there are records that have expired. 0 where nothing expires. */
function dueEntries(collection: OpenCollection, txn: ReadTransaction): number {
  if (collection.expiry === undefined) return 0;
  const index = expiryIndex(collection, openTransactionOf(collection.environment, txn));
  if (index === undefined) return 0;
  return new Collection<Uint8Array, unknown, unknown, unknown>(index).count(
    { lt: indexKey(Date.now() + 1, new Uint8Array(0)) },
    txn,
  );
}
