// A JavaScript Map of the strings that lmdb-js gives for keys, inside one read transaction.
import { open as openStore } from 'lmdb';
import { measureInNode } from '../harness/child.mjs';
import { datasetFolder, ensureDataset } from '../harness/dataset.mjs';
import { randomIndex } from '../harness/records.mjs';
import { eachTextRecord, TEXT_KEY_BYTES, writeTextKey } from '../harness/text-keys.mjs';

const format = 'lmdb-js-keys';

export const command = measureInNode;

function store(path, options) {
  return openStore({ path, noSubdir: false, encoding: 'binary', ...options });
}

export async function prepare(dataset) {
  await ensureDataset(dataset, format, async (folder) => {
    const db = store(folder, { noSync: true });
    db.transactionSync(() => {
      eachTextRecord(dataset.entries, (key, value) => db.putSync(key.latin1Slice(), value, { append: true }));
    });
    await db.close();
  });
}

export function open(dataset, operations) {
  const { entries } = dataset;
  const db = store(datasetFolder(dataset, format), { readOnly: true });
  const transaction = db.useReadTransaction();

  function build() {
    const map = new Map();
    let index = 0;
    for (const key of db.getKeys({ transaction })) map.set(key, index++);
    return map;
  }

  const wanted = Buffer.alloc(TEXT_KEY_BYTES);
  let built;
  const workloads = {
    'key-map-build': {
      Map: () => build().size,
    },
    'key-map-lookup': {
      Map() {
        built ??= build();
        let sum = 0;
        for (const key of db.getKeys({ transaction })) sum += built.get(key);
        return sum;
      },
    },
    'key-map-random': {
      Map() {
        built ??= build();
        let sum = 0;
        for (let turn = 0; turn < operations; turn++) {
          writeTextKey(wanted, randomIndex(turn, entries), entries);
          sum += built.get(wanted.latin1Slice());
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
