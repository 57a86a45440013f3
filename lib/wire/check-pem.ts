import { invalidValue } from '../base/errors.ts';

/** Certificates and keys, as node:tls takes them: texts, bytes, objects, arrays of these. */
interface Pems {
  readonly ca?: unknown;
  readonly cert?: unknown;
  readonly key?: unknown;
}

/**
 * Throws `ERR_INVALID_ARG_VALUE` for the path of a file where its text is wanted. Node would take no authority from it and say nothing, or complain in the
 * words of OpenSSL.
 */
export function checkPems(tls: Pems | undefined): void {
  for (const name of ['ca', 'cert', 'key'] as const) {
    const given = tls?.[name];
    for (const each of Array.isArray(given) ? given : [given]) {
      if (typeof each !== 'string' || each.includes('-----BEGIN ')) continue;
      throw invalidValue(`tls.${name} must be the text of a PEM file, and not its path: readFileSync(path)`);
    }
  }
}
