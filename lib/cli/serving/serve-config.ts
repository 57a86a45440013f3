import { dirname, resolve } from 'node:path';
import type { ServeOptions } from '../../server/serve.ts';
import type { OpenOptions } from '../../transaction/open-options.ts';
import { Failure, USAGE } from '../failure.ts';
import { textOf } from '../remote/text-of.ts';

/** What a configuration file may have. */
export interface ServeConfig extends Omit<ServeOptions, 'listen' | 'tls' | 'onError'> {
  readonly listen?: string | readonly string[];
  /** Paths are relative to the folder of the file. */
  readonly tls?: { readonly cert?: string; readonly key?: string; readonly ca?: string };
  /** Options of `open()`: mapSize, durability, maxReaders, … */
  readonly open?: OpenOptions;
  /** How many ms answers that are under way may take when the server stops. */
  readonly stopTimeout?: number;
}

const FIELDS = ['listen', 'tls', 'tokens', 'origins', 'limits', 'readOnly', 'metrics', 'trace', 'open', 'stopTimeout'];
const TLS_FIELDS = ['cert', 'key', 'ca'];

/** Reads a configuration file. Throws a `Failure` that names the file and the field. */
export function readConfig(path: string): ServeConfig {
  const config = parsed(path);
  checkFields(config, FIELDS, path);
  const { tls } = config as ServeConfig;
  if (tls === undefined) return config;
  checkFields(tls, TLS_FIELDS, `${path}: tls`);
  const folder = dirname(path);
  const paths = Object.entries(tls).map(([name, file]) => [name, resolve(folder, String(file))] as const);
  return { ...config, tls: Object.fromEntries(paths) };
}

/** Reads tokens: a JSON array as the option `tokens` of `serve()` takes, or a line for each token that may do everything. */
export function readTokenFile(path: string): NonNullable<ServeOptions['tokens']> {
  const text = textOf(path).trim();
  if (text === '') throw new Failure(USAGE, `${path} has no token`);
  if (text.startsWith('[')) return parsed(path) as NonNullable<ServeOptions['tokens']>;
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const all = [{ collection: '*', write: true }];
  return lines
    .filter((line) => line !== '')
    .map((token, i) => ({ token, name: `line ${i + 1} of the token file`, grants: all }));
}

function parsed(path: string): object {
  let value: unknown;
  try {
    value = JSON.parse(textOf(path));
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure(USAGE, `${path} is not JSON: ${(cause as Error).message}`, { cause });
  }
  if (typeof value !== 'object' || value === null) throw new Failure(USAGE, `${path} must be a JSON object`);
  return value;
}

function checkFields(value: unknown, names: readonly string[], where: string): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Failure(USAGE, `${where} must be a JSON object`);
  const unknown = Object.keys(value).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new Failure(USAGE, `${where} has the field '${unknown}', which is not known: there are ${names.join(', ')}`);
}
