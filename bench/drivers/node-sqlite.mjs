// node:sqlite, on the file that drivers/sqlite.mjs writes.
import process from 'node:process';
import { measureInNode } from '../harness/child.mjs';
import { databaseFile, format, loops, prepare, queries } from './sqlite.mjs';

export { format, prepare };

export const command = measureInNode;

// Node prints a warning that the module is experimental. The module is absent where Node needs a flag for it.
const sqlite = process.getBuiltinModule?.('node:sqlite');

export function unavailable() {
  if (!sqlite) return `Node ${process.version} has no node:sqlite`;
  if (!sqlite.StatementSync.prototype.setReturnArrays) return `node:sqlite of Node ${process.version} gives no arrays`;
}

export function open(dataset, operations) {
  const db = new sqlite.DatabaseSync(databaseFile(dataset), { readOnly: true });
  db.exec('pragma mmap_size = 4294967296');
  const [all, from, one] = [queries.all, queries.from, queries.one].map((query) => {
    const statement = db.prepare(query);
    statement.setReturnArrays(true);
    return statement;
  });
  const workloads = loops({ all, from, getOne: (key) => one.get(key)[0] }, dataset, operations);
  return { workloads, close: () => db.close() };
}
