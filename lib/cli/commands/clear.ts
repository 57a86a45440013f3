import { openCollection, withDatabase } from '../database.ts';
import { DONE } from '../failure.ts';
import { showRemoved } from '../result.ts';

/** `leasehold clear`: deletes all entries of a collection, but not the collection. */
export function clear(path: string, name: string): Promise<number> {
  return withDatabase(path, 'write', async (env) => {
    const { collection } = openCollection(env, name);
    await showRemoved(collection.clear());
    return DONE;
  });
}
