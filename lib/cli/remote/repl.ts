import { text } from 'node:stream/consumers';
import { withoutPassword } from '../../base/address-text.ts';
import * as leasehold from '../../index.ts';
import { prompt, shownNames, variables } from '../commands/repl.ts';
import { runProgram } from '../piped-program.ts';
import type { AddressOptions } from './address-options.ts';
import { withStore } from './with-store.ts';

/** `leasehold repl` of a server: a prompt with the store and its collections, or a program from standard input. */
export async function replRemote(address: string, options: AddressOptions): Promise<number> {
  const program = process.stdin.isTTY === true ? undefined : await text(process.stdin);
  return withStore(address, options, async ({ store }) => {
    const collections = Object.fromEntries((await store.collections()).map((name) => [name, store.collection(name)]));
    const names = { ...leasehold, ...variables(collections), leasehold, store, collections };
    const banner = `store is at ${withoutPassword(address)}, ${shownNames(collections)}`;
    return program === undefined ? prompt(banner, names) : runProgram(program, names, true);
  });
}
