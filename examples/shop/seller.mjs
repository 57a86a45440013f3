// A process that sells: node seller.mjs <store> <till|web> <number of orders>
import { setTimeout } from 'node:timers/promises';
import { openStore } from 'leasehold/objects';
import { sell } from './shop.mjs';

const [path, kind, orders] = process.argv.slice(2);
const store = openStore(path);
const customers = [...store.root.customers.keys()];
const products = [...store.root.products.keys()];
const any = (list) => list[Math.floor(Math.random() * list.length)];
let calls = 0;

/** The till sells one order after the other. Nobody else writes meanwhile. */
function sellAtTheTill() {
  store.write(() => {
    calls++;
    sell(store.root, any(customers), any(products), 1);
  });
}

/** The web shop has to wait for the bank, and must not keep others from writing. If they change what it relies on, it is called again. */
async function sellOnTheWeb() {
  await store.transact(async (txn) => {
    calls++;
    sell(txn.root, any(customers), any(products), 2);
    await setTimeout(5); // the bank
  });
}

for (let done = 0; done < orders; done += 10) {
  const sales = Array.from({ length: 10 }, kind === 'till' ? sellAtTheTill : sellOnTheWeb);
  await Promise.all(sales);
}
store.close();
console.log(JSON.stringify({ kind, orders: Number(orders), retried: calls - orders }));
