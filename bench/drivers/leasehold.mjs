// leasehold, all inside one read transaction, on the file that the C floor reads.
import { measureInNode } from '../harness/child.mjs';
import { datasetFolder } from '../harness/dataset.mjs';
import { bytes, open as openEnvironment } from '../harness/leasehold.mjs';
import { HOT_KEYS, KEY_BYTES, keyOf, randomIndex, writeKey } from '../harness/records.mjs';
import { format, prepare } from './c.mjs';

export { format, prepare };

export const command = measureInNode;

export function open(dataset, operations) {
  const { entries } = dataset;
  const env = openEnvironment(datasetFolder(dataset, format), { readOnly: true });
  const collection = env.collection('entries', { key: bytes, value: bytes });
  const txn = env.read();
  const key = new Uint8Array(KEY_BYTES);
  const gte = keyOf(Math.floor(entries / 4), entries);
  const lt = keyOf(Math.floor(entries / 4) + operations, entries);

  function shortRanges(limit) {
    let sum = 0;
    for (let turn = 0; turn < operations; turn++) {
      writeKey(key, randomIndex(turn, entries), entries);
      for (const entry of collection.range({ gte: key, limit }, txn))
        sum += entry.key.byteAt(0) + entry.value.byteAt(0);
    }
    return sum;
  }

  const bothEnds = {
    get() {
      let sum = 0;
      for (let turn = 0; turn < operations; turn++) {
        writeKey(key, randomIndex(turn, entries), entries);
        const value = collection.get(key, txn);
        sum += value.byteAt(0) + value.byteAt(value.byteLength - 1);
      }
      return sum;
    },
    getBuffer() {
      let sum = 0;
      for (let turn = 0; turn < operations; turn++) {
        writeKey(key, randomIndex(turn, entries), entries);
        const value = collection.getBuffer(key, txn);
        sum += value[0] + value[value.length - 1];
      }
      return sum;
    },
  };

  const randomGets = {
    get() {
      let sum = 0;
      for (let turn = 0; turn < operations; turn++) {
        writeKey(key, randomIndex(turn, entries), entries);
        sum += collection.get(key, txn).byteAt(0);
      }
      return sum;
    },
  };

  const workloads = {
    'values-1k': bothEnds,
    'values-64k': bothEnds,
    'values-1m': bothEnds,
    'keys-scan': {
      keys() {
        let sum = 0;
        for (const key of collection.range({}, txn).keys()) sum += key.byteAt(0);
        return sum;
      },
    },
    'reverse-scan': {
      range() {
        let sum = 0;
        for (const { key, value } of collection.range({ reverse: true }, txn)) sum += key.byteAt(0) + value.byteAt(0);
        return sum;
      },
    },
    'prefix-scan': {
      range() {
        let sum = 0;
        for (let byte = 0; byte < 256; byte++) {
          const prefix = Uint8Array.of(byte);
          for (const { key, value } of collection.range({ prefix }, txn)) sum += key.byteAt(0) + value.byteAt(0);
        }
        return sum;
      },
    },
    'range-10': { range: () => shortRanges(10) },
    'range-100': { range: () => shortRanges(100) },
    'hot-get': {
      get() {
        let sum = 0;
        for (let turn = 0; turn < operations; turn++) {
          writeKey(key, randomIndex(turn % HOT_KEYS, entries), entries);
          sum += collection.get(key, txn).byteAt(0);
        }
        return sum;
      },
    },
    'empty-transaction': {
      'read-end'() {
        // End the outer transaction, so that no snapshot is open, as in the other drivers.
        txn.end();
        let sum = 0;
        for (let turn = 0; turn < operations; turn++) {
          const txn = env.read();
          sum++;
          txn.end();
        }
        return sum;
      },
    },
    'full-scan': {
      range() {
        let sum = 0;
        for (const { key, value } of collection.range({}, txn)) sum += key.byteAt(0) + value.byteAt(0);
        return sum;
      },
      scan() {
        let sum = 0;
        collection.scan(
          {},
          (entry) => {
            sum += entry.key.byteAt(0) + entry.value.byteAt(0);
          },
          txn,
        );
        return sum;
      },
    },
    count: {
      count: () => collection.count({}, txn),
    },
    'count-half': {
      count: () => collection.count({ gte, lt }, txn),
    },
    'random-get': randomGets,
    'cold-get': randomGets,
  };

  function close() {
    txn.end();
    env.close();
  }

  return { workloads, close };
}
