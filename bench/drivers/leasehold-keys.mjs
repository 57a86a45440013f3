// leasehold's KeyMap on keys that a range reads, inside one read transaction.
import { measureInNode } from '../harness/child.mjs';
import { datasetFolder, ensureDataset } from '../harness/dataset.mjs';
import { bytes, KeyMap, open as openEnvironment } from '../harness/leasehold.mjs';
import { randomIndex } from '../harness/records.mjs';
import { eachTextRecord, TEXT_KEY_BYTES, writeTextKey } from '../harness/text-keys.mjs';

const format = 'leasehold-keys';

export const command = measureInNode;

export async function prepare(dataset) {
  await ensureDataset(dataset, format, (folder) => {
    const env = openEnvironment(folder, { durability: 'nosync' });
    const collection = env.collection('entries', { key: bytes, value: bytes });
    env.write(() => eachTextRecord(dataset.entries, (key, value) => collection.append(key, value)));
    env.sync();
    env.close();
  });
}

export function open(dataset, operations) {
  const { entries } = dataset;
  const env = openEnvironment(datasetFolder(dataset, format), { readOnly: true });
  const collection = env.collection('entries', { key: bytes, value: bytes });
  const txn = env.read();

  function build() {
    const map = new KeyMap();
    let index = 0;
    for (const key of collection.range({}, txn).keys()) map.set(key, index++);
    return map;
  }

  /** What build and lookup cost without a map. With `numbers`, sums the numbers of the keys that are not empty; without, counts these keys. */
  function scan(numbers) {
    let index = 0;
    let sum = 0;
    for (const key of collection.range({}, txn).keys())
      sum += key.byteLength === 0 ? 0 : numbers * index++ + 1 - numbers;
    return sum;
  }

  const wanted = new Uint8Array(TEXT_KEY_BYTES);
  let built;
  const workloads = {
    'key-map-build': {
      scan: () => scan(0),
      // The map lives only as long as the pass.
      KeyMap: () => build().size,
    },
    'key-map-lookup': {
      scan: () => scan(1),
      KeyMap() {
        built ??= build();
        let sum = 0;
        for (const key of collection.range({}, txn).keys()) sum += built.get(key);
        return sum;
      },
    },
    'key-map-random': {
      made() {
        let sum = 0;
        for (let turn = 0; turn < operations; turn++) {
          const index = randomIndex(turn, entries);
          writeTextKey(wanted, index, entries);
          sum += wanted[0] === 0 ? 0 : index;
        }
        return sum;
      },
      KeyMap() {
        built ??= build();
        let sum = 0;
        for (let turn = 0; turn < operations; turn++) {
          writeTextKey(wanted, randomIndex(turn, entries), entries);
          sum += built.get(wanted);
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
