import { checkPath } from '../transaction/directory.ts';
import { EnvironmentState } from '../transaction/environment-state.ts';
import { checkOpenOptions, type OpenOptions } from '../transaction/options.ts';
import { Environment } from './environment.ts';
import { withForeignFile } from './foreign-file.ts';

/**
 * Opens an LMDB environment, made if it is absent. Opening a path that is open in this process already gives a handle on
 * the same one. `ENOTDIR`, `EACCES`, `ENOENT`, `MDB_INVALID`, `MDB_VERSION_MISMATCH`, `MDB_CORRUPTED`;
 * `ERR_INVALID_ARG_VALUE` for options that do not agree with those of an open handle.
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
