import type { TLSSocket, TlsOptions } from 'node:tls';
import { LeaseholdError } from '../base/errors.ts';
import { certificateError, refusedCertificate } from '../wire/certificate-error.ts';
import { HELLO_TIMEOUT } from '../wire/protocol.ts';

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
export function certificateRefused(socket: TLSSocket, peer: string): LeaseholdError | undefined {
  // Node calls a resumed session without a certificate authorized, too.
  const hasCertificate = socket.getPeerX509Certificate() !== undefined;
  if (hasCertificate && socket.authorized) return undefined;
  return refusedCertificate(peer, hasCertificate ? String(socket.authorizationError) : undefined);
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
    : new LeaseholdError('ERR_PROTOCOL', `${peer} has not begun with TLS: ${cause.message.trim()}`, { cause });
}
