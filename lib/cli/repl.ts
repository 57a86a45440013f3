import { start } from 'node:repl';
import { double } from '../key/double.ts';
import { Key } from '../key/key.ts';
import type { Environment } from '../store/environment.ts';
import { type AnyCollection, collectionNames, tryCollection, withDatabase } from './database.ts';
import { DONE } from './failure.ts';

/** `leasehold repl` */
export async function repl(path: string): Promise<number> {
  try {
    return await withDatabase(path, 'write', prompt);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'EACCES' && code !== 'EROFS') throw error;
    return withDatabase(path, 'read', prompt);
  }
}

async function prompt(env: Environment): Promise<number> {
  const collections: Record<string, AnyCollection> = {};
  for (const name of collectionNames(env)) {
    const opened = tryCollection(env, name);
    if (name !== '' && 'collection' in opened) collections[name] = opened.collection;
  }
  const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  if (isTerminal) {
    const names = Object.keys(collections).join(', ');
    process.stdout.write(`env is '${env.path}', collections has ${names === '' ? 'nothing yet' : names}\n`);
  }
  const server = start({ prompt: isTerminal ? '> ' : '', terminal: isTerminal });
  // Collections by their names too, where those can be typed and mean nothing else.
  for (const [name, collection] of Object.entries(collections)) {
    if (/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) && !(name in server.context)) {
      server.context[name] = collection;
    }
  }
  Object.assign(server.context, { env, collections, Key, double });
  await new Promise<void>((resolve) => server.on('exit', resolve));
  return DONE;
}
