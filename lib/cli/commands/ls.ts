import { collectionNames, withDatabase } from '../database.ts';
import { DONE } from '../failure.ts';
import { Output } from '../output.ts';

/** `leasehold ls`: the names of the collections, a line each. The unnamed database has an empty line, if it has entries. */
export function ls(path: string): Promise<number> {
  return withDatabase(path, 'read', async (env) => {
    const output = new Output();
    for (const name of collectionNames(env)) output.line(name);
    await output.flush();
    return DONE;
  });
}
