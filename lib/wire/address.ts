import { withoutPassword } from '../base/address-text.ts';
import { invalidType, invalidValue } from '../base/errors.ts';

/** Where a server listens, or a client connects to. */
export type Address =
  | { readonly kind: 'unix'; readonly path: string; readonly text: string }
  | { readonly kind: 'tcp' | 'tls'; readonly host: string; readonly port: number; readonly text: string }
  | WebAddress<'ws'>
  | WebAddress<'wss'>;

interface WebAddress<Kind> {
  readonly kind: Kind;
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly text: string;
}

export const DEFAULT_PORT = 7070;

const FORMS = "'unix:./shop.sock', 'tcp://host:7070', 'tls://host:7070', 'ws://host:7070' or 'wss://host:7070'";

/** Reads an address. `others`: what the caller takes besides, for errors. `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`. */
export function parseAddress(text: string, others: string = ''): Address {
  if (typeof text !== 'string') throw invalidType('an address', 'a string', text);
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length).replace(/^\/\/(?=\/)/, '');
    if (path === '') throw invalidValue(`the address '${text}' has no path: an address is ${FORMS}`);
    return { kind: 'unix', path, text };
  }
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw invalidValue(`'${withoutPassword(text)}' is no address: an address is ${others}${FORMS}`);
  }
  const kind = url.protocol.slice(0, -1);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (url.username !== '' || url.password !== '')
    throw invalidValue(
      `the address '${shownAddress(url)}' has a name or a password: give the option token in its place`,
    );
  if (host === '') throw invalidValue(`the address '${text}' has no host: an address is ${others}${FORMS}`);
  const port = url.port === '' ? defaultPort(kind) : Number(url.port);
  if (kind === 'tcp' || kind === 'tls') {
    if (url.pathname !== '' && url.pathname !== '/')
      throw invalidValue(`the address '${text}' has a path: a server has one store at each address`);
    return { kind, host, port, text };
  }
  if (kind === 'ws' || kind === 'wss') return { kind, host, port, path: `${url.pathname}${url.search}`, text };
  throw invalidValue(`'${withoutPassword(text)}' is no address: an address is ${others}${FORMS}`);
}

function defaultPort(kind: string): number {
  // URL leaves out the usual port of a kind that it knows.
  if (kind === 'ws') return 80;
  return kind === 'wss' ? 443 : DEFAULT_PORT;
}

function shownAddress(url: URL): string {
  return `${url.protocol}//…@${url.host}`;
}
