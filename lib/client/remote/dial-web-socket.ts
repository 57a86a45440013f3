import type { ConnectionOptions as TlsConnectOptions } from 'node:tls';
import { LeaseholdError } from '../../base/errors.ts';
import { certificateError } from '../../wire/certificate-error.ts';
import { MOST_MESSAGE_BYTES } from '../../wire/protocol.ts';
import type { Transport } from '../../wire/transport.ts';
import { type WebSocketLike, WebSocketTransport, webSocketsMissing } from '../../wire/web-socket-transport.ts';

type OpenWebSocket = (url: string, tls: TlsConnectOptions | undefined) => WebSocketLike;

/** Connects to an address with ws: or wss:. `ERR_DISCONNECTED`, `ERR_CERTIFICATE`, `ERR_NOT_INSTALLED`. */
export async function dialWebSocket(
  url: string,
  { tls, timeout }: { readonly tls: TlsConnectOptions | undefined; readonly timeout: number },
): Promise<Transport> {
  const open = await loadWebSocket(tls !== undefined);
  return new Promise((resolve, reject) => {
    const socket = open(url, tls);
    const fail = (cause: Error): void => {
      clearTimeout(timer);
      const message = `cannot connect to ${url}: ${cause.message}`;
      reject(certificateError(url, cause) ?? new LeaseholdError('ERR_DISCONNECTED', message, { cause }));
      if (socket.terminate !== undefined) socket.terminate();
      else socket.close();
    };
    const timer = setTimeout(() => fail(new Error(`no answer within ${timeout} ms`)), timeout);
    socket.addEventListener('error', ({ error, message }) =>
      fail(error instanceof Error ? error : new Error(String(message ?? 'the WebSocket was not opened'))),
    );
    socket.addEventListener('open', () => {
      clearTimeout(timer);
      resolve(new WebSocketTransport(socket, url));
    });
  });
}

/** The package ws; where it is not installed, the WebSocket that browsers and newer versions of Node have, which takes no certificates. */
async function loadWebSocket(needsPackage: boolean): Promise<OpenWebSocket> {
  try {
    const { WebSocket } = await import('ws');
    const options = { perMessageDeflate: false, maxPayload: MOST_MESSAGE_BYTES };
    return (url, tls) => new WebSocket(url, { ...tls, ...options }) as unknown as WebSocketLike;
  } catch (cause) {
    const { WebSocket } = globalThis as { WebSocket?: new (url: string) => unknown };
    if (WebSocket === undefined || needsPackage) throw webSocketsMissing(cause);
    return (url) => new WebSocket(url) as WebSocketLike;
  }
}
