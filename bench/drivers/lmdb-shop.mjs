// lmdb-js with its own encoding (MessagePack), joined by a Map of the customers by id.
import { open as openStore } from 'lmdb';
import { measureInNode } from '../harness/child.mjs';
import { datasetFolder, ensureDataset } from '../harness/dataset.mjs';
import { customerOf, orderOf } from '../harness/shop.mjs';

export const format = 'lmdb-js-shop';

export const command = measureInNode;

/** The key of the structures that the records share. It comes after the keys of all records. */
const STRUCTURES = 2 ** 32 - 1;

function stores(path, options) {
  const root = openStore({ path, noSubdir: false, ...options });
  const store = (name) => root.openDB({ name, keyEncoding: 'uint32', sharedStructuresKey: STRUCTURES });
  return { root, customers: store('customers'), orders: store('orders') };
}

export async function prepare(dataset) {
  const { entries } = dataset;
  await ensureDataset(dataset, format, async (folder) => {
    const { root, customers, orders } = stores(folder, { noSync: true });
    root.transactionSync(() => {
      for (let i = 0; i < entries; i++) customers.putSync(i, customerOf(i));
      for (let i = 0; i < entries; i++) orders.putSync(i, orderOf(i, entries));
    });
    await root.close();
  });
}

export function open(dataset) {
  const { root, customers, orders } = stores(datasetFolder(dataset, format), { readOnly: true });
  const all = { start: 0, end: STRUCTURES };

  function byId() {
    const table = new Map();
    for (const { value } of customers.getRange(all)) table.set(value.id, value);
    return table;
  }

  const workloads = {
    'join-pairs': {
      Map() {
        const table = byId();
        let sum = 0;
        let most = 0;
        for (const { value } of orders.getRange(all)) {
          const customer = table.get(value.customer);
          if (customer === undefined) continue;
          most = Math.max(most, customer.number);
          sum += value.number;
        }
        return most < dataset.entries ? sum : 0;
      },
    },
    'join-count': {
      Map() {
        const table = byId();
        let count = 0;
        for (const { value } of orders.getRange(all)) if (table.has(value.customer)) count++;
        return count;
      },
    },
  };

  return { workloads, close: () => root.close() };
}
