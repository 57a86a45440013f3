import { checkPath } from '../transaction/directory.ts';
import { EnvironmentState } from '../transaction/environment-state.ts';
import { checkOpenOptions, type OpenOptions } from '../transaction/open-options.ts';
import { Environment } from './environment.ts';
import { withForeignFile } from './foreign-file.ts';

/**
 * Opens an LMDB environment, and makes it if it is absent. If this process has the path open already, gives another handle on
 * the same environment. `ENOTDIR`, `EACCES`, `ENOENT`, `MDB_INVALID`, `MDB_VERSION_MISMATCH`, `MDB_CORRUPTED`.
 * `ERR_INVALID_ARG_VALUE` if an option differs from that of an open handle.
 */
export function open(path: string, options: OpenOptions = {}): Environment {
  checkPath(path);
  checkOpenOptions(options);
  try {
    return new Environment(new EnvironmentState(path, options));
  } catch (error) {
    throw withForeignFile(error, path);
  }
}
