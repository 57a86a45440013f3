import type { Command } from 'commander';
import { type Calling, command } from '../command-options.ts';
import { type AddressOptions, withAddressOptions } from '../remote/address-options.ts';

/** Defines the commands about whole stores. */
export function defineStore(program: Command, calling: Calling): void {
  const store = command(program, 'store', 'stores as wholes: in PostgreSQL, on servers, in folders', [
    'leasehold store install postgres://localhost/shop',
    'leasehold store copy ./shop postgres://localhost/shop',
    'leasehold store check postgres://localhost/shop',
  ]);
  command(store, 'install <address>', 'make the schema of a store in a database of PostgreSQL', [
    'leasehold store install postgres://shop@localhost/shop',
    "leasehold store install 'postgres://shop@/shop?host=/run/postgresql&schema=orders'",
  ]).action(calling(async (address: string) => (await import('./install.ts')).installCommand(address)));
  command(store, 'check <address>', 'look whether what is in the tables of a store in PostgreSQL fits together', [
    'leasehold store check postgres://localhost/shop',
  ]).action(calling(async (address: string) => (await import('./check.ts')).checkCommand(address)));
  withAddressOptions(
    command(store, 'copy <from> <to>', 'copy a store to an empty one, or go on with that: folders or addresses', [
      'leasehold store copy ./shop postgres://localhost/shop',
      'leasehold store copy postgres://localhost/shop ./shop-copy',
      'leasehold store copy tcp://old:7070 tcp://new:7070 --token secret',
    ]),
  ).action(
    calling(async (from: string, to: string, options: AddressOptions) =>
      (await import('./copy.ts')).copyCommand(from, to, options),
    ),
  );
}
