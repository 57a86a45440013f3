import { createSecureContext } from 'node:tls';
import { invalidValue, LeaseholdError } from '../base/errors.ts';

/** Certificates and keys, as node:tls takes them: texts, bytes, objects, arrays of these. */
interface Pems {
  readonly ca?: unknown;
  readonly cert?: unknown;
  readonly key?: unknown;
}

/**
 * Throws `ERR_INVALID_ARG_VALUE` for the path of a file where its text is wanted, of which Node would take no authority and say nothing; and for what does not fit together, in better words than those
 * of OpenSSL.
 */
export function checkPems(tls: Pems | undefined): void {
  for (const name of ['ca', 'cert', 'key'] as const) {
    const given = tls?.[name];
    for (const each of Array.isArray(given) ? given : [given]) {
      if (typeof each !== 'string' || each.includes('-----BEGIN ')) continue;
      throw invalidValue(`tls.${name} must be the text of a PEM file, and not its path: readFileSync(path)`);
    }
  }
  if (tls === undefined) return;
  try {
    createSecureContext(tls as object);
  } catch (cause) {
    throw new LeaseholdError(
      'ERR_INVALID_ARG_VALUE',
      `the option tls cannot be used: check that key belongs to cert, and passphrase to key (${(cause as Error).message})`,
      { cause },
    );
  }
}
