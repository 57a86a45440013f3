import { openCollection, withDatabase } from '../database.ts';
import { asUsage, DONE } from '../failure.ts';
import { keyFrom } from '../typed-key.ts';
import { valueFrom } from '../typed-value.ts';

/** `leasehold put` */
export function put(path: string, name: string, keyText: string, valueText: string): Promise<number> {
  return withDatabase(path, 'write', (env) => {
    const opened = openCollection(env, name);
    const key = keyFrom(keyText, opened.key);
    // Looked up first, so that a key of a wrong size is reported before a wrong value.
    asUsage(() => opened.collection.has(key));
    opened.collection.put(key, valueFrom(valueText, opened));
    return DONE;
  });
}
