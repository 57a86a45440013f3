// What the loops of the JavaScript drivers cost without a database.
import { measureInNode } from '../harness/child.mjs';
import { KEY_BYTES, randomIndex, writeKey } from '../harness/records.mjs';

export const command = measureInNode;

export function prepare() {}

export function open({ entries }, operations) {
  const key = new Uint8Array(KEY_BYTES);
  const workloads = {
    'random-keys': {
      loop() {
        let sum = 0;
        for (let turn = 0; turn < operations; turn++) {
          writeKey(key, randomIndex(turn, entries), entries);
          sum += key[KEY_BYTES - 1];
        }
        return sum;
      },
    },
  };
  return { workloads };
}
