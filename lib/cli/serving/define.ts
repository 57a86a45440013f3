import { type Command, Option } from 'commander';
import { type Calling, command, size } from '../command-options.ts';
import type { ServeCommandOptions } from '../commands/serve.ts';

/** Defines `leasehold serve`. */
export function defineServing(program: Command, calling: Calling): void {
  command(program, 'serve <db>', 'serve a database to clients of other processes and hosts, until SIGINT or SIGTERM', [
    'leasehold serve ./shop',
    'leasehold serve ./shop --listen unix:/run/shop.sock --listen tcp://127.0.0.1:7070 --metrics 9100',
    'leasehold serve ./shop --listen tls://0.0.0.0:7070 --tls-cert server.pem --tls-key server.key --token-file tokens.json',
    'leasehold serve ./shop --config server.json',
  ])
    .option(
      '--listen <address>',
      'unix:./shop.sock, tcp://host:port, tls://host:port, ws://host:port or wss://host:port; may be given several times (default: tcp://127.0.0.1:7070)',
      several,
    )
    .option(
      '--config <file>',
      'a JSON file: listen, tls, tokens, origins, limits, readOnly, metrics, trace, open, stopTimeout',
    )
    .option(
      '--token-file <file>',
      'the tokens of clients: a JSON array, or a line for each token that may do everything',
    )
    .option('--tls-cert <file>', 'the certificate of the server, and those of authorities between, in PEM')
    .option('--tls-key <file>', 'the key of that certificate')
    .option('--tls-ca <file>', 'take only clients with a certificate that this authority has signed')
    .option('--read-only', 'refuse all writes')
    .addOption(new Option('--metrics <port>', 'answer http://127.0.0.1:PORT/metrics for Prometheus; or host:port'))
    .option(
      '--trace <file>',
      'record what is read and written, for leasehold cache simulate; %p is the number of the process',
    )
    .option('--map-size <size>', 'how large the database may grow (default: 64G)', size)
    .action(
      calling(async (db: string, options: ServeCommandOptions) =>
        (await import('../commands/serve.ts')).serveCommand(db, options),
      ),
    );
}

function several(text: string, before: string[] | undefined): string[] {
  return [...(before ?? []), text];
}
