import { rmSync } from 'node:fs';
import { createServer, type Server as NetServer, Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { LeaseholdError } from '../base/errors.ts';
import type { Address } from '../wire/address.ts';
import { certificateError, refusedCertificate } from '../wire/certificate-error.ts';
import { HELLO_TIMEOUT } from '../wire/protocol.ts';
import { SocketTransport } from '../wire/socket-transport.ts';
import type { Transport } from '../wire/transport.ts';

/** What a listener calls. */
export interface Accepting {
  accept(transport: Transport): void;
  /** `transport` is to be told that it is refused, and why; undefined if it has gone already. */
  refuse(error: LeaseholdError, transport: Transport | undefined): void;
  /** A connection could not be taken. */
  readonly failed: (error: Error) => void;
}

/** A server of Node that takes clients at one address. */
export interface Listener {
  readonly server: NetServer;
  /** With the port that the system has given. */
  readonly address: string;
}

/** Listens at an address. `EADDRINUSE`, `EACCES`, what `tls.createServer` throws. */
export async function listen(address: Address, tls: TlsOptions | undefined, accepting: Accepting): Promise<Listener> {
  const server = address.kind === 'tls' ? tlsServer(tls ?? {}, accepting) : plainServer(accepting);
  await listening(server, address);
  // A connection that cannot be taken, since there are too many open files, must not end the server.
  server.on('error', accepting.failed);
  return { server, address: addressOf(server, address) };
}

function plainServer({ accept }: Accepting): NetServer {
  return createServer((socket) => accept(new SocketTransport(socket, peerOf(socket))));
}

function tlsServer(given: TlsOptions, accepting: Accepting): NetServer {
  const { options, wantsCertificate } = tlsOptions(given);
  const server = createTlsServer(options, (socket) => {
    const transport = new SocketTransport(socket, peerOf(socket));
    const refused = wantsCertificate ? certificateRefused(socket) : undefined;
    if (refused === undefined) accepting.accept(transport);
    else accepting.refuse(refused, transport);
  });
  server.on('tlsClientError', (cause, socket) => accepting.refuse(handshakeError(peerOf(socket), cause), undefined));
  return server;
}

/**
 * Where certificates of clients are wanted, the handshake takes any client, and `certificateRefused` looks at its certificate: Node closes the connection
 * of a wrong one without a word, and a client would not know why.
 */
export function tlsOptions(given: TlsOptions): { readonly options: TlsOptions; readonly wantsCertificate: boolean } {
  const wantsCertificate = given.requestCert === true && given.rejectUnauthorized !== false;
  const options = { handshakeTimeout: HELLO_TIMEOUT, ...given };
  return { options: wantsCertificate ? { ...options, rejectUnauthorized: false } : options, wantsCertificate };
}

/** `ERR_CERTIFICATE` unless the client has shown a certificate that is accepted. */
export function certificateRefused(socket: TLSSocket): LeaseholdError | undefined {
  // Node calls a resumed session without a certificate authorized, too.
  const hasCertificate = socket.getPeerX509Certificate() !== undefined;
  if (hasCertificate && socket.authorized) return undefined;
  return refusedCertificate(peerOf(socket), hasCertificate ? String(socket.authorizationError) : undefined);
}

/** `ERR_PROTOCOL`, `ERR_CERTIFICATE`, `ERR_DISCONNECTED`: why a connection with TLS was not made. */
export function handshakeError(peer: string, cause: NodeJS.ErrnoException): LeaseholdError {
  const certificate = certificateError(peer, cause);
  if (certificate !== undefined) return certificate;
  return cause.code === 'ECONNRESET'
    ? new LeaseholdError(
        'ERR_DISCONNECTED',
        `${peer} has gone before TLS began: it may not accept the certificate of this server`,
        { cause },
      )
    : new LeaseholdError('ERR_PROTOCOL', `${peer} has not begun with TLS: ${cause.message}`, { cause });
}

/** Who is at the other end, for messages. */
export function peerOf(socket: Socket): string {
  return socket.remoteAddress === undefined ? 'a client' : `the client ${socket.remoteAddress}:${socket.remotePort}`;
}

export function listening(server: NetServer, address: Address): Promise<void> {
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
    if (error.code === 'ECONNREFUSED') rmSync(path, { force: true });
    server.listen(path);
  });
  probe.connect(path);
}

export function addressOf(server: NetServer, address: Address): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  const at = server.address() as { port: number };
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `${address.kind}://${host}:${at.port}`;
}
