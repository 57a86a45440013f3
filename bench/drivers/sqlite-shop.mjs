// better-sqlite3: a join in SQL, with an index on the customers' id.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { measureInNode } from '../harness/child.mjs';
import { datasetFolder, ensureDataset } from '../harness/dataset.mjs';
import { customerOf, orderOf } from '../harness/shop.mjs';

export const format = 'sqlite-shop';

export const command = measureInNode;

const FILE = 'shop.sqlite';

export async function prepare(dataset) {
  const { entries } = dataset;
  await ensureDataset(dataset, format, (folder) => {
    const db = new Database(join(folder, FILE));
    db.pragma('journal_mode = off');
    db.exec('create table customers (number integer primary key, id text not null, name text not null)');
    db.exec(
      'create table orders (number integer primary key, customer text not null, team text not null, amount real not null)',
    );
    const addCustomer = db.prepare('insert into customers values (@number, @id, @name)');
    const addOrder = db.prepare('insert into orders values (@number, @customer, @team, @amount)');
    db.transaction(() => {
      for (let i = 0; i < entries; i++) addCustomer.run(customerOf(i));
      for (let i = 0; i < entries; i++) addOrder.run(orderOf(i, entries));
    })();
    db.exec('create unique index customers_by_id on customers (id)');
    db.exec('analyze');
    db.close();
  });
}

export function open(dataset) {
  const db = new Database(join(datasetFolder(dataset, format), FILE), { readonly: true });
  db.pragma('mmap_size = 4294967296');
  const on = 'from orders join customers on customers.id = orders.customer';
  const pairs = db.prepare(`select customers.number, orders.number ${on}`).raw();
  const count = db.prepare(`select count(*) ${on}`).pluck();

  const workloads = {
    'join-pairs': {
      iterate() {
        let sum = 0;
        let most = 0;
        for (const pair of pairs.iterate()) {
          most = Math.max(most, pair[0]);
          sum += pair[1];
        }
        return most < dataset.entries ? sum : 0;
      },
    },
    'join-count': { count: () => count.get() },
  };

  return { workloads, close: () => db.close() };
}
