import type { Command } from 'commander';
import { type Calling, command } from '../command-options.ts';
import { type AddressOptions, isAddress, withAddressOptions } from '../remote/address-options.ts';

/** The commands for people who try something out. */
export function defineTools(program: Command, calling: Calling): void {
  withAddressOptions(
    command(program, 'repl <db>', 'a JavaScript prompt with env (of a server: store), and collections by name', [
      'leasehold repl ./data',
      `echo 'cities.count()' | leasehold repl ./data`,
      `echo 'await cities.count()' | leasehold repl tcp://host:7070`,
    ]),
  ).action(
    calling(async (db: string, options: AddressOptions) =>
      isAddress(db)
        ? (await import('../remote/repl.ts')).replRemote(db, options)
        : (await import('../commands/repl.ts')).repl(db),
    ),
  );

  command(program, 'bench [name]', 'run the benchmarks, in a clone of the repository', ['leasehold bench scan']).action(
    calling(async (name: string | undefined) => (await import('../commands/bench.ts')).bench(name)),
  );
}
