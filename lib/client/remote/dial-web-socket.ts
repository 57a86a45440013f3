import { LeaseholdError } from '../../base/errors.ts';
import { certificateError } from '../../wire/certificate-error.ts';
import type { Transport } from '../../wire/transport.ts';
import { type WebSocketLike, WebSocketTransport } from '../../wire/web-socket-transport.ts';

/** Connects to an address with ws: or wss: by a WebSocket that `open` makes. `timeout`: most ms until it is open. `ERR_DISCONNECTED`, `ERR_CERTIFICATE`. */
export function dialWebSocket(url: string, open: (url: string) => WebSocketLike, timeout: number): Promise<Transport> {
  return new Promise((resolve, reject) => {
    const socket = open(url);
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
