import { openCollection, withDatabase } from './database.ts';
import { asUsage, DONE, Failure, NEGATIVE } from './failure.ts';
import { keyFrom } from './key.ts';

/** `leasehold del` */
export function del(path: string, name: string, keyText: string): Promise<number> {
  return withDatabase(path, 'write', (env) => {
    const { collection, keyCodec } = openCollection(env, name);
    const key = keyFrom(keyText, keyCodec);
    if (asUsage(() => collection.del(key))) return DONE;
    throw new Failure(NEGATIVE, `there is no key ${keyText} in '${name}'`);
  });
}
