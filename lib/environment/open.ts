import { isStoreAddress, withoutPassword } from '../base/address-text.ts';
import { invalidValue } from '../base/errors.ts';
import { checkPath } from '../transaction/directory.ts';
import { EnvironmentState } from '../transaction/environment-state.ts';
import { checkOpenOptions, type OpenOptions } from '../transaction/open-options.ts';
import { Environment } from './environment.ts';
import { withForeignFile } from './foreign-file.ts';

/**
 * Opens an LMDB environment, and makes it if it is absent. If this process has the path open already, gives another handle on
 * the same environment. `ENOTDIR`, `EACCES`, `ENOENT`, `MDB_INVALID`, `MDB_VERSION_MISMATCH`, `MDB_CORRUPTED`.
 * `ERR_INVALID_ARG_VALUE` if an option differs from that of an open handle, and for the address of a store that is no folder.
 */
export function open(path: string, options: OpenOptions = {}): Environment {
  checkPath(path);
  if (isStoreAddress(path)) {
    const shown = withoutPassword(path);
    throw invalidValue(
      `'${shown}' is an address: give it to connect() of leasehold/client. A folder of that name is './${shown}'`,
    );
  }
  checkOpenOptions(options);
  try {
    return new Environment(new EnvironmentState(path, options));
  } catch (error) {
    throw withForeignFile(error, path);
  }
}
