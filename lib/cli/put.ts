import { openCollection, withDatabase } from './database.ts';
import { DONE } from './failure.ts';
import { keyFrom } from './key.ts';
import { valueFrom } from './value.ts';

/** `leasehold put` */
export function put(path: string, name: string, keyText: string, valueText: string): Promise<number> {
  return withDatabase(path, 'write', (env) => {
    const opened = openCollection(env, name);
    const key = keyFrom(keyText, opened.keyCodec);
    opened.collection.put(key, valueFrom(valueText, opened));
    return DONE;
  });
}
