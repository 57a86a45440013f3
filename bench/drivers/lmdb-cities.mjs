// lmdb-js with the records of the suite `fields` as objects that its encoder writes: what its two drivers share.
import { open as openStore } from 'lmdb';
import { measureInNode } from '../harness/child.mjs';
import { cityOf } from '../harness/cities.mjs';
import { datasetFolder, ensureDataset } from '../harness/dataset.mjs';

/** The key of the structures that the records share. It comes after the keys of all records. */
const STRUCTURES = 2 ** 32 - 1;

/** A driver with a separate file, whose store is opened with these options. */
export function citiesDriver(format, encoding) {
  const store = (path, options) =>
    openStore({
      path,
      noSubdir: false,
      keyEncoding: 'uint32',
      sharedStructuresKey: STRUCTURES,
      ...encoding,
      ...options,
    });

  async function prepare(dataset) {
    await ensureDataset(dataset, format, async (folder) => {
      const db = store(folder, { noSync: true });
      db.transactionSync(() => {
        for (let index = 0; index < dataset.entries; index++) db.putSync(index, cityOf(index));
      });
      await db.close();
    });
  }

  function open(dataset) {
    const db = store(datasetFolder(dataset, format), { readOnly: true });
    const transaction = db.useReadTransaction();
    const workloads = {
      'number-field': {
        getRange() {
          let sum = 0;
          for (const { value } of db.getRange({ start: 0, end: STRUCTURES, transaction })) sum += value.population;
          return sum;
        },
      },
      'text-field': {
        getRange() {
          let sum = 0;
          for (const { value } of db.getRange({ start: 0, end: STRUCTURES, transaction })) {
            const { name } = value;
            sum += name.length + name.charCodeAt(0);
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

  return { format, command: measureInNode, prepare, open };
}
