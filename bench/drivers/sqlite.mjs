// better-sqlite3: the entries in a table whose primary key is the key, without a rowid.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { measureInNode } from '../harness/child.mjs';
import { datasetFolder, ensureDataset } from '../harness/dataset.mjs';
import { KEY_BYTES, randomIndex, recordBlocks, recordBytes, writeKey } from '../harness/records.mjs';

export const format = 'sqlite';

export const command = measureInNode;

const FILE = 'entries.sqlite';

export async function prepare(dataset) {
  await ensureDataset(dataset, format, (folder) => {
    const bytes = recordBytes(dataset);
    const db = new Database(join(folder, FILE));
    db.pragma('journal_mode = off');
    db.exec('create table entries (key blob primary key, value blob not null) without rowid');
    const insert = db.prepare('insert into entries values (?, ?)');
    db.transaction(() => {
      for (const block of recordBlocks(dataset)) {
        for (let at = 0; at < block.length; at += bytes) {
          insert.run(block.subarray(at, at + KEY_BYTES), block.subarray(at + KEY_BYTES, at + bytes));
        }
      }
    })();
    db.close();
  });
}

/** The database file of a data set. */
export function databaseFile(dataset) {
  return join(datasetFolder(dataset, format), FILE);
}

export const queries = {
  all: 'select key, value from entries order by key',
  from: 'select key, value from entries where key >= ? order by key limit ?',
  one: 'select value from entries where key = ?',
};

/** The loops, over prepared statements whose rows are arrays, and `getOne(key)`, which gives a value. */
export function loops({ all, from, getOne }, { entries }, operations) {
  const key = Buffer.alloc(KEY_BYTES);

  function shortRanges(limit) {
    let sum = 0;
    for (let turn = 0; turn < operations; turn++) {
      writeKey(key, randomIndex(turn, entries), entries);
      for (const entry of from.iterate(key, limit)) sum += entry[0][0] + entry[1][0];
    }
    return sum;
  }

  return {
    'full-scan': {
      iterate() {
        let sum = 0;
        for (const entry of all.iterate()) sum += entry[0][0] + entry[1][0];
        return sum;
      },
    },
    'range-10': { iterate: () => shortRanges(10) },
    'range-100': { iterate: () => shortRanges(100) },
    'random-get': {
      get() {
        let sum = 0;
        for (let turn = 0; turn < operations; turn++) {
          writeKey(key, randomIndex(turn, entries), entries);
          sum += getOne(key)[0];
        }
        return sum;
      },
    },
  };
}

export function open(dataset, operations) {
  const db = new Database(databaseFile(dataset), { readonly: true });
  db.pragma('mmap_size = 4294967296');
  const one = db.prepare(queries.one).pluck();
  const statements = {
    all: db.prepare(queries.all).raw(),
    from: db.prepare(queries.from).raw(),
    getOne: (key) => one.get(key),
  };
  return { workloads: loops(statements, dataset, operations), close: () => db.close() };
}
