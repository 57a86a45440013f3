import { openCollection, withDatabase } from '../database.ts';
import { DONE, Failure, USAGE } from '../failure.ts';
import { showRemoved } from '../result.ts';

/** `leasehold drop`: deletes a collection. */
export function drop(path: string, name: string): Promise<number> {
  if (name === '')
    throw new Failure(USAGE, 'the unnamed database cannot be dropped: it holds the names of the collections');
  return withDatabase(path, 'write', async (env) => {
    const { collection } = openCollection(env, name);
    const removed = env.write(() => {
      const count = collection.count();
      collection.drop();
      return count;
    });
    await showRemoved(removed);
    return DONE;
  });
}
