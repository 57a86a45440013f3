import { OBJECTS } from '../../catalog/own-collections.ts';
import type { Environment } from '../../environment/environment.ts';
import { openStore } from '../../objects/open-store.ts';
import type { Verified } from './changes.ts';

/** Checks the store of persistent objects in a database, if there is one: see `Store.check`. `most`: of how many problems it tells. */
export async function verifyObjects(env: Environment, most: number): Promise<Verified | undefined> {
  if (!env.main.has(Buffer.from(OBJECTS))) return undefined;
  const verified: Verified = { collection: OBJECTS, entries: 0, problems: 0, found: [] };
  const checked = openStore(env).check({
    onProgress: ({ phase, done }) => {
      if (phase === 'objects') verified.entries = done;
    },
  });
  for await (const { message } of checked) {
    verified.problems++;
    if (verified.found.length < most) verified.found.push(message);
  }
  return verified;
}
