import type { ConnectionOptions as TlsConnectOptions } from 'node:tls';
import { MOST_MESSAGE_BYTES } from '../../wire/protocol.ts';
import { type WebSocketLike, webSocketsMissing } from '../../wire/web-socket-transport.ts';

/**
 * Gives a function that begins to open a WebSocket. By the package ws; where it is not installed, by the WebSocket of newer versions of Node, which takes no certificates.
 * `ERR_NOT_INSTALLED`.
 */
export async function loadWebSocket(tls: TlsConnectOptions | undefined): Promise<(url: string) => WebSocketLike> {
  try {
    const { WebSocket } = await import('ws');
    const options = { ...tls, perMessageDeflate: false, maxPayload: MOST_MESSAGE_BYTES };
    return (url) => new WebSocket(url, options) as unknown as WebSocketLike;
  } catch (cause) {
    const { WebSocket } = globalThis as { WebSocket?: new (url: string) => unknown };
    if (WebSocket === undefined || tls !== undefined) throw webSocketsMissing(cause);
    return (url) => new WebSocket(url) as WebSocketLike;
  }
}
