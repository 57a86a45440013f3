import { LeaseholdError } from '../base/errors.ts';

/** Node's codes for a certificate of the other side that this side does not accept. */
const NOT_ACCEPTED =
  /^(?:CERT_|UNABLE_TO_(?:GET|VERIFY|DECODE|DECRYPT)_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT|INVALID_(?:CA|PURPOSE)|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH|ERR_TLS_CERT_ALTNAME)/;
/** What the other side tells if it does not accept the certificate of this side. */
const REFUSED = /^ERR_SSL_.*ALERT_(?:.*CERTIFICATE|UNKNOWN_CA|HANDSHAKE_FAILURE)/;

/** `ERR_CERTIFICATE` if one side has not accepted the certificate of the other one, undefined for other errors of a connection. */
export function certificateError(peer: string, cause: Error): LeaseholdError | undefined {
  const code = String((cause as NodeJS.ErrnoException).code);
  if (NOT_ACCEPTED.test(code)) {
    const message = `the certificate of ${peer} is not accepted: ${cause.message}: ${remedy(code)}`;
    return new LeaseholdError('ERR_CERTIFICATE', message, { cause });
  }
  if (!REFUSED.test(code)) return undefined;
  const message = `${peer} does not accept the certificate of this side: ${GIVE_CERTIFICATE}`;
  return new LeaseholdError('ERR_CERTIFICATE', message, { cause });
}

/** `ERR_CERTIFICATE` for a client that has shown no certificate, or one that the server does not accept. `reason`: Node's code. */
export function refusedCertificate(peer: string, reason: string | undefined): LeaseholdError {
  const what = reason === undefined ? 'has shown no certificate' : `has shown a certificate that is refused: ${reason}`;
  return new LeaseholdError('ERR_CERTIFICATE', `${peer} ${what}: ${GIVE_CERTIFICATE}`);
}

const GIVE_CERTIFICATE =
  'give the client, as tls.cert and tls.key, a certificate that an authority of the server (its tls.ca) has signed';

function remedy(code: string): string {
  if (code.startsWith('ERR_TLS_CERT_ALTNAME') || code === 'HOSTNAME_MISMATCH')
    return 'connect by a name that it has, or give that name as tls.servername';
  if (code === 'CERT_HAS_EXPIRED') return 'the server needs a new one';
  return 'give the certificate of the authority that has signed it as `tls.ca`';
}
