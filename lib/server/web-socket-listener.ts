import { createServer, type Server as HttpServer, type IncomingMessage } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { TLSSocket, type TlsOptions } from 'node:tls';
import type { WebSocketServer } from 'ws';
import { LeaseholdError } from '../base/errors.ts';
import { HELLO_TIMEOUT, MOST_MESSAGE_BYTES } from '../wire/protocol.ts';
import { WebSocketTransport, webSocketsMissing } from '../wire/web-socket-transport.ts';
import { type Accepting, peerOf } from './accepting.ts';
import { certificateRefused, handshakeError, tlsOptions } from './certificates.ts';

const LIMITS = { headersTimeout: HELLO_TIMEOUT, requestTimeout: HELLO_TIMEOUT };

/** A server of HTTP whose clients ask for a WebSocket. `tls`: of HTTPS. `ERR_NOT_INSTALLED`. */
export async function webSocketListener(tls: TlsOptions | undefined, accepting: Accepting): Promise<HttpServer> {
  const sockets = await loadWebSockets();
  const { options, wantsCertificate } = tlsOptions(tls ?? {});
  const server = tls === undefined ? createServer(LIMITS) : createHttpsServer({ ...LIMITS, ...options });
  server.on('request', (_request, response) => {
    const headers = { 'content-type': 'text/plain', upgrade: 'websocket', connection: 'upgrade' };
    response.writeHead(426, headers).end('a leasehold server: connect with a WebSocket\n');
  });
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const peer = peerOf(socket);
    socket.on('error', () => socket.destroy());
    const { origin } = request.headers;
    if (origin !== undefined && !accepting.takesPagesOf(origin)) {
      refuseUpgrade(socket);
      accepting.refuse(foreignPage(peer, origin), undefined);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const transport = new WebSocketTransport(webSocket as never, peer);
      const refused = wantsCertificate && socket instanceof TLSSocket ? certificateRefused(socket, peer) : undefined;
      if (refused === undefined) accepting.accept(transport);
      else accepting.refuse(refused, transport);
    });
  });
  server.on('tlsClientError', (cause: Error, socket: Socket) =>
    accepting.refuse(handshakeError(peerOf(socket), cause), undefined),
  );
  return server;
}

function refuseUpgrade(socket: Socket): void {
  socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
}

/** `ERR_FORBIDDEN` */
function foreignPage(peer: string, origin: string): LeaseholdError {
  return new LeaseholdError(
    'ERR_FORBIDDEN',
    `${peer} is a page of ${origin.slice(0, 200)}: name it in the option \`origins\`, or give tokens`,
  );
}

async function loadWebSockets(): Promise<WebSocketServer> {
  try {
    const { WebSocketServer } = await import('ws');
    const limits = { maxPayload: MOST_MESSAGE_BYTES, perMessageDeflate: false };
    return new WebSocketServer({ noServer: true, clientTracking: false, ...limits });
  } catch (cause) {
    throw webSocketsMissing(cause);
  }
}
