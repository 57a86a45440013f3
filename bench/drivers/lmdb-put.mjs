// lmdb-js's `putSync` in one transaction, with nothing forced to the disk.
import { open as openStore } from 'lmdb';
import { measurePutsInNode } from '../harness/child.mjs';

export function prepare() {}

export const command = measurePutsInNode;

export function open(folder) {
  const db = openStore({ path: folder, noSubdir: false, encoding: 'binary', keyEncoding: 'binary', noSync: true });
  const forms = {
    putSync(keys, values) {
      db.transactionSync(() => {
        for (let i = 0; i < keys.length; i++) db.putSync(keys[i], values[i % values.length]);
      });
    },
  };
  return { forms, count: () => db.getKeysCount(), get: (key) => db.getBinary(key), close: () => db.close() };
}
