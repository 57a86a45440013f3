import { existsSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Environment } from '../environment/environment.ts';
import { ownCollections } from './database.ts';

/** Notes which files and directories of the database at `path` do not exist yet. The result can remove them again. */
export function noteNew(path: string): { removeIfEmpty(env: Environment): void } {
  const isNew = !existsSync(join(path, 'data.mdb'));
  const absent: string[] = [];
  for (let at = resolve(path); !existsSync(at); at = dirname(at)) absent.push(at);
  return {
    /**
     * Closes the environment. If the database was made since then, is empty, and is open in no other process, removes it, with
     * the directories that were made for it.
     */
    removeIfEmpty(env) {
      const isRemoved = isNew && isEmpty(env) && env.readers().every(({ pid }) => pid === process.pid);
      env.close();
      if (!isRemoved) return;
      for (const name of ['data.mdb', 'lock.mdb']) rmSync(join(path, name), { force: true });
      try {
        for (const directory of absent) rmdirSync(directory);
      } catch {
        // Somebody has put something else into it.
      }
    },
  };
}

function isEmpty(env: Environment): boolean {
  return env.collections().length === 0 && env.main.count() === ownCollections(env);
}
