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

export function open(dataset, operations) {
  const { entries } = dataset;
  const db = new Database(join(datasetFolder(dataset, format), FILE), { readonly: true });
  db.pragma('mmap_size = 4294967296');
  const all = db.prepare('select key, value from entries order by key').raw();
  const from = db.prepare('select key, value from entries where key >= ? order by key limit ?').raw();
  const one = db.prepare('select value from entries where key = ?').pluck();
  const key = Buffer.alloc(KEY_BYTES);

  function shortRanges(limit) {
    let sum = 0;
    for (let turn = 0; turn < operations; turn++) {
      writeKey(key, randomIndex(turn, entries), entries);
      for (const entry of from.iterate(key, limit)) sum += entry[0][0] + entry[1][0];
    }
    return sum;
  }

  const workloads = {
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
          sum += one.get(key)[0];
        }
        return sum;
      },
    },
  };

  return { workloads, close: () => db.close() };
}
