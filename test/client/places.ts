import { join } from 'node:path';
import { connect, type Store } from '../../lib/client/index.ts';
import { open } from '../../lib/index.ts';
import { type Server, serve } from '../../lib/server/index.ts';
import { newStore } from '../postgres/store.ts';
import { temporaryFolder } from '../support/fixture.ts';
import { hasPostgres } from '../support/postgres.ts';

/** Where a store is. */
export interface Place {
  /** For the processes that a test starts. */
  readonly address: string;
  connect(): Promise<Store>;
  close(): Promise<void>;
}

async function served(listen: (folder: string) => string): Promise<Place> {
  const folder = temporaryFolder();
  const env = open(folder, { durability: 'nosync' });
  const server: Server = await serve(env, { listen: listen(folder) });
  const address = server.addresses[0] as string;
  return {
    address,
    connect: () => connect(address),
    close: async () => {
      await server.close();
      env.close();
    },
  };
}

async function inPostgres(): Promise<Place> {
  const address = await newStore();
  return { address, connect: () => connect(address), close: async () => {} };
}

export const PLACES: readonly (readonly [name: string, make: () => Promise<Place>])[] = [
  [
    'a folder',
    async () => {
      const address = `file:${temporaryFolder()}`;
      return { address, connect: () => connect(address), close: async () => {} };
    },
  ],
  ['a server at a Unix socket', () => served((folder) => `unix:${join(folder, 'socket')}`)],
  ['a server at a TCP port', () => served(() => 'tcp://127.0.0.1:0')],
  ['a server with WebSockets', () => served(() => 'ws://127.0.0.1:0')],
  ...(hasPostgres ? [['PostgreSQL', inPostgres] as const] : []),
];
