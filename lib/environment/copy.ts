import { resolve } from 'node:path';
import { isStoreAddress, withoutPassword } from '../base/address-text.ts';
import { checkObject, checkOptionNames } from '../base/check-arguments.ts';
import { invalidType, invalidValue } from '../base/errors.ts';
import { native } from '../native/native.ts';
import { checkPath, makeDirectory } from '../transaction/directory.ts';
import type { EnvironmentState } from '../transaction/environment-state.ts';

/** How `env.copy` copies. */
export interface CopyOptions {
  /** Leave out free pages, which makes a smaller file and takes longer. Default false. */
  compact?: boolean;
}

/** See `Environment.copy`. */
export async function copy(environment: EnvironmentState, path: unknown, options: unknown): Promise<void> {
  environment.checkOpen();
  checkPath(path);
  if (isStoreAddress(path)) {
    throw invalidValue(
      `'${withoutPassword(path)}' is an address, and copy() takes a directory: copyStore() of leasehold/client copies to another store`,
    );
  }
  checkObject(options, 'options');
  checkOptionNames(options, ['compact'], 'copy()');
  const { compact = false } = options as { compact?: unknown };
  if (typeof compact !== 'boolean') throw invalidType('compact', 'a boolean', compact);
  const target = resolve(path);
  makeDirectory(target, 'copy to');
  environment.checkOpen();
  await native.copy(environment.native, target, compact);
}
