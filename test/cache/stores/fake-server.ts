import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { temporaryFolder } from '../../support/fixture.ts';

const servers = new Set<Server>();
afterAll(() => {
  for (const server of servers) server.close();
});

/** A server that answers as the test says: `answer` gets all that comes on a connection. Gives its path, and how often somebody has connected. */
export async function answering(
  answer: (socket: Socket, text: string) => void,
): Promise<{ readonly path: string; readonly connections: () => number }> {
  const path = join(temporaryFolder(), 'socket');
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.on('error', () => {});
    socket.on('data', (data) => answer(socket, data.toString('latin1')));
  });
  servers.add(server);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return { path, connections: () => connections };
}
