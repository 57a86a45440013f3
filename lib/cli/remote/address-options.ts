import type { Command } from 'commander';

/** How to connect, if the command gets an address in place of a folder. */
export interface AddressOptions {
  readonly token?: string;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

/** Whether a command got the address of a server, or of a store in PostgreSQL, in place of a folder. */
export function isAddress(db: string): boolean {
  return /^(?:unix:|postgres(?:ql)?:|(?:tcp|tls|wss?):\/\/)/.test(db);
}

/** Adds the options of `AddressOptions`. */
export function withAddressOptions(command: Command): Command {
  return command
    .option('--token <token>', 'of a server: what it knows you by (default: the variable LEASEHOLD_TOKEN)')
    .option('--tls-ca <file>', 'of a server: the certificate of the authority that has signed its certificate')
    .option('--tls-cert <file>', 'of a server: your certificate, if it wants one')
    .option('--tls-key <file>', 'of a server: the key of your certificate');
}
