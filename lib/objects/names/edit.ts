import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isStoreAddress, withoutPassword } from '../../base/address-text.ts';
import { invalidValue, LeaseholdError } from '../../base/errors.ts';
import { checkStoreName, readNames, userFile } from './registry.ts';

/** Registers a name in a file, by default the user's own, or gives it another path. `ERR_INVALID_ARG_VALUE`, `ERR_CODEC`, and what the system says. */
export function addName(name: string, path: string, file: string = userFile()): void {
  checkStoreName(name);
  if (isStoreAddress(path)) {
    throw invalidValue(
      `'${withoutPassword(path)}' is an address, and names are for folders: give it to connect() of leasehold/client`,
    );
  }
  write(file, { ...readNames(file), [name]: resolve(path) });
}

/** Takes a name out of a file; the store stays where it is. `ERR_NO_STORE` if the file does not have it. */
export function removeName(name: string, file: string = userFile()): void {
  const { [name]: path, ...others } = readNames(file);
  if (path === undefined)
    throw new LeaseholdError('ERR_NO_STORE', `there is no store '${name}' in ${file}`, { path: file });
  write(file, others);
}

/** In one step: whoever reads the file meanwhile has the old names or the new ones. */
function write(file: string, stores: Record<string, string>): void {
  mkdirSync(dirname(file), { recursive: true });
  const next = `${file}.${process.pid}.tmp`;
  writeFileSync(next, `${JSON.stringify({ stores }, undefined, 2)}\n`);
  renameSync(next, file);
}
