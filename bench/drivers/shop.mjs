// leasehold's hashJoin on the data of harness/shop.mjs.
import { measureInNode } from '../harness/child.mjs';
import { datasetFolder, ensureDataset } from '../harness/dataset.mjs';
import { hashJoin, open as openEnvironment, struct, t, uint32 } from '../harness/leasehold.mjs';
import { customerOf, GROUPS, orderOf } from '../harness/shop.mjs';

export const format = 'leasehold';

export const command = measureInNode;

const Customer = struct({ id: t.utf8, number: t.u32, name: t.utf8 });
const Order = struct({ number: t.u32, customer: t.utf8, team: t.utf8, amount: t.f64 });

function collections(env) {
  return {
    customers: env.collection('customers', { key: uint32, value: Customer }),
    orders: env.collection('orders', { key: uint32, value: Order }),
  };
}

export async function prepare(dataset) {
  const { entries } = dataset;
  await ensureDataset(dataset, format, (folder) => {
    const env = openEnvironment(folder, { durability: 'nosync' });
    const { customers, orders } = collections(env);
    env.write(() => {
      for (let i = 0; i < entries; i++) customers.append(i, customerOf(i));
      for (let i = 0; i < entries; i++) orders.append(i, orderOf(i, entries));
    });
    env.sync();
    env.close();
  });
}

export function open(dataset) {
  const env = openEnvironment(datasetFolder(dataset, format), { readOnly: true });
  const { customers, orders } = collections(env);
  const txn = env.read();
  const byCustomer = () =>
    hashJoin({
      build: { range: customers.range({}, txn), on: { field: 'id' } },
      probe: { range: orders.range({}, txn), on: { field: 'customer' } },
    });
  // The first customers have the ids of the teams.
  const byTeam = () =>
    hashJoin({
      build: { range: orders.range({}, txn), on: { field: 'team' } },
      probe: { range: customers.range({ lt: GROUPS }, txn), on: { field: 'id' } },
    });

  const workloads = {
    'join-pairs': {
      scans() {
        let sum = 0;
        for (const { value } of orders.range({}, txn)) sum += value.number;
        let most = 0;
        for (const { value } of customers.range({}, txn)) most = Math.max(most, value.number);
        return most < dataset.entries ? sum : 0;
      },
      hashJoin() {
        let sum = 0;
        let most = 0;
        for (const { build, probe } of byCustomer()) {
          most = Math.max(most, build.value.number);
          sum += probe.value.number;
        }
        return most < dataset.entries ? sum : 0;
      },
    },
    'join-count': {
      hashJoin: () => byCustomer().count(),
    },
    'join-duplicates': {
      one: () => pairsOf(byCustomer()),
      thousand: () => pairsOf(byTeam()),
    },
  };

  return {
    workloads,
    close() {
      txn.end();
      env.close();
    },
  };
}

function pairsOf(join) {
  let pairs = 0;
  for (const { build, probe } of join) if (build.value.number + probe.value.number >= 0) pairs++;
  return pairs;
}
