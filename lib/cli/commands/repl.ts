import { start } from 'node:repl';
import { text } from 'node:stream/consumers';
import type { Environment } from '../../environment/environment.ts';
import * as leasehold from '../../index.ts';
import { type AnyCollection, collectionNames, tryCollection, withDatabase } from '../database.ts';
import { DONE } from '../failure.ts';
import { runProgram } from '../piped-program.ts';

/** `leasehold repl`: a prompt if standard input is a terminal; else runs standard input as a program. */
export async function repl(path: string): Promise<number> {
  const program = process.stdin.isTTY === true ? undefined : await text(process.stdin);
  const fn = (env: Environment): Promise<number> => {
    const collections = openAll(env);
    const names = namesFor(env, collections);
    const banner = `env is '${env.path}', ${shownNames(collections)}`;
    return program === undefined ? prompt(banner, names) : runProgram(program, names);
  };
  try {
    return await withDatabase(path, 'write', fn);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'EACCES' && code !== 'EROFS') throw error;
    return withDatabase(path, 'read', fn);
  }
}

function openAll(env: Environment): Record<string, AnyCollection> {
  const collections: Record<string, AnyCollection> = {};
  for (const name of collectionNames(env)) {
    const opened = tryCollection(env, name);
    if (name !== '' && 'collection' in opened) collections[name] = opened.collection;
  }
  return collections;
}

/** What the banner says of the collections. */
export function shownNames(collections: Record<string, unknown>): string {
  const all = Object.keys(collections).join(', ');
  return `collections has ${all === '' ? 'nothing yet' : all}`;
}

/** The names that a program has: the library's exports, and each collection whose name is an identifier that JavaScript does not use. */
function namesFor(env: Environment, collections: Record<string, AnyCollection>): Record<string, unknown> {
  return { ...leasehold, ...variables(collections), leasehold, env, collections };
}

/** The collections whose names can be variables. */
export function variables(collections: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(collections).filter(([name]) => isVariable(name) && !(name in globalThis)));
}

function isVariable(name: string): boolean {
  if (!/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name)) return false;
  try {
    // Throws for a reserved word. The function is never called.
    new Function(name, '"use strict"');
    return true;
  } catch {
    return false;
  }
}

/** A prompt with these names, until it is left. `banner` is shown on a terminal. */
export async function prompt(banner: string, names: Record<string, unknown>): Promise<number> {
  const isTerminal = process.stdout.isTTY === true;
  if (isTerminal) process.stdout.write(`${banner}\n`);
  const server = start({ prompt: isTerminal ? '> ' : '', terminal: isTerminal });
  Object.assign(server.context, names);
  await new Promise<void>((resolve) => server.on('exit', resolve));
  return DONE;
}
