import type { ConnectionOptions as TlsConnectOptions } from 'node:tls';
import { checkObject, checkOptionNames } from '../../base/check-arguments.ts';
import { invalidType } from '../../base/errors.ts';
import { installHere } from '../host.ts';

export interface InstallOptions {
  readonly tls?: TlsConnectOptions;
}

/**
 * Makes the schema of a store in a database of PostgreSQL: 'postgres://user@host/database'. `?schema=name` puts it into another schema than 'leasehold'. Gives whether there was none: a store that is
 * there stays as it is. `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`, `ERR_STORE_VERSION` if there is a store of another version, `ERR_DISCONNECTED`, `ERR_FORBIDDEN`, `ERR_DATABASE`,
 * `ERR_NOT_INSTALLED` without the package pg.
 */
export async function installStore(address: string, options: InstallOptions = {}): Promise<boolean> {
  if (typeof address !== 'string') throw invalidType('address', 'a string', address);
  checkObject(options, 'options');
  checkOptionNames(options, ['tls'], 'installStore()');
  return installHere(address, options.tls);
}
