// DuckDB with one thread: a hash join of its own.
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { measureInNode } from '../harness/child.mjs';
import { datasetFolder, ensureDataset } from '../harness/dataset.mjs';
import { customerOf, orderOf } from '../harness/shop.mjs';

export const format = 'duckdb-shop';

export const command = measureInNode;

const FILE = 'shop.duckdb';

export async function prepare(dataset) {
  const { entries } = dataset;
  await ensureDataset(dataset, format, async (folder) => {
    const instance = await DuckDBInstance.create(join(folder, FILE), { threads: '1' });
    const connection = await instance.connect();
    await connection.run('create table customers (id varchar, number integer, name varchar)');
    await connection.run('create table orders (number integer, customer varchar, team varchar, amount double)');
    const customers = await connection.createAppender('customers');
    for (let i = 0; i < entries; i++) {
      const { id, number, name } = customerOf(i);
      customers.appendVarchar(id);
      customers.appendInteger(number);
      customers.appendVarchar(name);
      customers.endRow();
    }
    customers.closeSync();
    const orders = await connection.createAppender('orders');
    for (let i = 0; i < entries; i++) {
      const { number, customer, team, amount } = orderOf(i, entries);
      orders.appendInteger(number);
      orders.appendVarchar(customer);
      orders.appendVarchar(team);
      orders.appendDouble(amount);
      orders.endRow();
    }
    orders.closeSync();
    await connection.run('checkpoint');
    connection.closeSync();
    instance.closeSync();
  });
}

export async function open(dataset) {
  const file = join(datasetFolder(dataset, format), FILE);
  const instance = await DuckDBInstance.create(file, { threads: '1', access_mode: 'READ_ONLY' });
  const connection = await instance.connect();
  const on = 'from orders join customers on customers.id = orders.customer';

  const workloads = {
    'join-pairs': {
      async rows() {
        let sum = 0;
        let most = 0;
        const result = await connection.stream(`select customers.number, orders.number ${on}`);
        for (;;) {
          const chunk = await result.fetchChunk();
          if (chunk === null || chunk.rowCount === 0) break;
          for (const row of chunk.getRows()) {
            most = Math.max(most, row[0]);
            sum += row[1];
          }
        }
        return most < dataset.entries ? sum : 0;
      },
    },
    'join-count': {
      async count() {
        const result = await connection.runAndReadAll(`select count(*) ${on}`);
        return Number(result.getRows()[0][0]);
      },
    },
  };

  return {
    workloads,
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}
