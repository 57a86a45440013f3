// leasehold with names as keys: codecs `utf8` and `bytes`. A key that is read is a string.
import { measureInNode } from '../harness/child.mjs';
import { datasetFolder, ensureDataset } from '../harness/dataset.mjs';
import { bytes, open as openEnvironment, utf8 } from '../harness/leasehold.mjs';
import { NAME_VALUE_BYTES, npmNames, writeNameValue } from '../harness/npm-names.mjs';
import { randomIndex } from '../harness/records.mjs';

export const format = 'leasehold-names';

export const command = measureInNode;

export async function prepare(dataset) {
  await ensureDataset(dataset, format, (folder) => {
    const env = openEnvironment(folder, { durability: 'nosync' });
    const collection = env.collection('entries', { key: utf8, value: bytes });
    const value = Buffer.alloc(NAME_VALUE_BYTES);
    env.write(() => {
      for (const [index, name] of npmNames(dataset.entries).entries()) {
        writeNameValue(value, index);
        collection.append(name, value);
      }
    });
    env.sync();
    env.close();
  });
}

export function open(dataset, operations) {
  const env = openEnvironment(datasetFolder(dataset, format), { readOnly: true });
  const collection = env.collection('entries', { key: utf8, value: bytes });
  const txn = env.read();
  let names;

  const workloads = {
    'names-scan': {
      range() {
        let sum = 0;
        for (const { key, value } of collection.range({}, txn)) sum += key.charCodeAt(0) + key.length + value.byteAt(0);
        return sum;
      },
    },
    'names-get': {
      get() {
        names ??= collection.range({}, txn).keys().toArray();
        let sum = 0;
        for (let turn = 0; turn < operations; turn++) {
          sum += collection.get(names[randomIndex(turn, names.length)], txn).byteAt(0);
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
