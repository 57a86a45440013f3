import { openCollection, withDatabase } from '../database.ts';
import { asUsage, DONE, Failure, NEGATIVE, USAGE } from '../failure.ts';
import { showRemoved } from '../result.ts';
import { keyFrom } from '../typed-key.ts';

/** `leasehold del`: deletes a key, or all keys with a prefix in one transaction. */
export function del(
  path: string,
  name: string,
  keyText: string | undefined,
  { prefix: prefixText }: { prefix?: string },
): Promise<number> {
  if ((keyText === undefined) === (prefixText === undefined)) {
    throw new Failure(USAGE, 'give either a key or --prefix');
  }
  return withDatabase(path, 'write', async (env) => {
    const { collection, key: codec, dupSort } = openCollection(env, name);
    if (keyText !== undefined) {
      const key = keyFrom(keyText, codec);
      const removed = env.write(() => {
        const count = dupSort ? asUsage(() => collection.getAll(key)).count() : 1;
        return asUsage(() => collection.del(key)) ? count : 0;
      });
      if (removed === 0) throw new Failure(NEGATIVE, `there is no key ${keyText} in '${name}'`);
      await showRemoved(removed);
      return DONE;
    }
    const prefix = keyFrom(prefixText as string, codec, '--prefix');
    const removed = asUsage(() => collection.clear({ prefix }));
    if (removed === 0) throw new Failure(NEGATIVE, `there is no key with the prefix ${prefixText} in '${name}'`);
    await showRemoved(removed);
    return DONE;
  });
}
