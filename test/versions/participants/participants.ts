import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as lib from '../../../lib/index.ts';
import { WaitingChild } from '../../support/child.ts';
import { temporaryFolder } from '../../support/fixture.ts';
import { checkParticipants, type Tally } from './history.ts';
import { openStore } from './store.mjs';

const program = pathToFileURL(fileURLToPath(new URL('program.mjs', import.meta.url))).href;

/**
 * Three processes, with four participants each in two threads, change one database at random. One process is killed, and the worker of another
 * one is terminated. Then everything that they saw is compared: see history.ts. `library` is the folder of a built library.
 */
export async function playTogether(library: string, seed: number, steps: number): Promise<Tally> {
  const folder = temporaryFolder();
  const path = join(folder, 'database');
  mkdirSync(path);
  openStore(lib, path, {}).env.close();
  const start = (name: string, terminatesAt: number | null) => {
    const given = { library: pathToFileURL(join(library, 'dist/index.js')).href, path, folder, name, steps };
    return new WaitingChild(`await import(${JSON.stringify(program)});`, {
      ...given,
      terminatesAt,
      seed: seed * 3 + name.charCodeAt(0),
    });
  };
  const stays = start('a', null);
  const loses = start('b', Math.floor(steps / 3));
  const dies = start('c', null);
  // If a participant finds something wrong, the process ends earlier, and its log says why.
  const busy = async () => {
    for (let told = 0; told < steps; told++) await dies.next();
  };
  await busy().catch(() => {});
  await dies.kill();
  // Another process begins after the death of this one.
  const later = start('d', null);
  for (const child of [stays, loses, later]) await child.end();
  const ended = ['a-1', 'a-2', 'a-3', 'a-4', 'b-1', 'b-2', 'd-1', 'd-2', 'd-3', 'd-4'];
  return checkParticipants(path, folder, ended);
}
