// PostgreSQL, with pgbench. The server is a process of its own: `startPostgres` of harness/postgres.mjs.
import { storeRows } from '../../harness/postgres.mjs';

export async function client(socket) {
  return { commits: (clients) => storeRows(socket, clients), close() {} };
}
