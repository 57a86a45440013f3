import { readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { invalidValue, LeaseholdError } from '../../base/errors.ts';

/*
 * Where a store is that a program knows by a name. Three places are asked, in this order:
 *
 * 1. LEASEHOLD_STORES, an environment variable: a JSON file, or a folder in which each store is a folder of that name.
 * 2. leasehold.json in the working directory, or else in the nearest folder above that has one.
 * 3. leasehold/stores.json in the user's configuration directory (XDG_CONFIG_HOME, or .config in the home directory).
 *
 * A file is `{ "stores": { "shop": "data/shop" } }`. Paths in it count from its folder.
 */

const VARIABLE = 'LEASEHOLD_STORES';
const NEAREST = 'leasehold.json';
const NAME = /^[A-Za-z0-9_-]{1,100}$/;

/** A name of a store, and where it leads. */
export interface RegisteredStore {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** The file or folder that says so. */
  readonly from: string;
}

interface Place {
  readonly path: string;
  readonly isFolder: boolean;
}

/** Whether a text is a path, and no name: it has a separator or a dot. */
export function isStorePath(text: string): boolean {
  return /[./\\]/.test(text);
}

/**
 * The path of the store that a name or a path means. `ERR_NO_STORE` for a name that is nowhere, telling where was looked; `ERR_INVALID_ARG_VALUE` for what is
 * neither; `ERR_CODEC` for a file that cannot be understood.
 */
export function storePath(text: string): string {
  if (isStorePath(text)) return text;
  checkStoreName(text);
  const found = registeredStores().find(({ name }) => name === text);
  if (found !== undefined) return found.path;
  const looked = [
    process.env[VARIABLE] === undefined
      ? `the variable ${VARIABLE}, which is not set`
      : `${process.env[VARIABLE]} (${VARIABLE})`,
    nearestFile() ?? `a ${NEAREST} in ${process.cwd()} or above it, of which there is none`,
    userFile(),
  ];
  throw new LeaseholdError(
    'ERR_NO_STORE',
    `there is no store '${text}'. Looked in: ${looked.join('; ')}. Register it with 'leasehold stores add ${text} <path>', or give a path, such as ` +
      `'./${text}'`,
  );
}

/** `ERR_INVALID_ARG_VALUE`. */
export function checkStoreName(name: string): void {
  if (NAME.test(name)) return;
  throw invalidValue(
    `'${name}' is no name of a store: a name has 1 to 100 letters, digits, '-' and '_'. A path has a '/' or a '.', such as './shop'`,
  );
}

/** All names that are registered, each as the first place has it that has it. */
export function registeredStores(): RegisteredStore[] {
  const stores = new Map<string, RegisteredStore>();
  for (const place of places()) {
    for (const [name, path] of storesIn(place)) {
      if (!stores.has(name)) stores.set(name, { name, path, from: place.path });
    }
  }
  return [...stores.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The file in which a user's own names are. */
export function userFile(): string {
  const given = process.env.XDG_CONFIG_HOME;
  return join(given === undefined || given === '' ? join(homedir(), '.config') : given, 'leasehold', 'stores.json');
}

/** What a file of names has: paths as they are written. Empty if there is no such file. `ERR_CODEC`. */
export function readNames(file: string): Record<string, string> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw wrongFile(file, `it is no JSON: ${(cause as Error).message}`);
  }
  const stores = typeof parsed === 'object' && parsed !== null && 'stores' in parsed ? parsed.stores : undefined;
  if (typeof stores !== 'object' || stores === null || Array.isArray(stores)) {
    throw wrongFile(file, 'it must be as { "stores": { "shop": "data/shop" } }');
  }
  for (const [name, path] of Object.entries(stores)) {
    if (!NAME.test(name)) throw wrongFile(file, `'${name}' is no name of a store`);
    if (typeof path !== 'string' || path === '') throw wrongFile(file, `the path of '${name}' must be a text`);
  }
  return stores as Record<string, string>;
}

function wrongFile(file: string, why: string): LeaseholdError {
  return new LeaseholdError('ERR_CODEC', `the names of stores in ${file} cannot be read: ${why}`, { path: file });
}

function places(): Place[] {
  const given = process.env[VARIABLE];
  const nearest = nearestFile();
  return [
    ...(given === undefined || given === '' ? [] : [{ path: resolve(given), isFolder: isFolder(given) }]),
    ...(nearest === undefined ? [] : [{ path: nearest, isFolder: false }]),
    { path: userFile(), isFolder: false },
  ];
}

function storesIn({ path, isFolder }: Place): [name: string, path: string][] {
  if (isFolder) {
    const names = readdirSync(path).filter((name) => NAME.test(name));
    return names.map((name) => [name, join(path, name)]);
  }
  return Object.entries(readNames(path)).map(([name, given]) => [name, resolve(dirname(path), given)]);
}

/** The nearest leasehold.json, from the working directory upwards. */
function nearestFile(): string | undefined {
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    const file = join(folder, NEAREST);
    if (statSync(file, { throwIfNoEntry: false })?.isFile() === true) return file;
    if (folder === dirname(folder)) return undefined;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
