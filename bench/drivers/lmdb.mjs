// lmdb-js with binary keys and values, all inside one read transaction. It writes a file format of its own, so it has
// its own file of the same records.
import { open as openStore } from 'lmdb';
import { measureInNode } from '../harness/child.mjs';
import { datasetFolder, ensureDataset } from '../harness/dataset.mjs';
import { HOT_KEYS, KEY_BYTES, keyOf, randomIndex, recordBlocks, recordBytes, writeKey } from '../harness/records.mjs';

export const format = 'lmdb-js';

export const command = measureInNode;

function store(path, options) {
  return openStore({ path, noSubdir: false, encoding: 'binary', keyEncoding: 'binary', ...options });
}

export async function prepare(dataset) {
  await ensureDataset(dataset, format, async (folder) => {
    const bytes = recordBytes(dataset);
    const db = store(folder, { noSync: true });
    db.transactionSync(() => {
      for (const block of recordBlocks(dataset)) {
        for (let at = 0; at < block.length; at += bytes) {
          const key = block.subarray(at, at + KEY_BYTES);
          db.putSync(key, block.subarray(at + KEY_BYTES, at + bytes), { append: true });
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

  function shortRanges(limit) {
    let sum = 0;
    for (let turn = 0; turn < operations; turn++) {
      writeKey(key, randomIndex(turn, entries), entries);
      for (const entry of db.getRange({ start: key, limit, transaction })) sum += entry.key[0] + entry.value[0];
    }
    return sum;
  }

  const bothEnds = {
    getBinary() {
      let sum = 0;
      for (let turn = 0; turn < operations; turn++) {
        writeKey(key, randomIndex(turn, entries), entries);
        const value = db.getBinary(key, options);
        sum += value[0] + value[value.length - 1];
      }
      return sum;
    },
    getBinaryFast() {
      let sum = 0;
      for (let turn = 0; turn < operations; turn++) {
        writeKey(key, randomIndex(turn, entries), entries);
        const value = db.getBinaryFast(key, options);
        sum += value[0] + value[value.length - 1];
      }
      return sum;
    },
  };

  const randomGets = {
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
  };

  const workloads = {
    'values-1k': bothEnds,
    'values-64k': bothEnds,
    'values-1m': bothEnds,
    'keys-scan': {
      getKeys() {
        let sum = 0;
        for (const key of db.getKeys({ transaction })) sum += key[0];
        return sum;
      },
    },
    'reverse-scan': {
      getRange() {
        let sum = 0;
        for (const { key, value } of db.getRange({ reverse: true, transaction })) sum += key[0] + value[0];
        return sum;
      },
    },
    'prefix-scan': {
      getRange() {
        let sum = 0;
        for (let byte = 0; byte < 256; byte++) {
          const start = Uint8Array.of(byte);
          const end = byte === 255 ? undefined : Uint8Array.of(byte + 1);
          for (const { key, value } of db.getRange({ start, end, transaction })) sum += key[0] + value[0];
        }
        return sum;
      },
    },
    'range-10': { getRange: () => shortRanges(10) },
    'range-100': { getRange: () => shortRanges(100) },
    'hot-get': {
      getBinary() {
        let sum = 0;
        for (let turn = 0; turn < operations; turn++) {
          writeKey(key, randomIndex(turn % HOT_KEYS, entries), entries);
          sum += db.getBinary(key, options)[0];
        }
        return sum;
      },
      getBinaryFast() {
        let sum = 0;
        for (let turn = 0; turn < operations; turn++) {
          writeKey(key, randomIndex(turn % HOT_KEYS, entries), entries);
          sum += db.getBinaryFast(key, options)[0];
        }
        return sum;
      },
    },
    'empty-transaction': {
      'use-done'() {
        finish();
        let sum = 0;
        for (let turn = 0; turn < operations; turn++) {
          const txn = db.useReadTransaction();
          sum++;
          txn.done();
        }
        return sum;
      },
    },
    'full-scan': {
      // This decoder looks at the bytes where they lie and copies nothing. It is fast, but wrong for a caller that keeps what
      // it gives.
      uncopied() {
        const raw = openStore({
          path: datasetFolder(dataset, format),
          noSubdir: false,
          readOnly: true,
          keyEncoding: 'binary',
          encoder: { encode: (value) => value, decode: (bytes) => bytes[0] },
        });
        let sum = 0;
        for (const { key, value } of raw.getRange({ transaction })) sum += key[0] + value;
        return sum;
      },
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
    'random-get': randomGets,
    'cold-get': randomGets,
  };

  let finished = false;
  function finish() {
    if (!finished) transaction.done();
    finished = true;
  }

  function close() {
    finish();
    return db.close();
  }

  return { workloads, close };
}
