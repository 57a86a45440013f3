import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions as TlsConnectOptions } from 'node:tls';
import { LeaseholdError } from '../../base/errors.ts';
import type { Address } from '../../wire/address.ts';
import { certificateError } from '../../wire/certificate-error.ts';
import { receiveInto, type SocketReading, SocketTransport } from '../../wire/socket-transport.ts';
import type { Transport } from '../../wire/transport.ts';
import { dialWebSocket } from './dial-web-socket.ts';
import { loadWebSocket } from './load-web-socket.ts';

/** How to reach a server. */
export interface DialOptions {
  readonly tls: TlsConnectOptions | undefined;
  /** Most ms until the connection stands. */
  readonly timeout: number;
}

/** What OpenSSL says of an answer without TLS. */
const WITHOUT_TLS = /wrong version number/i;

/** Connects to an address. `ERR_DISCONNECTED`, whose cause says why; `ERR_CERTIFICATE`, `ERR_NOT_INSTALLED`. */
export async function dial(address: Address, options: DialOptions): Promise<Transport> {
  if (address.kind === 'ws' || address.kind === 'wss') {
    return dialWebSocket(address.text, await loadWebSocket(options.tls), options.timeout);
  }
  return new Promise((resolve, reject) => {
    const reading: SocketReading = { events: undefined, early: [] };
    const socket = open(address, options, reading);
    const fail = (cause: Error): void => {
      socket.destroy();
      const why = WITHOUT_TLS.test(cause.message)
        ? "the server does not answer with TLS: is it one for 'tcp:'?"
        : cause.message;
      const message = `cannot connect to ${address.text}: ${why}`;
      reject(certificateError(address.text, cause) ?? new LeaseholdError('ERR_DISCONNECTED', message, { cause }));
    };
    const timer = setTimeout(() => fail(new Error(`no answer within ${options.timeout} ms`)), options.timeout);
    socket.once('error', fail);
    socket.once(address.kind === 'tls' ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer);
      socket.off('error', fail);
      resolve(new SocketTransport(socket, address.text, reading));
    });
    socket.once('close', () => clearTimeout(timer));
  });
}

function open(
  address: Exclude<Address, { readonly kind: 'ws' | 'wss' }>,
  { tls }: DialOptions,
  reading: SocketReading,
): Socket {
  const onread = receiveInto(reading);
  if (address.kind === 'unix') return connectTcp({ path: address.path, onread });
  const { host, port } = address;
  if (address.kind === 'tcp') return connectTcp({ host, port, onread });
  const options: TlsConnectOptions & { onread: typeof onread } = { ...tls, host, port, onread };
  return connectTls(options);
}
