import { rmSync, statSync } from 'node:fs';
import { createServer, type Server as NetServer, Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { LeaseholdError } from '../base/errors.ts';
import type { Address } from '../wire/address.ts';
import { SocketTransport } from '../wire/socket-transport.ts';
import { type Accepting, peerOf } from './accepting.ts';
import { certificateRefused, handshakeError, tlsOptions } from './certificates.ts';
import { webSocketListener } from './web-socket-listener.ts';

/** A server of Node that takes clients at one address. */
export interface Listener {
  readonly server: NetServer;
  /** With the port that the system has given. */
  readonly address: string;
}

/** Listens at an address. `EADDRINUSE`, `EACCES`, `ERR_NOT_INSTALLED`, what `tls.createServer` throws. */
export async function listen(address: Address, tls: TlsOptions | undefined, accepting: Accepting): Promise<Listener> {
  const server = await listener(address, tls ?? {}, accepting);
  await listening(server, address);
  // A connection that cannot be taken, since there are too many open files, must not end the server.
  server.on('error', accepting.failed);
  return { server, address: addressOf(server, address) };
}

function listener({ kind }: Address, tls: TlsOptions, accepting: Accepting): NetServer | Promise<NetServer> {
  if (kind === 'ws' || kind === 'wss') return webSocketListener(kind === 'wss' ? tls : undefined, accepting);
  return kind === 'tls' ? tlsServer(tls, accepting) : plainServer(accepting);
}

function plainServer({ accept }: Accepting): NetServer {
  return createServer((socket) => accept(new SocketTransport(socket, peerOf(socket))));
}

function tlsServer(given: TlsOptions, accepting: Accepting): NetServer {
  const { options, wantsCertificate } = tlsOptions(given);
  const server = createTlsServer(options, (socket) => {
    const transport = new SocketTransport(socket, peerOf(socket));
    const refused = wantsCertificate ? certificateRefused(socket, transport.peer) : undefined;
    if (refused === undefined) accepting.accept(transport);
    else accepting.refuse(refused, transport);
  });
  server.on('tlsClientError', (cause, socket) => accepting.refuse(handshakeError(peerOf(socket), cause), undefined));
  return server;
}

function listening(server: NetServer, address: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      resolve();
    });
    if (address.kind === 'unix') listenAtPath(server, address.path, reject);
    else server.listen(address.port, address.host);
  });
}

/** A socket's file stays when a server is killed. It is removed if nobody answers there. */
function listenAtPath(server: NetServer, path: string, reject: (error: Error) => void): void {
  const probe = new Socket();
  probe.once('connect', () => {
    probe.destroy();
    reject(new LeaseholdError('EADDRINUSE', `another server listens at ${path}`));
  });
  probe.once('error', (error: NodeJS.ErrnoException) => {
    if (isOther(path)) {
      reject(new LeaseholdError('EADDRINUSE', `there is something at ${path} that is no socket: choose another path`));
      return;
    }
    if (error.code === 'ECONNREFUSED') rmSync(path, { force: true });
    server.listen(path);
  });
  probe.connect(path);
}

/** Whether something is there that is no socket. Such a file refuses connections, too, and is somebody's. */
function isOther(path: string): boolean {
  try {
    return !statSync(path).isSocket();
  } catch {
    return false;
  }
}

export function addressOf(server: NetServer, address: Address): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  const at = server.address() as { port: number };
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `${address.kind}://${host}:${at.port}`;
}
