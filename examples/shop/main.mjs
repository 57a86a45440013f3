// A shop of persistent objects. Two processes sell, while an HTTP server answers a thousand requests at once. Each request reads one version of the
// shop for as long as it takes.
//
//   npm run demo:shop
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openStore } from 'leasehold/objects';
import { Customer, makeShop, Product, sums } from './shop.mjs';

const [REQUESTS = 1000, ORDERS = 1000] = process.argv.slice(2).map(Number);
const PRODUCTS = 50;
const CUSTOMERS = 50;
const STOCK = 1_000_000;

const path = fileURLToPath(new URL('./data', import.meta.url));
rmSync(path, { recursive: true, force: true });
const store = openStore(path);

store.write(() => {
  makeShop(store.root);
  const { products, customers } = store.root;
  for (let i = 0; i < PRODUCTS; i++) {
    products.set(`product ${i}`, new Product({ name: `product ${i}`, price: 100 + i, stock: STOCK }));
  }
  for (let i = 0; i < CUSTOMERS; i++) {
    customers.set(`customer ${i}`, new Customer({ name: `customer ${i}`, spent: 0 }));
  }
});

/** What has been sold. Throws if stock or money do not agree. */
function audit(root) {
  const { stock, sold, spent, revenue } = sums(root);
  if (stock + sold !== PRODUCTS * STOCK) throw new Error(`${stock} are in stock and ${sold} are sold`);
  if (spent !== revenue) throw new Error(`customers have spent ${spent}, and the shop has ${revenue}`);
  return { sold, revenue };
}

let open = 0;
let mostOpen = 0;
const server = createServer({ keepAliveTimeout: 0 }, async (_request, response) => {
  const snapshot = store.snapshot();
  mostOpen = Math.max(mostOpen, ++open);
  response.on('close', () => {
    open--;
    snapshot.end();
  });
  try {
    const sold = snapshot.root.sold.value;
    await setTimeout(1000); // for another service. Others sell meanwhile, and this request does not see it.
    const report = audit(snapshot.root);
    if (report.sold !== sold) throw new Error('a snapshot has changed');
    response.end(JSON.stringify(report));
  } catch (error) {
    response.writeHead(500).end(error.stack);
  }
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', REQUESTS, resolve));
const url = `http://127.0.0.1:${server.address().port}/`;

let isSelling = true;
const sellers = Promise.all(
  ['till', 'web'].map(async (kind) => {
    const program = fileURLToPath(new URL('./seller.mjs', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [program, path, kind, ORDERS]);
    return JSON.parse(stdout);
  }),
).finally(() => {
  isSelling = false;
});

let answered = 0;
let bytes = 0;
async function client() {
  do {
    const response = await fetch(url);
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    answered++;
    bytes += text.length;
  } while (isSelling);
}

const start = performance.now();
await Promise.all(Array.from({ length: REQUESTS }, client));
const seconds = (performance.now() - start) / 1000;
const [till, web] = await sellers;
server.close();

let units = 0;
let money = 0;
for (const order of store.root.orders) {
  units += order.count;
  money += order.total;
}
const { sold, revenue } = audit(store.root);
if (units !== sold || money !== revenue) throw new Error('the orders do not agree with what was sold');

const { decodes, shared } = store.counters();
const shown = (number) => Math.round(number).toLocaleString('en');
console.log(`answered: ${shown(answered)} requests, ${shown(answered / seconds)} a second, ${shown(bytes)} bytes`);
console.log(`open at once: ${shown(mostOpen)} snapshots; stock and money agree in each of them`);
console.log(
  `states of objects: ${shown(decodes)} decoded, shared ${shown(shared)} times with snapshots of other versions`,
);
console.log(`till: ${till.orders} orders, ${till.retried} retried; web: ${web.orders} orders, ${web.retried} retried`);
console.log(
  `at the end: ${shown(store.root.orders.length)} orders, ${shown(sold)} sold for ${shown(revenue / 100)} €; stock and money agree`,
);
store.close();
