// The floor of commits: a C program that stores rows by LMDB's own interface, as many in a transaction as there are clients. Nobody sends or answers anything.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildProgram } from '../../harness/c-program.mjs';
import { output } from '../../harness/child.mjs';

/** So many ms does it run at a time. */
const PASS = '400';

export function startEmpty(folder) {
  const place = join(folder, 'lmdb');
  mkdirSync(place);
  return place;
}

export async function client(place) {
  const program = await buildProgram('network/commits');
  return {
    async commits(clients) {
      const [count, ns] = (await output(program, [place, String(clients), PASS])).split(' ').map(Number);
      return { count, ns };
    },
    close() {},
  };
}
