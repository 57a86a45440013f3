// leasehold's `put` in one write transaction, with nothing forced to the disk.
import { measurePutsInNode } from '../harness/child.mjs';
import { bytes, open as openEnvironment } from '../harness/leasehold.mjs';

export function prepare() {}

export const command = measurePutsInNode;

export function open(folder) {
  const env = openEnvironment(folder, { durability: 'nosync' });
  const collection = env.collection('entries', { key: bytes, value: bytes });
  const forms = {
    put(keys, values) {
      env.write((txn) => {
        for (let i = 0; i < keys.length; i++) collection.put(keys[i], values[i % values.length], txn);
      });
    },
  };
  return {
    forms,
    count: () => collection.count(),
    get: (key) => collection.get(key).toBuffer(),
    close: () => env.close(),
  };
}
