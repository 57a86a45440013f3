// lmdb-js with binary keys and values, all inside one read transaction. It writes a file format of its own, so it has
// its own file of the same records.
import { open as openStore } from 'lmdb';
import { measureInNode } from '../harness/child.mjs';
import { datasetFolder, ensureDataset } from '../harness/dataset.mjs';
import { KEY_BYTES, keyOf, RECORD_BYTES, randomIndex, recordBlocks, writeKey } from '../harness/records.mjs';

export const format = 'lmdb-js';

export const command = measureInNode;

function store(path, options) {
  return openStore({ path, noSubdir: false, encoding: 'binary', keyEncoding: 'binary', ...options });
}

export async function prepare(dataset) {
  await ensureDataset(dataset, format, async (folder) => {
    const db = store(folder, { noSync: true });
    db.transactionSync(() => {
      for (const block of recordBlocks(dataset.entries)) {
        for (let at = 0; at < block.length; at += RECORD_BYTES) {
          const key = block.subarray(at, at + KEY_BYTES);
          db.putSync(key, block.subarray(at + KEY_BYTES, at + RECORD_BYTES), { append: true });
        }
      }
    });
    await db.close();
  });
}

export function open(dataset, operations) {
  const { entries } = dataset;
  const db = store(datasetFolder(dataset, format), { readOnly: true });
  const transaction = db.useReadTransaction();
  const options = { transaction };
  const key = new Uint8Array(KEY_BYTES);
  const start = keyOf(Math.floor(entries / 4), entries);
  const end = keyOf(Math.floor(entries / 4) + operations, entries);

  const workloads = {
    'full-scan': {
      getRange() {
        let sum = 0;
        for (const { key, value } of db.getRange({ transaction })) sum += key[0] + value[0];
        return sum;
      },
    },
    count: {
      getKeysCount: () => db.getKeysCount({ transaction }),
    },
    'count-half': {
      getKeysCount: () => db.getKeysCount({ start, end, transaction }),
    },
    'random-get': {
      getBinary() {
        let sum = 0;
        for (let turn = 0; turn < operations; turn++) {
          writeKey(key, randomIndex(turn, entries), entries);
          sum += db.getBinary(key, options)[0];
        }
        return sum;
      },
      getBinaryFast() {
        let sum = 0;
        for (let turn = 0; turn < operations; turn++) {
          writeKey(key, randomIndex(turn, entries), entries);
          sum += db.getBinaryFast(key, options)[0];
        }
        return sum;
      },
    },
  };

  function close() {
    transaction.done();
    return db.close();
  }

  return { workloads, close };
}
