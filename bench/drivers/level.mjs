// classic-level (LevelDB), keys and values as Uint8Arrays. Iterators are asynchronous: entries are asked for a thousand at a time.
import { ClassicLevel } from 'classic-level';
import { measureInNode } from '../harness/child.mjs';
import { datasetFolder, ensureDataset } from '../harness/dataset.mjs';
import { KEY_BYTES, randomIndex, recordBlocks, recordBytes, writeKey } from '../harness/records.mjs';

export const format = 'leveldb';

export const command = measureInNode;

const encoding = { keyEncoding: 'view', valueEncoding: 'view' };
const BATCH = 1000;

export async function prepare(dataset) {
  await ensureDataset(dataset, format, async (folder) => {
    const bytes = recordBytes(dataset);
    const db = new ClassicLevel(folder, encoding);
    await db.open();
    for (const block of recordBlocks(dataset)) {
      const batch = db.batch();
      for (let at = 0; at < block.length; at += bytes) {
        const record = Uint8Array.prototype.slice.call(block, at, at + bytes);
        batch.put(record.subarray(0, KEY_BYTES), record.subarray(KEY_BYTES));
      }
      await batch.write();
    }
    await db.compactRange(Uint8Array.of(0), new Uint8Array(KEY_BYTES).fill(255));
    await db.close();
  });
}

export async function open(dataset, operations) {
  const { entries } = dataset;
  const db = new ClassicLevel(datasetFolder(dataset, format), { ...encoding, cacheSize: 2 ** 28 });
  await db.open();
  const key = new Uint8Array(KEY_BYTES);

  async function scan() {
    let sum = 0;
    const iterator = db.iterator();
    for (let batch = await iterator.nextv(BATCH); batch.length > 0; batch = await iterator.nextv(BATCH)) {
      for (const [key, value] of batch) sum += key[0] + value[0];
    }
    await iterator.close();
    return sum;
  }

  const workloads = {
    'full-scan': { iterator: scan },
    'random-get': {
      getSync() {
        let sum = 0;
        for (let turn = 0; turn < operations; turn++) {
          writeKey(key, randomIndex(turn, entries), entries);
          sum += db.getSync(key)[0];
        }
        return sum;
      },
    },
  };

  return { workloads, close: () => db.close() };
}
