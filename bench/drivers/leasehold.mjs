// leasehold, all inside one read transaction, on the file that the C floor reads.
import { measureInNode } from '../harness/child.mjs';
import { datasetFolder } from '../harness/dataset.mjs';
import { bytes, open as openEnvironment } from '../harness/leasehold.mjs';
import { KEY_BYTES, keyOf, randomIndex, writeKey } from '../harness/records.mjs';
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

  const workloads = {
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
    'random-get': {
      get() {
        let sum = 0;
        for (let turn = 0; turn < operations; turn++) {
          writeKey(key, randomIndex(turn, entries), entries);
          sum += collection.get(key, txn).byteAt(0);
        }
        return sum;
      },
    },
  };

  function close() {
    txn.end();
    env.close();
  }

  return { workloads, close };
}
