import { openCollection, withDatabase } from '../database.ts';
import { DONE } from '../failure.ts';
import { showRemoved } from '../result.ts';

/** `leasehold clear`: removes all entries of a collection, which stays. */
export function clear(path: string, name: string): Promise<number> {
  return withDatabase(path, 'write', async (env) => {
    const { collection } = openCollection(env, name);
    await showRemoved(collection.clear());
    return DONE;
  });
}
