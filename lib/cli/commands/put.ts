import { openCollection, withDatabase } from '../database.ts';
import { asUsage, DONE } from '../failure.ts';
import { showStored } from '../result.ts';
import { keyFrom } from '../typed-key.ts';
import { valueFrom } from '../typed-value.ts';

/** `leasehold put` */
export function put(path: string, name: string, keyText: string, valueText: string): Promise<number> {
  return withDatabase(path, 'write', async (env) => {
    const opened = openCollection(env, name);
    const { collection, dupSort } = opened;
    const key = keyFrom(keyText, opened.key);
    const stored = env.write(() => {
      // Looked up first, so that a key of a wrong size is reported before a wrong value.
      const isThere = asUsage(() => collection.has(key));
      const value = valueFrom(valueText, opened);
      if (dupSort) return { stored: collection.putNew(key, value) ? 1 : 0, replaced: 0 };
      collection.put(key, value);
      return { stored: 1, replaced: isThere ? 1 : 0 };
    });
    await showStored(stored);
    return DONE;
  });
}
