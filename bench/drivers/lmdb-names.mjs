// lmdb-js with names as keys, in its own encoding of strings, and binary values.
import { open as openStore } from 'lmdb';
import { measureInNode } from '../harness/child.mjs';
import { datasetFolder, ensureDataset } from '../harness/dataset.mjs';
import { NAME_VALUE_BYTES, npmNames, writeNameValue } from '../harness/npm-names.mjs';
import { randomIndex } from '../harness/records.mjs';

const format = 'lmdb-js-names';

export const command = measureInNode;

function store(path, options) {
  return openStore({ path, noSubdir: false, encoding: 'binary', ...options });
}

export async function prepare(dataset) {
  await ensureDataset(dataset, format, async (folder) => {
    const db = store(folder, { noSync: true });
    const value = Buffer.alloc(NAME_VALUE_BYTES);
    db.transactionSync(() => {
      for (const [index, name] of npmNames(dataset.entries).entries()) {
        writeNameValue(value, index);
        db.putSync(name, value);
      }
    });
    await db.close();
  });
}

export function open(dataset, operations) {
  const db = store(datasetFolder(dataset, format), { readOnly: true });
  const transaction = db.useReadTransaction();
  const options = { transaction };
  let names;

  function gets(get) {
    names ??= [...db.getKeys({ transaction })];
    let sum = 0;
    for (let turn = 0; turn < operations; turn++) sum += get(names[randomIndex(turn, names.length)])[0];
    return sum;
  }

  const workloads = {
    'names-scan': {
      getRange() {
        let sum = 0;
        for (const { key, value } of db.getRange({ transaction })) sum += key.charCodeAt(0) + key.length + value[0];
        return sum;
      },
    },
    'names-get': {
      getBinary: () => gets((name) => db.getBinary(name, options)),
      getBinaryFast: () => gets((name) => db.getBinaryFast(name, options)),
    },
  };

  function close() {
    transaction.done();
    return db.close();
  }

  return { workloads, close };
}
